import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { layOut, spoil } from '../../../engine/blend/slots.ts';
import { createStreams } from '../../../engine/core/random.ts';

const streams = createStreams('slots');
const never = (): number => {
  throw new Error('nothing should be drawn');
};
/** Candidates 0 … n − 1, best first; every `newEvery`-th is a new release. */
const candidates = (n: number, newEvery: number) => {
  const best = Uint32Array.from({ length: n }, (_, i) => i);
  return { best, bestNew: best.filter((track) => track % newEvery === newEvery - 1) };
};
const policy = fc.record({
  length: fc.integer({ min: 1, max: 60 }),
  slots: fc.nat(10),
  epsilonSlots: fc.nat(70),
});

describe('laying out a list', () => {
  it('keeps the order of the candidates and draws nothing when no slot is special', () => {
    const { best, bestNew } = candidates(30, 3);
    const { tracks, propensity } = layOut(best, bestNew, { length: 20, slots: 0, epsilonSlots: 0 }, never);
    expect([...tracks]).toEqual([...best.subarray(0, 20)]);
    expect(propensity.every((p) => p === 1)).toBe(true);
  });

  it('reserves every n-th position for the best new releases left, and gives the rest to the best left', () => {
    const best = Uint32Array.of(10, 11, 12, 13, 14, 15, 91);
    const bestNew = Uint32Array.of(12, 91, 92);
    const slate = layOut(best, bestNew, { length: 6, slots: 2, epsilonSlots: 0 }, never);
    expect([...slate.tracks]).toEqual([10, 12, 11, 91, 13, 92]);
    const run = layOut(best, Uint32Array.of(12), { length: 6, slots: 2, epsilonSlots: 0 }, never);
    expect([...run.tracks]).toEqual([10, 12, 11, 13, 14, 15]);
  });

  it('never shows a track twice, and shows the same tracks whatever is drawn', () => {
    fc.assert(
      fc.property(
        policy,
        fc.integer({ min: 1, max: 80 }),
        fc.integer({ min: 2, max: 9 }),
        fc.nat(),
        (options, n, every, seed) => {
          const { best, bestNew } = candidates(n, every);
          const { tracks, propensity } = layOut(best, bestNew, options, streams('any', seed % 2 ** 32));
          const calm = layOut(best, bestNew, { ...options, epsilonSlots: 0 }, never);
          expect(tracks).toHaveLength(Math.min(options.length, n));
          expect(new Set(tracks).size).toBe(tracks.length);
          expect(new Set(tracks)).toEqual(new Set(calm.tracks));
          const drawn = propensity.filter((p) => p !== 1 || tracks.length === 1).length;
          if (tracks.length > 1) expect(drawn).toBe(Math.min(options.epsilonSlots, tracks.length));
        },
      ),
    );
  });

  it('shows each candidate at a drawn position as often as its propensity says', () => {
    const { best, bestNew } = candidates(12, 4);
    const options = { length: 10, slots: 4, epsilonSlots: 3 };
    const runs = 20_000;
    const counts = Array.from({ length: 10 }, () => new Map<number, number>());
    let propensity = new Float32Array();
    for (let run = 0; run < runs; run++) {
      const slate = layOut(best, bestNew, options, streams('uniform', run));
      propensity = slate.propensity as Float32Array<ArrayBuffer>;
      slate.tracks.forEach((track, position) => {
        counts[position]!.set(track, (counts[position]!.get(track) ?? 0) + 1);
      });
    }
    expect([...propensity].map((p, i) => (p === 1 ? -1 : i)).filter((i) => i >= 0)).toEqual([1, 5, 8]);
    for (const position of [1, 5, 8]) {
      expect(propensity[position]).toBeCloseTo(0.1, 7);
      expect(counts[position]!.size).toBe(10);
      // Five standard deviations of a binomial share.
      for (const count of counts[position]!.values()) {
        expect(Math.abs(count / runs - 0.1)).toBeLessThan(5 * Math.sqrt((0.1 * 0.9) / runs));
      }
    }
  });

  it('closes up around drawn positions in the order of the candidates', () => {
    fc.assert(
      fc.property(fc.nat(2 ** 31), (actor) => {
        const { best } = candidates(40, 5);
        const { tracks, propensity } = layOut(
          best,
          new Uint32Array(),
          { length: 30, slots: 0, epsilonSlots: 4 },
          streams('close up', actor),
        );
        const others = tracks.filter((_, position) => propensity[position] === 1);
        expect([...others]).toEqual([...others].sort((a, b) => a - b));
      }),
    );
  });
});

describe('spoiling a list', () => {
  const unheard = Uint32Array.from({ length: 500 }, (_, i) => i);

  it('replaces the declared share by tracks that are not in the list, and says where', () => {
    let spoilt = 0;
    for (let actor = 0; actor < 200; actor++) {
      const tracks = unheard.slice(0, 100);
      const isSpoilt = spoil(tracks, unheard, 0.3, streams('spoil', actor));
      expect(new Set(tracks).size).toBe(100);
      tracks.forEach((track, position) => {
        if (isSpoilt[position]) expect(track).toBeGreaterThanOrEqual(100);
        else expect(track).toBe(position);
      });
      spoilt += isSpoilt.reduce((a, b) => a + b, 0);
    }
    expect(Math.abs(spoilt / 20_000 - 0.3)).toBeLessThan(5 * Math.sqrt((0.3 * 0.7) / 20_000));
  });

  it('does nothing at share 0, everything at share 1, and stops when no other track is left', () => {
    const tracks = unheard.slice(0, 10);
    spoil(tracks, unheard, 0, never);
    expect([...tracks]).toEqual([...unheard.subarray(0, 10)]);
    expect(spoil(tracks, unheard, 1, streams('all', 0)).every((s) => s === 1)).toBe(true);
    const few = Uint32Array.of(0, 1, 2);
    spoil(few, Uint32Array.of(0, 1, 2, 7), 1, streams('few', 0));
    expect([...few]).toEqual([7, 1, 2]);
  });
});
