import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createLru } from '../../../../engine/cache/policy/lru.ts';
import { LruStack } from '../../../../engine/cache/policy/lru-stack.ts';
import { lruCurve, type MissRatioCurve, missRatioAt } from '../../../../engine/cache/policy/miss-ratio-curve.ts';
import { shardsCurve } from '../../../../engine/cache/policy/shards.ts';
import { createStreams } from '../../../../engine/core/random.ts';
import { countMisses } from '../../../support/count-misses.ts';
import { dailyHabits } from './daily-habits.ts';

const saltOf = (salt: number) => createStreams(`shards ${salt}`).keyOf('sample');

describe('the depth in the LRU stack', () => {
  it('is the place in a list of keys by last read, removals and new keys included', () => {
    const step = fc.record({ key: fc.nat(60), isRemoval: fc.nat(9).map((n) => n === 0) });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 400, size: 'max' }), (steps) => {
        const stack = new LruStack(4);
        let list: number[] = [];
        for (const { key, isRemoval } of steps) {
          expect(isRemoval ? stack.remove(key) : stack.read(key)).toBe(list.indexOf(key) + 1);
          list = list.filter((other) => other !== key);
          if (!isRemoval) list.unshift(key);
          expect(stack.size).toBe(list.length);
        }
      }),
    );
  });

  it('stays right while keys move together many times, in a stack that grows and shrinks', () => {
    const draw = createStreams('stack')('keys', 0);
    const stack = new LruStack(1);
    let list: number[] = [];
    for (let i = 0; i < 30_000; i++) {
      const key = Math.floor(draw() ** 2 * (i < 15_000 ? 700 : 900));
      const isRemoval = i > 20_000 && draw() < 0.6;
      const depth = isRemoval ? stack.remove(key) : stack.read(key);
      if (depth !== list.indexOf(key) + 1) expect.fail(`step ${i}: ${depth}, expected ${list.indexOf(key) + 1}`);
      list = list.filter((other) => other !== key);
      if (!isRemoval) list.unshift(key);
    }
  });
});

describe('the miss-ratio curve of LRU', () => {
  it('has at every size the misses of an LRU cache of that size, on a thousand random traces', () => {
    const trace = fc.integer({ min: 1, max: 30 }).chain((keys) =>
      fc.record({
        keys: fc.constant(keys),
        refs: fc.array(fc.nat(keys - 1), { minLength: 1, maxLength: 200, size: 'max' }).map((r) => Uint32Array.from(r)),
      }),
    );
    fc.assert(
      fc.property(trace, ({ keys, refs }) => {
        const curve = lruCurve(refs, keys);
        for (let c = 1; c <= keys; c++) {
          const misses = countMisses(createLru(c, keys), { keys, refs, timesS: new Float64Array(refs.length) });
          expect(missRatioAt(curve, c)).toBeCloseTo(misses / refs.length, 12);
        }
        expect(missRatioAt(curve, 0)).toBe(1);
        expect(missRatioAt(curve, 10 * keys)).toBeCloseTo(new Set(refs).size / refs.length, 12);
      }),
      { numRuns: 1000 },
    );
  });

  it('never rises: what an LRU cache holds, a larger one holds too', () => {
    const { refs, keys } = dailyHabits(3000, 5, 'inclusion');
    const { missRatios } = lruCurve(refs, keys);
    for (let i = 1; i < missRatios.length; i++) expect(missRatios[i]!).toBeLessThanOrEqual(missRatios[i - 1]!);
  });

  it('is 1 below the length of a loop, and the first round from there on', () => {
    const refs = Uint32Array.from({ length: 1000 }, (_, i) => i % 50);
    const curve = lruCurve(refs, 60);
    expect(missRatioAt(curve, 49)).toBe(1);
    expect(missRatioAt(curve, 50)).toBeCloseTo(0.05, 12);
  });
});

describe('SHARDS', () => {
  const trace = dailyHabits(60_000, 14, 'shards');
  const exact = lruCurve(trace.refs, trace.keys);

  it('is held against a trace in which most listeners appear', () => {
    expect(new Set(trace.refs).size).toBe(51_019);
  });

  /** Mean over 100 sizes, from 1 % to all of the keys. */
  function meanError(curve: MissRatioCurve): number {
    let sum = 0;
    for (let i = 1; i <= 100; i++) {
      const size = (trace.keys * i) / 100;
      sum += Math.abs(missRatioAt(curve, size) - missRatioAt(exact, size));
    }
    return sum / 100;
  }

  it.each([1, 2, 3, 4, 5])('errs by 0.005 at most with 5,000 sampled of 51,019 listeners, salt %i', (salt) => {
    const fixedRate = meanError(shardsCurve(trace.refs, trace.keys, { rate: 5000 / 51_019, salt: saltOf(salt) }));
    const fixedSize = meanError(shardsCurve(trace.refs, trace.keys, { sampledKeys: 5000, salt: saltOf(salt) }));
    expect(fixedRate).toBeLessThanOrEqual(0.005);
    expect(fixedSize).toBeLessThanOrEqual(0.005);
  });

  it('is the exact curve when every key is sampled, up to the width of a step', () => {
    for (const options of [{ rate: 1 }, { sampledKeys: trace.keys }]) {
      const all = shardsCurve(trace.refs, trace.keys, { ...options, salt: saltOf(9) });
      expect(meanError(all)).toBeLessThan(2e-4);
    }
    const few = dailyHabits(500, 5, 'few');
    const whole = shardsCurve(few.refs, few.keys, { salt: saltOf(9) });
    const curve = lruCurve(few.refs, few.keys);
    for (let c = 0; c <= few.keys; c++) expect(missRatioAt(whole, c)).toBeCloseTo(missRatioAt(curve, c), 12);
  });

  it('errs more with fewer keys, and stays a curve: from 1 downwards, within [0, 1]', () => {
    const errorOf = (sampledKeys: number): number => {
      let sum = 0;
      for (let salt = 0; salt < 5; salt++) {
        const curve = shardsCurve(trace.refs, trace.keys, { sampledKeys, salt: saltOf(salt) });
        expect(curve.missRatios[0]).toBe(1);
        for (let i = 1; i < curve.sizes.length; i++) {
          if (curve.missRatios[i]! > curve.missRatios[i - 1]!) expect.fail(`rises at step ${i}`);
        }
        expect(curve.missRatios.at(-1)).toBeGreaterThanOrEqual(0);
        sum += meanError(curve);
      }
      return sum / 5;
    };
    const [few, many] = [errorOf(100), errorOf(10_000)];
    expect(few).toBeLessThan(0.1);
    expect(many).toBeLessThan(few / 3);
  });
});
