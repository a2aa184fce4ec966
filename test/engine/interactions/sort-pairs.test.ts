import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { sortByPair, sumByPair } from '../../../engine/interactions/sort-pairs.ts';
import { isSame, randomTriples } from './triples.ts';

const positions = (length: number): number[] => Array.from({ length }, (_, i) => i);

describe('sorting by pair', () => {
  it('orders by row, then column, and keeps the order of what has the same pair', () => {
    const shape = { rows: 5, cols: 2 ** 32 - 1 };
    const pairs = fc.array(fc.tuple(fc.nat(4), fc.constantFrom(0, 1, 4095, 4096, 2 ** 31, 2 ** 32 - 2)));
    fc.assert(
      fc.property(pairs, (p) => {
        const row = Uint32Array.from(p, ([r]) => r);
        const col = Uint32Array.from(p, ([, c]) => c);
        const { indptr, value } = sortByPair(shape, { row, col, value: positions(p.length) });
        const expected = positions(p.length).sort((a, b) => row[a]! - row[b]! || col[a]! - col[b]!);
        expect([...value]).toEqual(expected);
        expect([...indptr]).toEqual(positions(6).map((r) => row.filter((other) => other < r).length));
      }),
    );
  });

  it.each([
    ['rows', { rows: 90_000, cols: 10 }, 3],
    ['columns of one row', { rows: 1, cols: 90_000 }, 3],
    ['one cell', { rows: 1, cols: 1 }, 1],
  ])('does so for more than a block of %s', (_, shape, skew) => {
    const { row, col } = randomTriples(shape, 100_000, skew);
    const { value } = sortByPair(shape, { row, col, value: positions(row.length) });
    const expected = positions(row.length).sort((a, b) => row[a]! - row[b]! || col[a]! - col[b]!);
    expect(isSame(value, Float64Array.from(expected))).toBe(true);
  });

  it('sums a pair in the order of the input, even over more than a block', () => {
    const length = 100_000;
    const value = Float64Array.from({ length }, (_, i) => 1 / (i + 1));
    const {
      indptr,
      col,
      value: sums,
    } = sumByPair(
      { rows: 1, cols: 1 },
      {
        row: new Uint32Array(length),
        col: new Uint32Array(length),
        value,
      },
    );
    expect([[...indptr], [...col], [...sums]]).toEqual([[0, 1], [0], [value.reduce((a, b) => a + b)]]);
  });
});
