import fc from 'fast-check';
import { mean } from 'simple-statistics';
import { expect, it } from 'vitest';
import { ValueSample } from '../../../engine/cache/value-sample.ts';

const writtenFor = (listener: number): Buffer => Buffer.from(`the list of ${listener}`);

it('keeps everyone while they are few, and knows the last value of each', () => {
  const entry = fc.tuple(fc.nat({ max: 0xffff_ffff }), fc.uint8Array({ minLength: 1, maxLength: 50 }));
  fc.assert(
    fc.property(fc.array(entry, { minLength: 1 }), fc.nat(), (entries, bit) => {
      const sample = new ValueSample();
      for (const [listener, value] of entries) sample.add(listener, value);
      const last = new Map(entries);
      expect(new Set(sample.listeners())).toEqual(new Set(last.keys()));
      for (const [listener, value] of last) {
        expect(sample.isSame(listener, value)).toBe(true);
        const damaged = value.slice();
        damaged[(bit >> 3) % damaged.length]! ^= 1 << (bit & 7);
        expect(sample.isSame(listener, damaged)).toBe(false);
      }
    }),
  );
});

it('keeps a uniform sample of many, whatever their order: the same listeners, evenly spread', () => {
  const [upwards, downwards] = [new ValueSample(), new ValueSample()];
  const n = 50_000;
  for (let i = 0; i < n; i++) {
    upwards.add(i, writtenFor(i));
    downwards.add(n - 1 - i, writtenFor(n - 1 - i));
  }
  const drawn = [...upwards.listeners()];
  expect(drawn.length).toBeLessThanOrEqual(4096);
  expect(drawn.length).toBeGreaterThan(2048 - 5 * Math.sqrt(2048));
  expect(new Set(downwards.listeners())).toEqual(new Set(drawn));
  // A uniform draw from [0, n): the mean is off by n / √(12 · drawn) or so.
  expect(Math.abs(mean(drawn) / n - 0.5)).toBeLessThan(4 / Math.sqrt(12 * drawn.length));
  for (const listener of drawn) expect(upwards.isSame(listener, writtenFor(listener))).toBe(true);
});
