import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createStreams } from '../../engine/core/random.ts';
import { aliasOf } from '../../sim/alias.ts';
import { logisticCurve } from '../../sim/curve.ts';
import { asinExact, bell, expExact, lnExact, pick, turnBy } from '../../sim/exact.ts';
import {
  createLibrary,
  forget,
  isKept,
  keep,
  libraryCapacity,
  mostTracks,
  scoreOf,
  trackOf,
} from '../../sim/library.ts';
import { bellOf, pairWord } from '../../sim/pair.ts';
import { stepOf } from '../../sim/steps.ts';
import { unit } from '../../sim/units.ts';

describe('exact arithmetic', () => {
  it('agrees with Math.exp and Math.log to eleven digits', () => {
    fc.assert(
      fc.property(fc.double({ min: -30, max: 30, noNaN: true }), (x) => {
        expect(Math.abs(expExact(x) / Math.exp(x) - 1)).toBeLessThan(1e-11);
        const y = Math.exp(x);
        expect(Math.abs(lnExact(y) - Math.log(y))).toBeLessThan(1e-11);
      }),
    );
  });

  it('agrees with Math.asin, Math.cos and Math.sin to eight digits', () => {
    fc.assert(
      fc.property(
        fc.double({ min: 0, max: 1, noNaN: true }),
        fc.double({ min: -100, max: 100, noNaN: true }),
        (s, x) => {
          expect(Math.abs(asinExact(s) - Math.asin(s))).toBeLessThan(1e-11);
          const { cos, sin } = turnBy(x);
          expect(Math.abs(cos - Math.cos(x))).toBeLessThan(1e-8);
          expect(Math.abs(sin - Math.sin(x))).toBeLessThan(1e-8);
        },
      ),
    );
    expect(Math.abs(asinExact(1) - Math.PI / 2)).toBeLessThan(1e-11);
    expect(asinExact(0)).toBe(0);
  });

  it('draws bells with mean 0 and variance 1, for streams and for pairs', () => {
    const streams = createStreams('bells');
    const draw = streams('test', 0);
    const key = streams.keyOf('pairs');
    const ofPair = (n: number): number => bellOf(pairWord(key, n % 200, Math.floor(n / 200))) / unit;
    for (const next of [() => bell(draw), ofPair]) {
      const values = Array.from({ length: 40_000 }, (_, n) => next(n));
      const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
      const variance = values.reduce((sum, value) => sum + value * value, 0) / values.length;
      // Five standard errors: 1/√n for the mean, about 1.4/√n · 0.85 for the variance.
      expect(Math.abs(mean)).toBeLessThan(0.025);
      expect(Math.abs(variance - 1)).toBeLessThan(0.032);
    }
  });

  it('picks and aliases exactly as often as the weights say', () => {
    const weights = fc.array(fc.integer({ min: 0, max: 9 }), { minLength: 1, maxLength: 12 });
    fc.assert(
      fc.property(
        weights.filter((w) => w.some((x) => x > 0)),
        (w) => {
          const total = w.reduce((sum, x) => sum + x, 0);
          const alias = aliasOf(w);
          const grid = 200;
          const aliased = w.map(() => 0);
          const picked = w.map(() => 0);
          for (let column = 0; column < w.length; column++) {
            for (let i = 0; i < grid; i++) {
              aliased[alias.draw((column + 0.5) / w.length, (i + 0.5) / grid)]! += 1 / (grid * w.length);
            }
          }
          for (let i = 0; i < total; i++) picked[pick(w, (i + 0.5) / total)]! += 1 / total;
          w.forEach((weight, i) => {
            expect(Math.abs(aliased[i]! - weight / total)).toBeLessThan(1 / grid);
            expect(picked[i]).toBeCloseTo(weight / total, 9);
          });
        },
      ),
    );
  });

  it('decides by a chance that grows with x and is one half in the middle', () => {
    const curve = logisticCurve({ middle: 1, slope: 2 });
    const chance = (x: number): number =>
      Array.from({ length: 1024 }, (_, i) => curve.happens(Math.round(x * unit), i * 64 + 32)).filter(Boolean).length /
      1024;
    expect(chance(1)).toBeCloseTo(0.5, 2);
    expect(chance(2)).toBeCloseTo(1 / (1 + Math.exp(-2)), 2);
    expect(chance(-100)).toBeLessThan(0.001);
    fc.assert(
      fc.property(
        fc.double({ min: -9, max: 9, noNaN: true }),
        fc.double({ min: 0, max: 3, noNaN: true }),
        (x, more) => {
          expect(chance(x + more)).toBeGreaterThanOrEqual(chance(x));
        },
      ),
      { numRuns: 30 },
    );
  });
});

it('a library keeps each track once, remembers how it is liked, and never more than it has room for', () => {
  const moves = fc.array(
    fc.record({
      keeps: fc.boolean(),
      track: fc.integer({ min: mostTracks - 40, max: mostTracks }),
      score: fc.integer({ min: -unit, max: 5 * unit }),
      bits: fc.nat(65_535),
    }),
    { maxLength: 200 },
  );
  fc.assert(
    fc.property(moves, (steps) => {
      const library = createLibrary(2);
      for (const { keeps, track, score, bits } of steps) {
        const wasKept = isKept(library, 1, track);
        if (keeps) keep(library, 1, track, score, bits);
        else forget(library, 1, track);
        expect(isKept(library, 1, track)).toBe(keeps);
        const items = [...library.items.subarray(libraryCapacity, libraryCapacity + library.size[1]!)];
        expect(new Set(items.map(trackOf)).size).toBe(items.length);
        const item = items.find((one) => trackOf(one) === track);
        if (keeps && !wasKept) expect(Math.abs(scoreOf(item!) - score)).toBeLessThanOrEqual(unit / 10 + 1);
        expect(library.size[0]).toBe(0);
      }
    }),
  );
});

it('no two occasions share a step', () => {
  const occasion = fc.tuple(fc.integer({ min: -32_768, max: 32_767 }), fc.nat(63), fc.nat(1023));
  fc.assert(
    fc.property(occasion, occasion, (a, b) => {
      expect(stepOf(...a) === stepOf(...b)).toBe(a.join() === b.join());
    }),
  );
});
