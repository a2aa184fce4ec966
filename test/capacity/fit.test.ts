import fc from 'fast-check';
import { linearRegression, median } from 'simple-statistics';
import { describe, expect, it } from 'vitest';
import { createStreams, normalFrom } from '../../engine/core/random.ts';
import { type FormName, fitTimes, isWithinReach, type TimedPoint, usualForms } from '../../scenarios/capacity/fit.ts';

const sizes = [0.5e6, 1e6, 2e6, 5e6, 10e6, 20e6];
const timed = (ns: readonly number[], seconds: (n: number) => number): TimedPoint[] =>
  ns.map((n) => ({ n, seconds: seconds(n) }));

describe('a fit of times', () => {
  it.each([
    ['b n', (n: number) => 3e-7 * n],
    ['a + b n', (n: number) => 0.8 + 2e-7 * n],
    ['a + b n + c n log n', (n: number) => 0.2 + 1e-7 * n + 2e-8 * n * Math.log(n)],
  ] as const)('finds %s where the times are of that form, and then predicts exactly', (form, time) => {
    const fit = fitTimes(timed(sizes, time))!;
    expect(fit.form).toBe(form);
    for (const n of [3e5, 8e7, 2e9]) expect(fit.predict(n).seconds / time(n)).toBeCloseTo(1, 6);
    for (const { error } of fit.heldOut) expect(Math.abs(error)).toBeLessThan(1e-6);
  });

  it('finds a power where that is asked for, and it is the line through the logarithms', () => {
    const exact = fitTimes(
      timed(sizes, (n) => 3e-5 * n ** 0.35),
      ['a n^b', ...usualForms],
    )!;
    expect(exact.form).toBe('a n^b');
    expect(exact.coefficients[1]).toBeCloseTo(0.35, 9);
    fc.assert(
      fc.property(
        fc.array(fc.double({ min: -0.3, max: 0.3, noNaN: true }), { minLength: 6, maxLength: 6 }),
        (noise) => {
          const points = sizes.map((n, i) => ({ n, seconds: 3e-5 * n ** 0.35 * Math.exp(noise[i]!) }));
          const { m, b } = linearRegression(points.map(({ n, seconds }) => [Math.log(n), Math.log(seconds)]));
          expect(fitTimes(points, ['a n^b'])!.predict(8e7).seconds / Math.exp(b + m * Math.log(8e7))).toBeCloseTo(1, 8);
        },
      ),
    );
  });

  it('is the weighted least-squares line of times over sizes, for whatever times', () => {
    // By another route: about the weighted means, w = 1 / y², slope = Σ w (x − x̄)(y − ȳ) / Σ w (x − x̄)².
    fc.assert(
      fc.property(
        fc.double({ min: 0.1, max: 9, noNaN: true }),
        fc.double({ min: 1, max: 9, noNaN: true }),
        fc.array(fc.double({ min: -0.3, max: 0.3, noNaN: true }), { minLength: 6, maxLength: 6 }),
        (a, b, noise) => {
          const points = sizes.map((n, i) => ({ n, seconds: (a + b * 1e-7 * n) * Math.exp(noise[i]!) }));
          const weighted = points.map(({ n, seconds }) => ({ x: n / 1e6, y: seconds, w: seconds ** -2 }));
          const sum = (of: (point: (typeof weighted)[number]) => number): number =>
            weighted.reduce((total, point) => total + of(point), 0);
          const [meanX, meanY] = [
            sum(({ w, x }) => w * x) / sum(({ w }) => w),
            sum(({ w, y }) => w * y) / sum(({ w }) => w),
          ];
          const slope = sum(({ w, x, y }) => w * (x - meanX) * (y - meanY)) / sum(({ w, x }) => w * (x - meanX) ** 2);
          const expected = meanY + slope * (80 - meanX);
          const { seconds } = fitTimes(points, ['a + b n'])!.predict(8e7);
          expect(Math.abs(seconds - expected)).toBeLessThan(1e-7 * (Math.abs(expected) + meanY));
        },
      ),
    );
  });

  it('minimises the sum of squared relative errors: no nudge of a coefficient lowers it', () => {
    fc.assert(
      fc.property(
        fc.array(fc.double({ min: -0.2, max: 0.2, noNaN: true }), { minLength: 6, maxLength: 6 }),
        fc.constantFrom(-1e-3, 1e-3),
        (noise, nudge) => {
          const points = sizes.map((n, i) => ({ n, seconds: (0.3 + 2e-7 * n) * (1 + noise[i]!) }));
          const { form, coefficients } = fitTimes(points)!;
          const terms = (n: number): number[] =>
            form === 'b n' ? [n] : form === 'a + b n' ? [1, n] : [1, n, n * Math.log(n)];
          const loss = (beta: readonly number[]): number =>
            points.reduce(
              (sum, { n, seconds }) => sum + (terms(n).reduce((y, x, i) => y + x * beta[i]!, 0) / seconds - 1) ** 2,
              0,
            );
          coefficients.forEach((_, moved) => {
            const nudged = coefficients.map((value, i) => (i === moved ? value * (1 + nudge) : value));
            expect(loss(nudged)).toBeGreaterThanOrEqual(loss(coefficients) - 1e-12);
          });
        },
      ),
    );
  });

  it('is judged on sizes at least four times those that it was fitted on', () => {
    const { heldOut } = fitTimes(timed([1, 2, 4, 6, 8, 16, 20], (n) => n))!;
    expect(heldOut.map(({ n }) => n)).toEqual([16, 20]);
  });

  it('needs two sizes up to a quarter of the largest', () => {
    expect(fitTimes(timed([5, 6, 7, 20], (n) => n))).toBeUndefined();
    expect(fitTimes(timed([4, 5, 20], (n) => n))).toBeDefined();
    expect(fitTimes([])).toBeUndefined();
  });

  it('refuses more than a hundred times the largest size', () => {
    const fit = fitTimes(timed(sizes, (n) => n))!;
    expect(isWithinReach(fit, 2e9)).toBe(true);
    expect(isWithinReach(fit, 2.001e9)).toBe(false);
    expect(() => fit.predict(2.001e9)).toThrow(/100 times/);
  });
});

describe('the 95 % interval of a fit', () => {
  const models = {
    proportional: (n: number) => 3e-7 * n,
    'with a start': (n: number) => 0.4 + 3e-7 * n,
    'n log n': (n: number) => 0.1 + 1e-7 * n + 1.5e-8 * n * Math.log(n),
    'a cache that nothing shows before it is outgrown': (n: number) => 3e-7 * n * (n > 2e7 ? 1.08 : 1),
  };

  /** Shares of repeats in which a size four times the largest lies in its interval, and within 15 %. */
  const covered = (
    time: (n: number) => number,
    repeats: number,
    forms: readonly FormName[] = usualForms,
  ): { inside: number; near: number } => {
    const streams = createStreams('prediction intervals');
    let [inside, near] = [0, 0];
    for (let repeat = 0; repeat < repeats; repeat++) {
      const draw = streams('noise', repeat);
      const noisy = (n: number): number => time(n) * (1 + 0.03 * normalFrom(draw));
      const fit = fitTimes(timed(sizes, noisy), forms)!;
      const seconds = noisy(80e6);
      const { low, high, seconds: predicted } = fit.predict(80e6);
      if (low <= seconds && seconds <= high) inside++;
      if (Math.abs(predicted / seconds - 1) <= 0.15) near++;
    }
    return { inside: inside / repeats, near: near / repeats };
  };

  it.each(Object.entries(models))('covers at least 90 %% of 20 held-out times at 4 N: %s', (_, time) => {
    const { inside, near } = covered(time, 20);
    expect(inside).toBeGreaterThanOrEqual(0.9);
    expect(near).toBeGreaterThanOrEqual(0.9);
  });

  it.each(Object.entries(models))('and of 2,000: %s', (_, time) => {
    expect(covered(time, 2000).inside).toBeGreaterThanOrEqual(0.9);
  });

  it('covers as many of times that grow by a power, within 15 %', () => {
    const { inside, near } = covered((n) => 3e-5 * n ** 0.35, 500, ['a n^b', ...usualForms]);
    expect(inside).toBeGreaterThanOrEqual(0.9);
    expect(near).toBeGreaterThanOrEqual(0.9);
  });

  it('is not as wide as to say nothing: times that err by 3 % leave less than 20 % to each side in the median', () => {
    const streams = createStreams('width');
    const widths = Array.from({ length: 101 }, (_, repeat) => {
      const draw = streams('noise', repeat);
      const { seconds, low, high } = fitTimes(timed(sizes, (n) => 3e-7 * n * (1 + 0.03 * normalFrom(draw))))!.predict(
        80e6,
      );
      return (high - low) / 2 / seconds;
    });
    expect(median(widths)).toBeLessThan(0.2);
  });
});
