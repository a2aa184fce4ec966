import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { csrFromTriples, stackRows } from '../../../engine/interactions/csr.ts';
import { PairSums } from '../../../engine/interactions/pair-sums.ts';

const events = fc.array(fc.tuple(fc.nat(9), fc.nat(6), fc.constantFrom(1, 0.1, 1e16, 3)), { maxLength: 200 });

describe('summing pairs within a budget', () => {
  it('takes as many passes as it needs, and gives what all at once gives, bit for bit', () => {
    fc.assert(
      fc.property(events, fc.integer({ min: 0, max: 30 }), (all, pairs) => {
        const parts = [];
        for (let begin = 0; begin < 10; ) {
          const sums = new PairSums(begin, 32 * pairs);
          for (const [row, col, weight] of all) sums.add(row, col, weight);
          parts.push(sums.matrix(10, 7));
          expect(sums.end).toBeGreaterThan(begin);
          begin = sums.end;
        }
        const atOnce = csrFromTriples(
          { rows: 10, cols: 7 },
          {
            row: Uint32Array.from(all, ([row]) => row),
            col: Uint32Array.from(all, ([, col]) => col),
            weight: all.map(([, , weight]) => weight),
          },
        );
        expect(stackRows(parts)).toEqual(atOnce);
      }),
    );
  });

  it('needs one pass where the pairs fit, however often they repeat', () => {
    const sums = new PairSums(0, 32 * 20);
    for (let i = 0; i < 10_000; i++) sums.add(i % 5, 0, 1);
    expect(sums.end).toBe(Number.POSITIVE_INFINITY);
    expect([...sums.matrix(5, 1).weights]).toEqual([2000, 2000, 2000, 2000, 2000]);
  });

  it('keeps at least three quarters of the budget in use, so that passes stay few', () => {
    const sums = new PairSums(0, 32 * 100);
    for (let row = 0; row < 1000; row++) sums.add(row, 0, 1);
    expect(sums.matrix(1000, 1).indices.length).toBeGreaterThanOrEqual(75);
  });
});
