import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { mostRows, sortByScore } from '../../../engine/retrieval/order.ts';
import { selectBest } from '../../../engine/retrieval/select.ts';

const size = 400;
const float = fc.float({ noNaN: true });
/** Spread evenly, all over the floats, in lumps with many ties, all alike, and one far from the others. */
const scores = fc
  .oneof(
    fc.array(
      fc.integer({ min: -1000, max: 1000 }).map((x) => x / 1000),
      { minLength: size, maxLength: size },
    ),
    fc.array(float, { minLength: size, maxLength: size }),
    fc.array(fc.constantFrom(-0, 0, 0.5, 1e-30, -3), { minLength: size, maxLength: size }),
    float.map((x) => new Array<number>(size).fill(x)),
    fc.nat(size - 1).map((far) => Array.from({ length: size }, (_, t) => (t === far ? 1e20 : t / size))),
  )
  .map((values) => Float32Array.from(values));
const rows = fc.subarray(Array.from({ length: size }, (_, row) => row)).map((chosen) => Uint32Array.from(chosen));

const byHand = (chosen: Uint32Array, values: Float32Array): number[] =>
  [...chosen].sort((a, b) => (values[a] === values[b] ? a - b : values[a]! < values[b]! ? 1 : -1));

describe('rows in order of their scores', () => {
  it('are by score descending, then row ascending, for every float, whatever was sorted before', () => {
    fc.assert(
      fc.property(scores, rows, (values, chosen) => {
        const expected = byHand(chosen, values);
        sortByScore(chosen, values);
        expect([...chosen]).toEqual(expected);
      }),
      { numRuns: 300 },
    );
  });

  it('are in the same order where they are more than there is working memory for', () => {
    const many = mostRows + 1;
    const values = Float32Array.from({ length: many }, (_, row) => (row * 7919) % 1001);
    const sorted = Uint32Array.from(values, (_, row) => row);
    sortByScore(sorted, values);
    let misplaced = 0;
    for (let i = 1; i < many; i++) {
      const fall = values[sorted[i - 1]!]! - values[sorted[i]!]!;
      if (fall < 0 || (fall === 0 && sorted[i - 1]! >= sorted[i]!)) misplaced += 1;
    }
    expect(misplaced).toBe(0);
  });

  it('begin with the best n, in order, ties to the lower row', () => {
    fc.assert(
      fc.property(scores, rows, fc.integer({ min: 0, max: size + 20 }), (values, chosen, n) => {
        const before = chosen.slice();
        expect([...selectBest(chosen, values, n)]).toEqual(byHand(chosen, values).slice(0, n));
        expect(chosen).toEqual(before);
      }),
    );
  });
});
