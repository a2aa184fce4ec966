import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { sourceCode } from '../../engine/core/events.ts';
import { type Reaction, react } from '../../sim/reaction.ts';
import { unit } from '../../sim/units.ts';

const reactTo = (score: number, word0: number, word1: number, durationMs: number): Reaction => {
  const reaction: Reaction = { isSatisfied: false, playedMs: 0, isSaved: false, isKept: false };
  react(score, sourceCode.slate, durationMs, word0, word1, reaction);
  return reaction;
};

/** Liked so that a play whose liking bits are 0 satisfies, and the track is kept as often as not. */
const liked = 1.3 * unit;
const satisfying = (moment: number): number => moment * 65_536;
const bits = fc.integer({ min: 0, max: 0xffff });
const duration = fc.integer({ min: 75, max: 400 }).map((seconds) => seconds * 1000);

describe('a reaction', () => {
  it('stops a satisfied play where it does whether or not the track is kept', () => {
    const seen = new Set<boolean>();
    fc.assert(
      fc.property(bits, bits, bits, bits, duration, (moment, keeping, otherwise, saving, durationMs) => {
        const heard = (low: number) => reactTo(liked, satisfying(moment), saving * 65_536 + low, durationMs);
        expect(heard(keeping).playedMs).toBe(heard(otherwise).playedMs);
        seen.add(heard(keeping).isKept);
      }),
    );
    expect(seen.size).toBe(2);
  });

  it('hears four fifths of what satisfies to the end, and stops the rest evenly between 30 s and the end', () => {
    const durationMs = 230_000;
    const stops: number[] = [];
    let satisfied = 0;
    let ends = 0;
    for (let moment = 0; moment < 65_536; moment++) {
      const { isSatisfied, playedMs } = reactTo(liked, satisfying(moment), 0, durationMs);
      if (isSatisfied) satisfied++;
      if (playedMs === durationMs) ends++;
      else stops.push(playedMs);
    }
    expect(satisfied).toBe(65_536);
    expect(ends / 65_536).toBeCloseTo(0.8, 4);
    // Evenly: in each tenth of the 200 s as many.
    const tenths = new Float64Array(10);
    for (const playedMs of stops) tenths[Math.floor((playedMs - 30_000) / 20_000)]! += 1;
    for (const n of tenths) expect(Math.abs(n - stops.length / 10)).toBeLessThanOrEqual(1);
  });

  it('skips before 30 s, keeps nothing of it, and plays nothing beyond its end', () => {
    fc.assert(
      fc.property(fc.integer({ min: -8 * unit, max: 8 * unit }), bits, bits, bits, bits, duration, (score, ...rest) => {
        const [moment, liking, saving, keeping, durationMs] = rest;
        const reaction = reactTo(score, moment * 65_536 + liking, saving * 65_536 + keeping, durationMs);
        const { isSatisfied, isKept, isSaved, playedMs } = reaction;
        expect(playedMs >= 30_000).toBe(isSatisfied);
        expect(playedMs).toBeLessThanOrEqual(durationMs);
        expect(playedMs).toBeGreaterThanOrEqual(400);
        if (isKept) expect(isSatisfied).toBe(true);
        if (isSaved) expect(isKept).toBe(true);
      }),
    );
  });
});
