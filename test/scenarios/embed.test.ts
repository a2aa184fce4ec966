import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { decodeAudio } from '../../engine/audio/decode.ts';
import { loadEncoder } from '../../engine/audio/encoder.ts';
import { readRecording } from '../../engine/audio/recording.ts';
import { readNpy } from '../../engine/core/npy.ts';
import { embedCommand } from '../../scenarios/commands/embed.ts';
import { standardEncoder, standardEncoderPath } from '../../scenarios/standard-encoder.ts';
import { flacFile, wavFile } from '../engine/audio/sound-files.ts';

const folder = mkdtempSync(join(tmpdir(), 'dubplate-embed-'));
const encoder = join(folder, 'cache', 'encoder.onnx');
const at = (name: string): string => join(folder, name);
/** A tone that is struck four times a second. */
const tone = (hz: number, seconds: number): Float32Array =>
  Float32Array.from(
    { length: 8000 * seconds },
    (_, i) => 0.3 * Math.exp(-(i % 2000) / 300) * Math.sin((2 * Math.PI * hz * i) / 8000),
  );

beforeAll(async () => {
  const training = { tracks: 8, epochs: 1, batch: 4 };
  await (await standardEncoder(() => {}, { path: encoder, training })).close();
  mkdirSync(at('album/disc 2'), { recursive: true });
  writeFileSync(at('album/b.wav'), wavFile([tone(440, 2)], 8000));
  writeFileSync(at('album/disc 2/a.FLAC'), flacFile(tone(220, 3)));
  writeFileSync(at('album/cover.txt'), 'not a sound');
  writeFileSync(at('broken.wav'), 'not a sound');
});
afterAll(() => rmSync(folder, { recursive: true }));
afterEach(() => {
  vi.restoreAllMocks();
  process.exitCode = undefined;
});

/** Run the verb; what it printed and the exit code it set. */
async function run(...args: readonly string[]) {
  const [out, err]: [string[], string[]] = [[], []];
  vi.spyOn(process.stdout, 'write').mockImplementation((text) => out.push(String(text)) > 0);
  vi.spyOn(process.stderr, 'write').mockImplementation((text) => err.push(String(text)) > 0);
  await embedCommand()
    .exitOverride()
    .parseAsync(['node', 'embed', '--encoder', encoder, ...args]);
  return { out: out.join(''), err: err.join(''), exitCode: process.exitCode };
}

describe('dubplate embed', () => {
  it('prints one line per sound file of a folder, by name, with length, tempo, key and the five attributes', async () => {
    const { out, exitCode } = await run(at('album'), '--quiet');
    const lines = out.trimEnd().split('\n');
    expect(lines[0]!.split(/\s{2,}/)).toEqual([
      'file',
      'seconds',
      'bpm',
      'key',
      'energy',
      'brightness',
      'envelope',
      'odd/even',
      'modulation',
    ]);
    expect(lines.length).toBe(3);
    expect(lines[1]).toMatch(/b\.wav +2\.0 +\d+\.\d {2}[A-G][b#]? m\w+( +\d\.\d\d){5}$/);
    expect(lines[2]).toMatch(/a\.FLAC +3\.0 /);
    expect(exitCode).toBeUndefined();
  });

  it('hears the others when one file is bad, names it at the end, and exits with 2', async () => {
    const { out, err, exitCode } = await run(at('broken.wav'), at('album/b.wav'), at('missing.wav'), '--quiet');
    expect(out.trimEnd().split('\n').length).toBe(2);
    expect(err).toContain(at('broken.wav'));
    expect(err).toContain(at('missing.wav'));
    expect(err).toContain('2 of 3 files');
    expect(exitCode).toBe(2);
  });

  it('writes embeddings and names, row for row, and leaves nothing else behind', async () => {
    await run(at('album'), at('broken.wav'), '--out', at('out/sounds.npy'), '--quiet');
    expect(readdirSync(at('out')).sort()).toEqual(['sounds.npy', 'sounds.txt']);
    const names = readFileSync(at('out/sounds.txt'), 'utf8').trimEnd().split('\n');
    expect(names).toEqual([at('album/b.wav'), at('album/disc 2/a.FLAC')]);
    const matrix = readNpy(at('out/sounds.npy'));
    const loaded = await loadEncoder(encoder);
    expect([matrix.rows, matrix.cols]).toEqual([2, loaded.dim]);
    const { embedding } = await readRecording(loaded, decodeAudio(names[1]!));
    expect(matrix.data.subarray(loaded.dim)).toEqual(embedding);
    await loaded.close();
  });

  it('prints JSON with everything, failures included', async () => {
    const { out, exitCode } = await run(at('album/b.wav'), at('broken.wav'), '--json', '--quiet');
    const { schema, rows, failed } = JSON.parse(out);
    expect(schema).toBe(1);
    expect(rows).toMatchObject([{ file: at('album/b.wav'), seconds: 2 }]);
    expect(rows[0].tempoBpm).toBeGreaterThan(50);
    expect(rows[0].embedding.length).toBe(14);
    expect(failed).toMatchObject([{ file: at('broken.wav'), code: 'INVALID_AUDIO' }]);
    expect(exitCode).toBe(2);
  });

  it('shows progress on stderr, and none with --quiet', async () => {
    expect((await run(at('album'))).err).toContain('listening');
    vi.restoreAllMocks();
    expect((await run(at('album'), '--quiet')).err).toBe('');
  });

  it('refuses an output that is no .npy, a folder without sounds and a broken encoder, and writes nothing', async () => {
    await expect(run(at('album'), '--out', at('none/x.csv'))).rejects.toMatchObject({ code: 'INVALID_OPTIONS' });
    await expect(run(at('cache'), '--out', at('none/x.npy'))).rejects.toMatchObject({ code: 'FILE_NOT_FOUND' });
    await expect(run(at('album'), '--encoder', at('broken.wav'), '--out', at('none/x.npy'))).rejects.toMatchObject({
      code: 'INVALID_INPUT',
    });
    expect(existsSync(at('none'))).toBe(false);
  });
});

describe('standardEncoder', () => {
  it('is trained once and then taken from where it is kept', async () => {
    const before = statSync(encoder);
    const labels: string[] = [];
    const again = await standardEncoder((label) => labels.push(label), { path: encoder });
    expect(Buffer.from(again.bytes).equals(readFileSync(encoder))).toBe(true);
    expect(statSync(encoder).mtimeMs).toBe(before.mtimeMs);
    expect(labels).toEqual([]);
    await again.close();
  });

  it('is kept where each platform keeps what can be made again', () => {
    const name = 'standard-encoder-v2.onnx';
    expect(standardEncoderPath({ HOME: '/home/a' }, 'linux')).toBe(join('/home/a/.cache/dubplate', name));
    expect(standardEncoderPath({ HOME: '/home/a', XDG_CACHE_HOME: '/c' }, 'linux')).toBe(join('/c/dubplate', name));
    expect(standardEncoderPath({ HOME: '/Users/a' }, 'darwin')).toBe(join('/Users/a/Library/Caches/dubplate', name));
    expect(standardEncoderPath({ HOME: '/u', LOCALAPPDATA: '/l' }, 'win32')).toBe(join('/l/dubplate/Cache', name));
  });
});
