import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createStreams } from '../../engine/core/random.ts';
import { aliasOf } from '../../sim/alias.ts';
import { logisticCurve } from '../../sim/curve.ts';
import { bell, expExact, lnExact, pairBell, pick } from '../../sim/exact.ts';
import { createHeard } from '../../sim/heard.ts';
import { createShelf, isOn, putOn, takeOff } from '../../sim/shelf.ts';
import { stepOf } from '../../sim/steps.ts';

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

  it('draws bells with mean 0 and variance 1, for streams and for pairs', () => {
    const draw = createStreams('bells')('test', 0);
    const pairs = pairBell(draw);
    for (const next of [() => bell(draw), (n: number) => pairs(n % 200, Math.floor(n / 200))]) {
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
      Array.from({ length: 1000 }, (_, i) => curve.happens(x, (i + 0.5) / 1000)).filter(Boolean).length / 1000;
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

describe('heard tracks', () => {
  it('count every meeting of every pair, and clones go their own way', () => {
    const meetings = fc.array(fc.tuple(fc.nat(2), fc.nat(60)), { maxLength: 300 });
    fc.assert(
      fc.property(meetings, meetings, (before, after) => {
        const heard = createHeard(3);
        const model = new Map<string, number>();
        for (const [listener, track] of before) {
          const known = model.get(`${listener} ${track}`) ?? 0;
          expect(heard.add(listener, track)).toBe(known);
          model.set(`${listener} ${track}`, known + 1);
        }
        const clone = heard.clone();
        for (const [listener, track] of after) clone.add(listener, track);
        for (let listener = 0; listener < 3; listener++) {
          const own = [...model].filter(([key]) => key.startsWith(`${listener} `));
          expect(heard.distinct(listener)).toBe(own.length);
          expect(heard.total(listener)).toBe(own.reduce((sum, [, count]) => sum + count, 0));
          for (let track = 0; track <= 60; track++) {
            expect(heard.exposures(listener, track)).toBe(model.get(`${listener} ${track}`) ?? 0);
          }
        }
      }),
      { numRuns: 50 },
    );
  });

  it('keep listeners of different blocks apart', () => {
    const heard = createHeard(8192 + 2);
    heard.add(0, 5);
    heard.add(8192, 6);
    expect([heard.exposures(0, 5), heard.exposures(8192, 5), heard.exposures(8192, 6)]).toEqual([1, 0, 1]);
  });
});

it('a shelf holds each item once and never more than it has room for', () => {
  const moves = fc.array(fc.tuple(fc.boolean(), fc.nat(8), fc.double({ min: 0, max: 0.999, noNaN: true })));
  fc.assert(
    fc.property(moves, (steps) => {
      const shelf = createShelf(2, 4);
      for (const [puts, item, u] of steps) {
        if (puts) putOn(shelf, 1, item, u);
        else takeOff(shelf, 1, item);
        expect(isOn(shelf, 1, item)).toBe(puts);
        const items = [...shelf.items.subarray(4, 4 + shelf.size[1]!)];
        expect(new Set(items).size).toBe(items.length);
        expect(shelf.size[0]).toBe(0);
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
