import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Matrix, rowOf } from '../../../engine/core/matrix.ts';
import { recommendTopN, scoreAll, topN } from '../../../engine/retrieval/top-n.ts';

// Few different values, both zeros among them: ties everywhere.
const score = fc.oneof(fc.constantFrom(-1, -0, 0, 0.5, 1), fc.float({ noNaN: true }));
const scores = fc.array(score, { maxLength: 60 }).map((values) => Float32Array.from(values));

/** Brute force: sort everything by (score desc, row asc), then drop what may not appear. */
const byHand = (values: Float32Array, n: number, isOut: (row: number) => boolean): number[] =>
  Array.from(values.keys())
    .filter((row) => !isOut(row))
    .sort((a, b) => (values[a] === values[b] ? a - b : values[b]! > values[a]! ? 1 : -1))
    .slice(0, n);

describe('the n best tracks', () => {
  it('are those of a full sort: ties to the lower row, heard and forbidden tracks left out, n of any size', () => {
    fc.assert(
      fc.property(
        scores,
        fc.nat(80),
        fc.array(fc.nat(59)),
        fc.option(fc.array(fc.boolean(), { minLength: 60, maxLength: 60 })),
        (values, n, heard, allowed) => {
          const heardHere = Uint32Array.from(heard.filter((row) => row < values.length));
          const allow = allowed && Uint8Array.from(allowed.slice(0, values.length), Number);
          const found = topN(values, n, { heard: heardHere, ...(allow ? { allow } : {}) });
          const expected = byHand(values, n, (row) => heardHere.includes(row) || allow?.[row] === 0);
          expect([...found.rows]).toEqual(expected);
          expect([...found.scores]).toEqual(expected.map((row) => values[row]));
        },
      ),
      { numRuns: 300 },
    );
  });

  it('are none for a listener who has heard everything', () => {
    expect(topN(Float32Array.of(3, 2, 1), 2, { heard: Uint32Array.of(2, 0, 1, 1) }).rows).toHaveLength(0);
  });

  it('are the first rows for a factor of zeros, which knows no difference', () => {
    const tracks = { rows: 6, cols: 2, data: Float32Array.from({ length: 12 }, (_, i) => i - 5) };
    expect([...recommendTopN(new Float32Array(2), tracks, 3).rows]).toEqual([0, 1, 2]);
  });
});

describe('scores', () => {
  const matrix = fc
    .record({ rows: fc.nat(13), cols: fc.integer({ min: 1, max: 9 }) })
    .chain(({ rows, cols }) =>
      fc
        .array(fc.float({ min: -10, max: 10, noNaN: true }), { minLength: rows * cols, maxLength: rows * cols })
        .map((data): Matrix => ({ rows, cols, data: Float32Array.from(data) })),
    );

  it('are the inner products with every track, rounded once', () => {
    fc.assert(
      fc.property(
        matrix,
        fc.array(fc.float({ min: -10, max: 10, noNaN: true }), { minLength: 9, maxLength: 9 }),
        (Y, x) => {
          const user = Float32Array.from(x.slice(0, Y.cols));
          const found = scoreAll(user, Y, new Float32Array(Y.rows));
          for (let row = 0; row < Y.rows; row++) {
            const terms = Array.from(user, (value, i) => value * rowOf(Y, row)[i]!);
            const sum = terms.reduce((a, b) => a + b, 0);
            const size = terms.reduce((a, b) => a + Math.abs(b), 0);
            // Half a place of float32, or of its smallest number; and the order of the sum, in float64.
            const slack = Math.abs(sum) * 2 ** -24 + size * 2 ** -49 + 2 ** -150;
            expect(Math.abs(found[row]! - sum)).toBeLessThanOrEqual(slack);
          }
        },
      ),
    );
  });

  it('are never NaN: the track is named', () => {
    const tracks = { rows: 2, cols: 1, data: Float32Array.of(1, Number.NaN) };
    expect(() => recommendTopN(Float32Array.of(1), tracks, 1)).toThrow(
      expect.objectContaining({ code: 'NOT_FINITE', details: { track: 1 } }),
    );
  });
});
