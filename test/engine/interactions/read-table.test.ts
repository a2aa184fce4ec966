import { execFileSync } from 'node:child_process';
import { appendFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { DubplateError } from '../../../engine/core/errors.ts';
import { type ReadOptions, readInteractionTable } from '../../../engine/interactions/read-table.ts';
import { triplesOf } from './triples.ts';

const folder = mkdtempSync(join(tmpdir(), 'dubplate-table-'));
afterAll(() => rmSync(folder, { recursive: true }));

const file = (content: string | Uint8Array, name = 'table'): string => {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
};
/** What a file says: `user-item:weight` for each pair, users and items in the order of their rows. */
const pairsOf = async (path: string, options?: ReadOptions): Promise<string[]> => {
  const { users, tracks, weights } = await readInteractionTable(path, options);
  return triplesOf(weights).map(([u, t, w]) => `${users[u]}-${tracks[t]}:${w}`);
};
const failure = async (path: string, options?: ReadOptions): Promise<DubplateError> => {
  try {
    await readInteractionTable(path, options);
  } catch (error) {
    if (error instanceof DubplateError) return error;
    throw error;
  }
  throw new Error('nothing was thrown');
};

describe('reading a table of interactions', () => {
  const expected = ['a-x:2', 'a-y:1.5', 'b-x:3'];

  it.each([
    ['tabs', 'a\tx\t2\na\ty\t1.5\nb\tx\t3\n'],
    ['commas and no last line end', 'a,x,2\na,y,1.5\nb,x,3'],
    ['semicolons and Windows line ends', 'a;x;2\r\na;y;1.5\r\nb;x;3\r\n'],
    ['Windows line ends but for the last', 'a,x,2\r\na,y,1.5\r\nb,x,3\r'],
    ['spaces and blank lines', 'a x 2\n\na  y 1.5\n \t\n b x 3 \n\n'],
    ['a header', 'user_id\titem_id\tplays\na\tx\t2\na\ty\t1.5\nb\tx\t3\n'],
    ['a header in another order', 'plays,track,user\n2,x,a\n1.5,y,a\n3,x,b\n'],
    ['a header known by its weight alone', 'wer,was,count\na,x,2\na,y,1.5\nb,x,3\n'],
    ['a byte-order mark and quotes', '\ufeff"a","x",2\n"a","y",1.5\n"b","x",3\n'],
    ['padded columns', 'a ,x , 2\n\u00a0a,\u3000y,1.5\nb,x\t,3\u2003\n'],
    ['numbers written in other ways', 'a,x,2.\na,y,+15e-1\nb,x,0x3\n'],
  ])('understands %s', async (_, text) => {
    expect(await pairsOf(file(text))).toEqual(expected);
    expect(await pairsOf(file(gzipSync(text), 'no-gz-in-the-name'))).toEqual(expected);
  });

  it('keeps a separator and a doubled quote within quotes', async () => {
    expect(await pairsOf(file('"Doe, J","7"" mix",1\nplain,7,1\n'))).toEqual(['Doe, J-7" mix:1', 'plain-7:1']);
  });

  it('knows an id again however it is written: plain, quoted or padded', async () => {
    expect(await pairsOf(file('a,x,1\n"a", x,1\n a ,"x",1\n'))).toEqual(['a-x:3']);
  });

  it('takes carriage returns inside a line for what they are: part of a column', async () => {
    expect(await pairsOf(file('a,x,1\na\rb,x,1\na,x,1\r\r\n'))).toEqual(['a-x:2', 'a\rb-x:1']);
  });

  it('counts each row once where there is no weight, and sums rows of one pair with a note', async () => {
    const path = file('1\t10\n1\t10\n2\t10\n1\t11\n');
    expect(await pairsOf(path)).toEqual(['1-10:2', '1-11:1', '2-10:1']);
    const { notes } = await readInteractionTable(path);
    expect(notes).toEqual([`${path}: 1 rows repeat a pair; their weights were summed.`]);
  });

  it('leaves out rows of weight 0, or of less than float32 can tell from 0, with a note', async () => {
    const path = file('1,10,0\n2,10,1\n3,10,-0\n4,10,1e-60\n');
    expect(await pairsOf(path)).toEqual(['2-10:1']);
    expect((await readInteractionTable(path)).notes.join()).toContain('3 rows of weight 0');
  });

  const broken: [string, string | Uint8Array, string][] = [
    ['another number of columns', '1\t2\t3\n1\t2\n', 'line 2: 2 columns, expected 3 as in the first line'],
    ['more columns than the first line has', '1\t2\n1\t2\t3\n', 'line 2: 3 columns, expected 2 as in the first line'],
    ['one column', 'just text\nmore\n'.replaceAll(' ', ''), 'line 1: 1 column, expected 2 or 3'],
    ['four columns', '1,2,3,4\n', 'line 1: 4 columns, expected 2 or 3'],
    ['a NaN weight', 'user\titem\tweight\n1\t2\t1\n1\t3\tNaN\n', 'line 3: the weight is NaN'],
    [
      'an infinite weight',
      '1\t2\tInfinity\n',
      'line 1: the weight is Infinity, expected a finite number of at least 0',
    ],
    ['a negative weight', '1\t2\t3\n\n1\t4\t-1\n', 'line 3: the weight is -1, expected a finite number of at least 0'],
    ['an empty weight', '1\t2\t3\n1\t4\t\n', 'line 2: the weight is empty'],
    ['a weight that is a point', '1\t2\t3\n1\t4\t.\n', 'line 2: the weight is ., expected'],
    ['a weight beyond float32', '1\t2\t3\n1\t4\t1e39\n', 'line 2: the weight is 1e39, expected at most 3.4e38'],
    ['a sum beyond float32', 'u\t1\t1\nv\t2\t2e38\nv\t2\t2e38\n', 'weights of user v and item 2 that sum to more than'],
    ['an empty id', '1\t2\n\t4\n', 'line 2: the user or item is empty'],
    ['a header without items', 'user,count\n1,2\n', 'line 2: the user or item is empty'],
    ['nothing', '', 'is empty'],
    ['nothing, packed', gzipSync(''), 'is empty'],
    ['a header alone', 'user,item\n', 'holds no interactions'],
    ['blank lines alone', '\n \r\n\t', 'holds no interactions'],
    ['a byte-order mark alone', '\ufeff', 'holds no interactions'],
    ['zero weights alone', '1,2,0\n', 'holds no interactions'],
    ['bytes that are no text', Uint8Array.from([1, 0, 9, 10, 3]), 'is not a text file'],
    ['bytes that are no text, without a line end', Uint8Array.from([1, 2, 0]), 'is not a text file'],
    ['bytes that are not UTF-8', Uint8Array.from([0x61, 0x09, 0xff, 0xfe, 10]), 'is not a text file'],
    ['a torn character at the end', Uint8Array.from([0x61, 0x09, 0x62, 0x0a, 0x63, 0x09, 0xc3]), 'is not a text file'],
    ['a torn gzip file', gzipSync('1\t2\n'.repeat(100)).subarray(0, 20), 'cannot be unpacked'],
    ['a gzip file without its end', gzipSync('1\t2\n'.repeat(100)).subarray(0, -4), 'cannot be unpacked'],
    ['what only begins like a gzip file', Uint8Array.from([0x1f, 0x8b, 1, 2, 3]), 'cannot be unpacked'],
    ['the first of two faults', Buffer.from('1\t2\n1\n\0'), 'line 2: 1 column'],
  ];
  it.each(broken)('refuses %s and says where, whatever the chunks', async (_, content, message) => {
    for (const chunkBytes of [1, 3, 64, 2 ** 18]) {
      const error = await failure(file(content), { chunkBytes });
      expect(error.code).toBe('INVALID_INPUT');
      expect(error.message).toContain(message);
      expect(error.hint).not.toBe('');
    }
  });

  it('says when there is no such file, and when it is a folder', async () => {
    expect(await failure(join(folder, 'missing'))).toMatchObject({ code: 'FILE_NOT_FOUND' });
    expect(await failure(folder)).toMatchObject({ code: 'INVALID_INPUT' });
  });

  it('takes a file with lines of 64 MiB for something else', async () => {
    const path = file(Buffer.alloc(2 ** 26 + 1, 'x'));
    expect((await failure(path)).message).toContain('has a line of more than 67108864 bytes');
  });
});

/** Ids as they occur in the wild: short and long, beyond ASCII, with spaces and quotes in them, numbers. */
const id = fc.oneof(
  { weight: 3, arbitrary: fc.nat(20).map(String) },
  fc.constantFrom('Björk', 'Sigur Rós', '坂本龍一', 'Мумий Тролль', '𝄞', 'x "y" z', '7;8', 'a,b', 'café'),
  fc.nat(3).map((i) => `01234567-89ab-cdef-0123-45678901234${i}`),
  fc.string({ unit: 'grapheme', minLength: 1, maxLength: 14 }).map((s) => `<${s.replaceAll(/[\0\r\n]/g, '')}>`),
);
interface Row {
  readonly user: string;
  readonly track: string;
  readonly weight: number;
}
const row: fc.Arbitrary<Row> = fc.record({
  user: id,
  track: id,
  weight: fc.constantFrom(0, 1, 2, 0.1, 12.25, 1e15, 123456789.25, 1e-7, 0.1234567890123456),
});
const rows = fc.array(row, { minLength: 1, maxLength: 40 }).filter((all) => all.some(({ weight }) => weight > 0));
const form = fc.record({
  separator: fc.constantFrom('\t', ',', ';'),
  lineEnd: fc.constantFrom('\n', '\r\n', '\n\n'),
  hasHeader: fc.boolean(),
  hasMark: fc.boolean(),
  endsOpen: fc.boolean(),
  isPacked: fc.boolean(),
});

const quoted = (text: string, separator: string): string =>
  text.includes('"') || text.includes(separator) || separator !== '\t' ? `"${text.replaceAll('"', '""')}"` : text;

function written(all: readonly Row[], f: typeof form extends fc.Arbitrary<infer T> ? T : never): Uint8Array {
  const lines = all.map(({ user, track, weight }) =>
    [quoted(user, f.separator), quoted(track, f.separator), weight].join(f.separator),
  );
  // With a header, the first line tells the separator whatever the ids contain.
  const text = [['user', 'item', 'plays'].join(f.separator), ...lines].slice(f.hasHeader ? 0 : 1).join(f.lineEnd);
  const bytes = Buffer.from(`${f.hasMark ? '\ufeff' : ''}${text}${f.endsOpen ? '' : f.lineEnd}`);
  return f.isPacked ? gzipSync(bytes) : bytes;
}

/** The table by definition: ids numbered as they appear, sums in float64 in the order of the rows. */
function tableOf(all: readonly Row[]) {
  const events = all.filter(({ weight }) => weight > 0);
  const users = [...new Set(events.map(({ user }) => user))];
  const tracks = [...new Set(events.map(({ track }) => track))];
  const pairs = users.flatMap((user, u) =>
    tracks.flatMap((track, t) => {
      const own = events.filter((event) => event.user === user && event.track === track);
      return own.length === 0 ? [] : [[u, t, Math.fround(own.reduce((sum, { weight }) => sum + weight, 0))]];
    }),
  );
  return { users, tracks, pairs, repeats: events.length - pairs.length, zeros: all.length - events.length };
}

describe('reading a table in passes', () => {
  it('gives the same whatever the budget, the chunks, the form of the text and the packing', async () => {
    const budget = fc.constantFrom(64, 96, 160, 320, 2 ** 30);
    const chunk = fc.constantFrom(1, 2, 3, 7, 64, 100, 2 ** 18);
    await fc.assert(
      fc.asyncProperty(rows, form, budget, chunk, async (all, f, budgetBytes, chunkBytes) => {
        const given = f.hasHeader ? all : [{ user: 'first', track: 'line', weight: 1 }, ...all];
        const path = file(written(given, f), 'any');
        const table = await readInteractionTable(path, { budgetBytes, chunkBytes });
        const expected = tableOf(given);
        expect(table.users).toEqual(expected.users);
        expect(table.tracks).toEqual(expected.tracks);
        expect(triplesOf(table.weights)).toEqual(expected.pairs);
        expect(table.notes).toEqual([
          ...(f.hasHeader ? [`${path}: line 1 was taken as column names: user, item, plays.`] : []),
          ...(expected.repeats > 0
            ? [`${path}: ${expected.repeats} rows repeat a pair; their weights were summed.`]
            : []),
          ...(expected.zeros > 0
            ? [`${path}: ${expected.zeros} rows of weight 0 are no interactions and were left out.`]
            : []),
        ]);
      }),
      { numRuns: 300 },
    );
  });

  it('holds one user whose pairs alone are more than the budget', async () => {
    const lines = Array.from({ length: 900 }, (_, i) => `${i % 3 === 0 ? `u${i}` : 'collector'},t${i % 250},1`);
    const path = file(lines.join('\n'));
    const whole = await readInteractionTable(path);
    expect(await readInteractionTable(path, { budgetBytes: 32 * 50 })).toEqual(whole);
    expect(await readInteractionTable(path, { budgetBytes: 0 })).toEqual(whole);
  });

  it('notices a file that changes between passes', async () => {
    const path = file('a,x\nb,y\nc,z\nd,x\n'.repeat(50));
    const reading = failure(path, { budgetBytes: 64 });
    let isOver = false;
    const over = reading.finally(() => {
      isOver = true;
    });
    while (!isOver) {
      appendFileSync(path, 'e,x\n');
      await new Promise(setImmediate);
    }
    await over;
    expect((await reading).message).toContain('changed while it was being read');
  });

  it.skipIf(process.platform === 'win32')('reads a pipe, but not twice', async () => {
    const path = join(folder, 'pipe');
    execFileSync('mkfifo', [path]);
    const [table] = await Promise.all([pairsOf(path), writeFile(path, 'a,x\nb,y\n')]);
    expect(table).toEqual(['a-x:1', 'b-y:1']);
    const [error] = await Promise.all([failure(path, { budgetBytes: 64 }), writeFile(path, 'a,x\nb,y\nc,z\n')]);
    expect(error.message).toContain('cannot be read a second time');
  });

  it('reads what several gzip files make when they are put together', async () => {
    const path = file(Buffer.concat([gzipSync('a,x\nb'), gzipSync(',y\n')]));
    expect(await pairsOf(path, { chunkBytes: 5 })).toEqual(['a-x:1', 'b-y:1']);
  });
});
