import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, describe, expect, it } from 'vitest';
import { DubplateError } from '../../../engine/core/errors.ts';
import { sparseRow } from '../../../engine/interactions/csr.ts';
import { readInteractionTable } from '../../../engine/interactions/read-table.ts';

const folder = mkdtempSync(join(tmpdir(), 'dubplate-table-'));
afterAll(() => rmSync(folder, { recursive: true }));

const file = (content: string | Uint8Array, name = 'table'): string => {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
};
const triplesOf = (path: string): string[] => {
  const { users, tracks, weights } = readInteractionTable(path);
  return users.flatMap((user, row) => {
    const { rows, weights: w } = sparseRow(weights, row);
    return Array.from(rows, (t, i) => `${user}-${tracks[t]}:${w[i]}`);
  });
};
const failure = (content: string | Uint8Array): DubplateError => {
  try {
    readInteractionTable(file(content));
  } catch (error) {
    if (error instanceof DubplateError) return error;
  }
  throw new Error('nothing was thrown');
};

describe('reading a table of interactions', () => {
  const expected = ['a-x:2', 'a-y:1.5', 'b-x:3'];

  it.each([
    ['tabs', 'a\tx\t2\na\ty\t1.5\nb\tx\t3\n'],
    ['commas and no last line end', 'a,x,2\na,y,1.5\nb,x,3'],
    ['semicolons and Windows line ends', 'a;x;2\r\na;y;1.5\r\nb;x;3\r\n'],
    ['spaces and blank lines', 'a x 2\n\na y 1.5\nb x 3\n\n'],
    ['a header', 'user_id\titem_id\tplays\na\tx\t2\na\ty\t1.5\nb\tx\t3\n'],
    ['a header known by its weight alone', 'wer,was,count\na,x,2\na,y,1.5\nb,x,3\n'],
    ['a byte-order mark and quotes', '\ufeff"a","x",2\n"a","y",1.5\n"b","x",3\n'],
  ])('understands %s', (_, text) => {
    expect(triplesOf(file(text))).toEqual(expected);
    expect(triplesOf(file(gzipSync(text), 'no-gz-in-the-name'))).toEqual(expected);
  });

  it('keeps a separator and a doubled quote within quotes', () => {
    expect(readInteractionTable(file('"Doe, J","7"" mix",1\n')).users).toEqual(['Doe, J']);
    expect(readInteractionTable(file('"Doe, J","7"" mix",1\n')).tracks).toEqual(['7" mix']);
  });

  it('counts each row once where there is no weight, and sums rows of one pair with a note', () => {
    const path = file('1\t10\n1\t10\n2\t10\n1\t11\n');
    expect(triplesOf(path)).toEqual(['1-10:2', '1-11:1', '2-10:1']);
    expect(readInteractionTable(path).notes).toEqual([`${path}: 1 rows repeat a pair; their weights were summed.`]);
  });

  it('leaves out rows of weight 0, with a note', () => {
    const path = file('1,10,0\n2,10,1\n');
    expect(triplesOf(path)).toEqual(['2-10:1']);
    expect(readInteractionTable(path).notes.join()).toContain('1 rows of weight 0');
  });

  it.each([
    ['another number of columns', '1\t2\t3\n1\t2\n', 'line 2: 2 columns, expected 3'],
    ['one column', 'just text\nmore\n'.replaceAll(' ', ''), 'line 1: 1 column, expected 2 or 3'],
    ['four columns', '1,2,3,4\n', 'line 1: 4 columns, expected 2 or 3'],
    ['a NaN weight', 'user\titem\tweight\n1\t2\t1\n1\t3\tNaN\n', 'line 3: the weight is NaN'],
    ['an infinite weight', '1\t2\tInfinity\n', 'line 1: the weight is Infinity'],
    ['a negative weight', '1\t2\t3\n\n1\t4\t-1\n', 'line 3: the weight is -1'],
    ['an empty weight', '1\t2\t3\n1\t4\t\n', 'line 2: the weight is empty'],
    ['an empty id', '1\t2\n\t4\n', 'line 2: the user or item is empty'],
    ['nothing', '', 'is empty'],
    ['a header alone', 'user,item\n', 'holds no interactions'],
    ['bytes that are no text', Uint8Array.from([1, 0, 9, 10, 3]), 'is not a text file'],
    ['bytes that are not UTF-8', Uint8Array.from([0x61, 0x09, 0xff, 0xfe, 10]), 'is not a text file'],
    ['a torn gzip file', gzipSync('1\t2\n'.repeat(100)).subarray(0, 20), 'cannot be unpacked'],
  ])('refuses %s and says where', (_, content, message) => {
    const error = failure(content);
    expect(error.code).toBe('INVALID_INPUT');
    expect(error.message).toContain(message);
    expect(error.hint).not.toBe('');
  });

  it('says when there is no such file, and when it is a folder', () => {
    expect(() => readInteractionTable(join(folder, 'missing'))).toThrow(
      expect.objectContaining({ code: 'FILE_NOT_FOUND' }),
    );
    expect(() => readInteractionTable(folder)).toThrow(expect.objectContaining({ code: 'INVALID_INPUT' }));
  });
});
