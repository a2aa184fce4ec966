import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { IdTable, viewOf } from '../../../engine/interactions/id-table.ts';

const encoder = new TextEncoder();

/** Rows of ids that stand one after the other in one stretch of bytes, with nothing between them and nothing behind. */
function rowsOf(table: IdTable, ids: readonly string[]): number[] {
  const bytes = viewOf(encoder.encode(ids.join('')));
  let begin = 0;
  return ids.map((id) => {
    const end = begin + encoder.encode(id).length;
    const row = table.rowOf(bytes, begin, end);
    begin = end;
    return row;
  });
}

/** Short and long ids, many of which begin or end alike, or differ in length only. */
const id = fc.oneof(
  fc.string({ unit: 'binary', minLength: 1, maxLength: 30 }),
  fc.tuple(fc.constantFrom('a', '\0', 'ab', 'é'), fc.integer({ min: 1, max: 20 })).map(([s, n]) => s.repeat(n)),
  fc.nat(30).map((n) => `a-rather-long-common-beginning-${n}`),
  fc.nat(30).map((n) => `${n}-and-a-long-common-end`),
);

describe('a table of ids', () => {
  it('numbers ids as a map does, and gives them back', () => {
    fc.assert(
      fc.property(fc.array(id, { maxLength: 60 }), (ids) => {
        const table = new IdTable();
        const distinct = [...new Set(ids)];
        expect(rowsOf(table, ids)).toEqual(ids.map((text) => distinct.indexOf(text)));
        expect(ids.map((text) => table.rowOfText(text))).toEqual(ids.map((text) => distinct.indexOf(text)));
        expect(table.all()).toEqual(distinct);
        expect(table.length).toBe(distinct.length);
      }),
    );
  });

  it('grows: a hundred thousand ids are found again', () => {
    const ids = Array.from({ length: 100_000 }, (_, i) => (i % 2 === 0 ? `u${i}` : `listener-number-${i}`));
    const table = new IdTable();
    const rows = rowsOf(table, ids);
    expect(rows.every((row, i) => row === i)).toBe(true);
    expect(rowsOf(table, ids).every((row, i) => row === i)).toBe(true);
    expect(table.all().every((text, i) => text === ids[i])).toBe(true);
  });
});
