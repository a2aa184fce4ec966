import fc from 'fast-check';
import { mean, standardDeviation } from 'simple-statistics';
import { expect, it } from 'vitest';
import { lifetimeMs } from '../../../engine/cache/lifetime.ts';

const listener = fc.nat({ max: 0xffff_ffff });
const hours = fc.double({ min: 0.01, max: 24 * 365, noNaN: true });

it('is within ten percent of the hours, a whole number of milliseconds, and the same for a listener always', () => {
  fc.assert(
    fc.property(listener, hours, (who, long) => {
      const lifetime = lifetimeMs(who, long);
      expect(Number.isInteger(lifetime)).toBe(true);
      expect(lifetime / (long * 3_600_000)).toBeGreaterThanOrEqual(0.9 - 1e-3);
      expect(lifetime / (long * 3_600_000)).toBeLessThanOrEqual(1.1 + 1e-3);
      expect(lifetimeMs(who, long)).toBe(lifetime);
    }),
  );
});

it('is spread evenly over listeners who follow each other: mean and deviation of a uniform draw', () => {
  const shares = Array.from({ length: 20_000 }, (_, who) => lifetimeMs(who, 24) / (24 * 3_600_000));
  expect(mean(shares)).toBeCloseTo(1, 2);
  expect(standardDeviation(shares)).toBeCloseTo(0.2 / Math.sqrt(12), 3);
  const neighbours = shares.slice(1).map((share, i) => (share - 1) * ((shares[i] ?? 1) - 1));
  expect(Math.abs(mean(neighbours)) / (0.04 / 12)).toBeLessThan(0.03); // no correlation: 4 standard errors
});
