import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { pairKey, unionOf } from '../../scenarios/capacity/known-pairs.ts';

describe('known pairs', () => {
  it('are those of a Set, in order, however they come', () => {
    const pair = fc.tuple(fc.nat({ max: 5 }), fc.oneof(fc.nat({ max: 9 }), fc.constant(2 ** 26 - 1)));
    fc.assert(
      fc.property(fc.array(fc.array(pair)), (days) => {
        const known = days.reduce<Float64Array>(
          (before, day) =>
            unionOf(
              before,
              Float64Array.from(day, ([user, track]) => pairKey(user, track)),
            ),
          new Float64Array(),
        );
        const expected = new Set(days.flat().map(([user, track]) => user * 2 ** 26 + track));
        expect([...known]).toEqual([...expected].sort((a, b) => a - b));
      }),
    );
  });

  it('may be more than the 2²⁴ that a Set can hold', () => {
    const most = 2 ** 24;
    const first = Float64Array.from({ length: most }, (_, i) => i);
    expect(unionOf(first, Float64Array.of(7, most, most + 1, most)).length).toBe(most + 2);
  });

  it('of the last listener and track that have a key are told apart', () => {
    const [user, track] = [2 ** 27 - 1, 2 ** 26 - 1];
    expect(Number.isSafeInteger(pairKey(user, track))).toBe(true);
    expect(unionOf(Float64Array.of(pairKey(user, track - 1)), Float64Array.of(pairKey(user, track))).length).toBe(2);
  });
});
