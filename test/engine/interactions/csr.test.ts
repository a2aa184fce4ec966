import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DubplateError } from '../../../engine/core/errors.ts';
import {
  type Csr,
  checkCount,
  csrFromTriples,
  rowLengths,
  type Shape,
  stackRows,
  transpose,
} from '../../../engine/interactions/csr.ts';
import { isSame, randomTriples, type Triple, triplesOf } from './triples.ts';

const build = (shape: Shape, t: readonly Triple[]): Csr =>
  csrFromTriples(shape, {
    row: Uint32Array.from(t, ([r]) => r),
    col: Uint32Array.from(t, ([, c]) => c),
    weight: t.map(([, , w]) => w),
  });

/** Every cell's sum in float64, in the order given, as a plain map keeps it; rows and columns ascending. */
function sumsOf(triples: Iterable<Triple>): Triple[] {
  const rows = new Map<number, Map<number, number>>();
  for (const [r, c, w] of triples) {
    const row = rows.get(r) ?? new Map<number, number>();
    rows.set(r, row.set(c, (row.get(c) ?? 0) + w));
  }
  const ascending = <T>(map: Map<number, T>) => [...map].sort(([a], [b]) => a - b);
  return ascending(rows).flatMap(([r, row]) => ascending(row).map(([c, w]): Triple => [r, c, Math.fround(w)]));
}

const shape = { rows: 7, cols: 9 };
/** Weights whose sum depends on the order in which they are added. */
const weight = fc.constantFrom(1, 2, 3, 0.1, 1e16, -1e16, 2 ** 53, 1e-8);
const triples = fc.array(fc.tuple(fc.nat(6), fc.nat(8), weight), { maxLength: 60 });

const failure = (attempt: () => unknown): DubplateError => {
  try {
    attempt();
  } catch (error) {
    if (error instanceof DubplateError) return error;
  }
  throw new Error('nothing was thrown');
};

describe('compressed rows', () => {
  it('hold the sum of every cell, added up in the order of the input, columns ascending', () => {
    fc.assert(
      fc.property(triples, (t) => {
        expect(triplesOf(build(shape, t))).toEqual(sumsOf(t));
      }),
    );
  });

  it.each([
    ['many rows', { rows: 50_000, cols: 3_000 }, 1],
    ['a few busy rows among many', { rows: 1_000_000, cols: 5_000 }, 6],
    ['one row', { rows: 1, cols: 700_000 }, 1],
    ['few rows and columns', { rows: 3, cols: 2 }, 1],
    ['one cell', { rows: 1, cols: 1 }, 1],
    ['as many columns as 32 bits number', { rows: 5_000, cols: 2 ** 32 - 1 }, 1],
    ['a number of rows just above a power of two', { rows: 2 ** 16 + 1, cols: 2 ** 16 + 1 }, 2],
  ])('are right when there is more than fits a block: %s', (_, large, skew) => {
    const t = randomTriples(large, 100_000, skew);
    const found = csrFromTriples(large, t);
    const expected = sumsOf(Array.from(t.row, (r, i): Triple => [r, t.col[i]!, t.weight[i]!]));
    const indptr = new Uint32Array(large.rows + 1);
    for (const [r] of expected) indptr[r + 1]! += 1;
    for (let r = 0; r < large.rows; r++) indptr[r + 1]! += indptr[r]!;
    expect(isSame(found.indptr, indptr)).toBe(true);
    expect(
      isSame(
        found.indices,
        Uint32Array.from(expected, ([, c]) => c),
      ),
    ).toBe(true);
    expect(
      isSame(
        found.weights,
        Float32Array.from(expected, ([, , w]) => w),
      ),
    ).toBe(true);
  });

  it('take weights of any kind of array, and leave the input as it was', () => {
    const row = Uint32Array.of(1, 0, 1);
    const col = Uint32Array.of(2, 0, 2);
    for (const weight of [[1, 2, 3], Float32Array.of(1, 2, 3), Float64Array.of(1, 2, 3), Uint32Array.of(1, 2, 3)]) {
      const before = [...weight];
      expect(triplesOf(csrFromTriples({ rows: 2, cols: 3 }, { row, col, weight }))).toEqual([
        [0, 0, 2],
        [1, 2, 4],
      ]);
      expect([...weight]).toEqual(before);
    }
    expect([...row, ...col]).toEqual([1, 0, 1, 2, 0, 2]);
  });

  it('take weights as they are: NaN, infinity and negative ones come out summed, and a sum of 0 stays an entry', () => {
    const found = build(shape, [
      [0, 0, Number.NaN],
      [0, 0, 1],
      [0, 1, Number.POSITIVE_INFINITY],
      [0, 2, 1e300],
      [0, 3, -2],
      [0, 4, 1],
      [0, 4, -1],
    ]);
    const infinity = Number.POSITIVE_INFINITY;
    expect([...found.weights]).toEqual([Number.NaN, infinity, infinity, -2, 0]);
  });

  it.each([
    ['no rows', { rows: 0, cols: 4 }],
    ['no columns', { rows: 3, cols: 0 }],
    ['no entries', { rows: 3, cols: 4 }],
    ['nothing at all', { rows: 0, cols: 0 }],
  ])('may be empty: %s', (_, empty) => {
    const found = build(empty, []);
    expect(found).toEqual({
      ...empty,
      indptr: new Uint32Array(empty.rows + 1),
      indices: new Uint32Array(0),
      weights: new Float32Array(0),
    });
    expect(transpose(found)).toEqual(build({ rows: empty.cols, cols: empty.rows }, []));
    expect([...rowLengths(found)]).toEqual(Array.from({ length: empty.rows }, () => 0));
  });

  it.each<[string, Shape, Triple, string]>([
    ['a row past the last', { rows: 2, cols: 3 }, [2, 0, 1], 'entry 1 is in row 2 and column 0 of a matrix of 2 × 3'],
    ['a column past the last', { rows: 2, cols: 3 }, [0, 3, 1], 'entry 1 is in row 0 and column 3'],
    ['the largest number', { rows: 2, cols: 3 }, [2 ** 32 - 1, 2 ** 32 - 1, 1], 'row 4294967295'],
    ['any row where there is none', { rows: 0, cols: 3 }, [0, 0, 1], 'of a matrix of 0 × 3'],
  ])('refuse %s', (_, narrow, triple, message) => {
    const error = failure(() => build(narrow, narrow.rows > 0 ? [[0, 0, 1], triple] : [triple]));
    expect(error.code).toBe('INVALID_INPUT');
    expect(error.message).toContain(message);
  });

  it('refuse columns of unequal length', () => {
    const [two, three] = [Uint32Array.of(0, 0), Uint32Array.of(0, 0, 0)];
    for (const t of [
      { row: two, col: three, weight: [1, 1] },
      { row: two, col: two, weight: [1, 1, 1] },
      { row: three, col: two, weight: [1, 1, 1] },
    ]) {
      expect(failure(() => csrFromTriples(shape, t)).message).toMatch(/\d rows, \d columns and \d weights/);
    }
  });

  it('refuse more rows, columns or entries than 32 bits number', () => {
    for (const count of [0, 1, 2 ** 31, 2 ** 32 - 1]) expect(() => checkCount('entries', count)).not.toThrow();
    for (const count of [2 ** 32, -1, 0.5, Number.NaN, Number.POSITIVE_INFINITY]) {
      const error = failure(() => checkCount('entries', count));
      expect(error.code).toBe('INVALID_INPUT');
      expect(error.message).toContain(`${count} entries, expected a whole number from 0 to 4294967295`);
      expect(failure(() => build({ rows: count, cols: 1 }, [])).message).toContain(`${count} rows`);
      expect(failure(() => build({ rows: 1, cols: count }, [])).message).toContain(`${count} columns`);
    }
  });
});

describe('transposing', () => {
  it('is what the same entries with rows and columns exchanged give, and its own inverse, bit for bit', () => {
    fc.assert(
      fc.property(triples, (t) => {
        const csr = build(shape, t);
        expect(transpose(transpose(csr))).toEqual(csr);
        expect(transpose(csr)).toEqual(
          build(
            { rows: 9, cols: 7 },
            t.map(([r, c, w]) => [c, r, w]),
          ),
        );
      }),
    );
  });

  it.each([
    ['more columns than rows', { rows: 2_000, cols: 300_000 }],
    ['more rows than columns', { rows: 300_000, cols: 2_000 }],
  ])('is right over several stretches of entries: %s', (_, large) => {
    const { row, col, weight } = randomTriples(large, 1_200_000, 2);
    const csr = csrFromTriples(large, { row, col, weight });
    expect(csr.indices.length).toBeGreaterThan(2 ** 20);
    const exchanged = csrFromTriples({ rows: large.cols, cols: large.rows }, { row: col, col: row, weight });
    const found = transpose(csr);
    for (const part of ['indptr', 'indices', 'weights'] as const) {
      expect(isSame(found[part], exchanged[part])).toBe(true);
    }
  });
});

describe('stacking rows', () => {
  it('puts together what was cut apart', () => {
    fc.assert(
      fc.property(triples, fc.nat(7), fc.nat(7), (t, a, b) => {
        const cuts = [0, Math.min(a, b), Math.max(a, b), 7];
        const parts = cuts.slice(1).map((end, i) =>
          build(
            { rows: end - cuts[i]!, cols: 9 },
            t.filter(([r]) => r >= cuts[i]! && r < end).map(([r, c, w]) => [r - cuts[i]!, c, w]),
          ),
        );
        expect(stackRows(parts)).toEqual(build(shape, t));
      }),
    );
  });
});
