import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, describe, expect, it } from 'vitest';
import { readTrace } from '../../../../engine/cache/policy/read-trace.ts';

const folder = mkdtempSync(join(tmpdir(), 'dubplate-trace-'));
afterAll(() => rmSync(folder, { recursive: true }));

let files = 0;
function fileOf(content: string | Buffer): string {
  files += 1;
  const path = join(folder, `${files}.txt`);
  writeFileSync(path, content);
  return path;
}

describe('reading a trace', () => {
  const plain = '10,ann,500,3\n11.5,bob,20,-1\n11.5,carl,7,-1\n20,ann,500,-1\n';

  it('reads time, id, size, next: ids by rows in order of first appearance', async () => {
    const trace = await readTrace(fileOf(plain));
    expect(trace).toEqual({
      keys: 3,
      ids: ['ann', 'bob', 'carl'],
      refs: Uint32Array.of(0, 1, 2, 0),
      timesS: Float64Array.of(10, 11.5, 11.5, 20),
      notes: [],
    });
  });

  it.each([
    ['gzipped', gzipSync(plain)],
    ['with Windows line ends and no last one', plain.trim().replaceAll('\n', '\r\n')],
    ['with a header in a comment', `# time, object, size, next_access_vtime\n${plain}`],
    ['separated by tabs', plain.replaceAll(',', '\t')],
    ['with quoted ids', plain.replaceAll('ann', '"ann"')],
    ['with blank lines', plain.replaceAll('\n', '\n\n')],
  ])('reads the same %s', async (_, content) => {
    const { notes: _notes, ...trace } = await readTrace(fileOf(content));
    const { notes: _none, ...expected } = await readTrace(fileOf(plain));
    expect(trace).toEqual(expected);
  });

  it('finds its columns by their names, as the hint says', async () => {
    const byName = await readTrace(fileOf('size,obj_id,timestamp\n1,x,5\n1,y,6\n'));
    expect([byName.ids, [...byName.timesS]]).toEqual([
      ['x', 'y'],
      [5, 6],
    ]);
    expect(byName.notes[0]).toContain('line 1 was taken as column names: size, obj_id, timestamp');
    const byTime = await readTrace(fileOf('who,time\nx,5\ny,6\n'));
    expect([byTime.ids, [...byTime.timesS]]).toEqual([
      ['x', 'y'],
      [5, 6],
    ]);
    expect((await readTrace(fileOf('5,user\n6,y\n'))).ids).toEqual(['user', 'y']); // a number is no name
    await expect(readTrace(fileOf('x 1 5\ny 1 6\n'))).rejects.toMatchObject({
      message: expect.stringContaining('the time is x'),
      hint: expect.stringContaining('begin the file with a line of their names: time, id'),
    });
    const named = await readTrace(fileOf('id size time\nx 1 5\ny 1 6\n'));
    expect([named.ids, [...named.timesS]]).toEqual([
      ['x', 'y'],
      [5, 6],
    ]);
  });

  it('reads ids alone, of any text, and says that it made up the times', async () => {
    const trace = await readTrace(fileOf('Björk\n7\nBjörk\na very long id of more than eleven bytes\n'));
    expect(trace.ids).toEqual(['Björk', '7', 'a very long id of more than eleven bytes']);
    expect([...trace.refs]).toEqual([0, 1, 0, 2]);
    expect([...trace.timesS]).toEqual([0, 1, 2, 3]);
    expect(trace.notes[0]).toContain('no times');
  });

  it('reads more lines than it first has room for', async () => {
    const lines = Array.from({ length: 5000 }, (_, i) => `${i},k${i % 7}\n`).join('');
    const trace = await readTrace(fileOf(lines));
    expect(trace.refs).toEqual(Uint32Array.from({ length: 5000 }, (_, i) => i % 7));
    expect(trace.timesS[4999]).toBe(4999);
  });

  it.each([
    ['a last line cut short', '1,a,5\n2,b,5\n3,c', 'line 3: 2 columns, expected 3 as in the first line'],
    ['a last line cut within its time', '1,a\n2,b\n3', 'line 3: 1 column, expected 2 as in the first line'],
    ['an empty id', '1,a\n\n2,\n', 'line 3: the id is empty'],
    ['an empty time', '1,a\n,b\n', 'line 2: the time is empty'],
    ['a time that is none', '1,a\nnoon,b\n', 'line 2: the time is noon, expected a number of seconds'],
    ['a time before the last', '5,a\n4,b\n', 'line 2: the time is 4, before that of the line above, 5'],
    ['column names alone', 'time,id\n', 'holds no reads'],
    ['nothing', '', 'is empty'],
    ['a torn gzip file', gzipSync(plain).subarray(0, 30), 'is a gzip file that cannot be unpacked'],
  ])('refuses %s', async (_, content, message) => {
    await expect(readTrace(fileOf(content))).rejects.toMatchObject({
      code: 'INVALID_INPUT',
      message: expect.stringContaining(message),
    });
  });

  it('names a file that is not there', async () => {
    await expect(readTrace(join(folder, 'none'))).rejects.toMatchObject({ code: 'FILE_NOT_FOUND' });
  });
});
