import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { type Line, readAnyLines, readLineBlocks, readLines } from '../../../engine/interactions/lines.ts';

const folder = mkdtempSync(join(tmpdir(), 'dubplate-lines-'));
afterAll(() => rmSync(folder, { recursive: true }));
const path = join(folder, 'text');

async function all<T>(values: AsyncIterable<T>): Promise<T[]> {
  const found: T[] = [];
  for await (const value of values) found.push(value);
  return found;
}

const piece = fc.constantFrom('a', 'é', '坂', '𝄞', '\t', '\r', '\n', '\r\n', ' ', '\u00a0', '');
const text = fc.array(piece, { minLength: 1, maxLength: 40 }).map((pieces) => `${pieces.join('')}x`);

describe('the lines of a text file', () => {
  it('are those between line feeds, numbered, without blank ones', async () => {
    await fc.assert(
      fc.asyncProperty(text, fc.boolean(), async (content, hasMark) => {
        writeFileSync(path, `${hasMark ? '\ufeff' : ''}${content}`);
        const lines = content.split('\n').map((line, i): Line => ({ number: i + 1, text: line.replace(/\r$/, '') }));
        expect(await all(readLines(path))).toEqual(lines.filter((line) => line.text.trim() !== ''));
      }),
    );
  });

  it('come in blocks of whole lines, whatever the chunks and the packing', async () => {
    await fc.assert(
      fc.asyncProperty(text, fc.integer({ min: 1, max: 80 }), fc.boolean(), async (content, chunkBytes, isPacked) => {
        writeFileSync(path, isPacked ? gzipSync(content) : content);
        const blocks = (await all(readLineBlocks(path, chunkBytes))).map((block) => block.toString());
        expect(blocks.join('')).toBe(content);
        expect(blocks.slice(0, -1).every((block) => block.endsWith('\n'))).toBe(true);
      }),
    );
  });

  it('are given out up to one that is not text', async () => {
    writeFileSync(path, Buffer.from([0x61, 10, 0x62, 10, 0x63, 0xff, 10, 0x64]));
    const lines: string[] = [];
    const reading = (async () => {
      for await (const line of readLines(path)) lines.push(line.text);
    })();
    await expect(reading).rejects.toThrow('is not a text file');
    expect(lines).toEqual(['a', 'b']);
  });

  it('are given with those that are not text, where those can be done without', async () => {
    const broken = fc.constantFrom([0], [0xff], [0xe9, 0x61], [0xc3]);
    const good = fc.constantFrom('a', 'é坂', '𝄞 b').map((line) => [...Buffer.from(line)]);
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.oneof(good, broken), { minLength: 1, maxLength: 30 }),
        fc.boolean(),
        async (more, isPacked) => {
          const lines = [[0x61], ...more].map((bytes) => Buffer.from(bytes));
          const bytes = Buffer.concat(lines.flatMap((line) => [line, Buffer.from('\n')]));
          writeFileSync(path, isPacked ? gzipSync(bytes) : bytes);
          const expected = lines.map((line, i) => ({
            number: i + 1,
            text: line.includes(0) || line.toString().includes('\ufffd') ? undefined : line.toString(),
          }));
          expect(await all(readAnyLines(path))).toEqual(expected);
        },
      ),
    );
  });

  it.each([
    ['its first line is none', [0xff, 10, 0x61]],
    ['it has no lines', Array.from({ length: 2 ** 18 + 9 }, () => 0)],
  ])('are none of a file where %s', async (_, bytes) => {
    writeFileSync(path, Buffer.from(bytes));
    await expect(all(readAnyLines(path))).rejects.toThrow('is not a text file');
  });

  it('can be left before the end', async () => {
    writeFileSync(path, gzipSync('a\nb\nc\n'.repeat(100_000)));
    for await (const line of readLines(path)) {
      expect(line.text).toBe('a');
      break;
    }
  });
});
