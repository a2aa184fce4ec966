import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createBelady } from '../../../../engine/cache/policy/belady.ts';
import { createFifo } from '../../../../engine/cache/policy/fifo.ts';
import { createLru } from '../../../../engine/cache/policy/lru.ts';
import type { Policy } from '../../../../engine/cache/policy/policy.ts';
import { createRedisLfu } from '../../../../engine/cache/policy/redis-lfu.ts';
import { createRedisLru } from '../../../../engine/cache/policy/redis-lru.ts';
import { createS3Fifo } from '../../../../engine/cache/policy/s3-fifo.ts';
import { createSieve } from '../../../../engine/cache/policy/sieve.ts';
import { createWTinyLfu } from '../../../../engine/cache/policy/w-tinylfu.ts';
import { createStreams } from '../../../../engine/core/random.ts';
import { countMisses } from '../../../support/count-misses.ts';
import {
  fewestMisses,
  type SlowPolicy,
  slowFifo,
  slowLru,
  slowRedisLfu,
  slowRedisLru,
  slowS3Fifo,
  slowSieve,
  slowWTinyLfu,
} from './slow-policies.ts';

const draws = createStreams('policies');
const drawOf = (run: number) => draws('eviction', run);

/** Each policy of our own, and as its paper has it; both get the same draws. */
const contenders: [string, (c: number, keys: number, run: number) => Policy, (c: number, run: number) => SlowPolicy][] =
  [
    ['FIFO', createFifo, slowFifo],
    ['LRU', createLru, slowLru],
    ['SIEVE', createSieve, slowSieve],
    ['S3-FIFO', createS3Fifo, slowS3Fifo],
    ['W-TinyLFU', createWTinyLfu, slowWTinyLfu],
    [
      'LRU of Redis',
      (c, keys, run) => createRedisLru(c, keys, { draw: drawOf(run) }),
      (c, run) => slowRedisLru(c, drawOf(run)),
    ],
    [
      'LFU of Redis',
      (c, keys, run) => createRedisLfu(c, keys, { draw: drawOf(run) }),
      (c, run) => slowRedisLfu(c, drawOf(run)),
    ],
  ];

/** Reads of some keys more than of others, now and then a removal, from one moment to two minutes apart. */
const run = fc.integer({ min: 2, max: 60 }).chain((keys) =>
  fc.record({
    keys: fc.constant(keys),
    capacity: fc.integer({ min: 1, max: keys }),
    number: fc.nat(),
    events: fc.array(
      fc.record({
        key: fc.tuple(fc.nat(keys - 1), fc.nat(keys - 1)).map(([a, b]) => Math.min(a, b)),
        isRemoval: fc.nat(19).map((n) => n === 0),
        pauseS: fc.constantFrom(0, 0, 0.3, 1.7, 40, 120),
      }),
      { minLength: 1, maxLength: 300, size: 'max' },
    ),
  }),
);

describe.each(contenders)('%s', (_, create, slow) => {
  it('has the hits that its definition has, on a thousand random traces', () => {
    fc.assert(
      fc.property(run, ({ keys, capacity, number, events }) => {
        const policy = create(capacity, keys, number);
        const expected = slow(capacity, number);
        let timeS = 1e6;
        for (const { key, isRemoval, pauseS } of events) {
          timeS += pauseS;
          if (isRemoval) {
            policy.remove(key);
            expected.remove(key);
          } else expect(policy.access(key, timeS)).toBe(expected.access(key, timeS));
          expect(policy.size()).toBeLessThanOrEqual(capacity);
        }
      }),
      { numRuns: 1000 },
    );
  });

  it('never misses what it holds, once all keys fit', () => {
    const keys = 50;
    const policy = create(keys, keys, 1);
    for (let i = 0; i < 500; i++) expect(policy.access((i * 7) % keys, i)).toBe(i >= keys);
    expect(policy.size()).toBe(keys);
  });

  it('holds exactly its capacity after as many keys', () => {
    for (const capacity of [1, 2, 9, 10, 11, 33]) {
      const policy = create(capacity, 1000, 2);
      for (let key = 0; key < 1000; key++) {
        policy.access(key, key);
        expect(policy.size()).toBe(Math.min(capacity, key + 1));
      }
    }
  });

  it('forgets a key that is removed, and minds no other', () => {
    const policy = create(4, 10, 3);
    for (const key of [1, 2, 3]) policy.access(key, 0);
    policy.remove(2);
    policy.remove(2);
    policy.remove(9);
    expect(policy.size()).toBe(2);
    expect([1, 3, 2].map((key) => policy.access(key, 1))).toEqual([true, true, false]);
  });

  it('never has fewer misses than Belady', () => {
    fc.assert(
      fc.property(run, ({ keys, capacity, number, events }) => {
        const refs = Uint32Array.from(events, ({ key }) => key);
        const trace = { keys, refs, timesS: Float64Array.from(refs, (_, i) => i) };
        const floor = countMisses(createBelady(capacity, keys, refs), trace);
        expect(countMisses(create(capacity, keys, number), trace)).toBeGreaterThanOrEqual(floor);
      }),
      { numRuns: 300 },
    );
  });
});

describe('Belady', () => {
  const tiny = fc.array(fc.nat(5), { minLength: 1, maxLength: 14, size: 'max' });

  it('has the fewest misses of all choices of keys to evict, on a thousand tiny traces', () => {
    fc.assert(
      fc.property(tiny, fc.integer({ min: 1, max: 5 }), (refs, capacity) => {
        expect(missesOf((c, keys) => createBelady(c, keys, Uint32Array.from(refs)), capacity, refs)).toBe(
          fewestMisses(capacity, refs),
        );
      }),
      { numRuns: 1000 },
    );
  });

  it('refuses another trace than it was told', () => {
    const policy = createBelady(2, 5, Uint32Array.of(1, 2, 3));
    policy.access(1, 0);
    expect(() => policy.access(3, 0)).toThrow('read 1 is of key 3, but the trace has 2 there');
  });

  it('makes room by what is removed', () => {
    const policy = createBelady(2, 4, Uint32Array.of(0, 1, 2, 0, 1));
    policy.access(0, 0);
    policy.access(1, 0);
    policy.remove(1);
    expect([2, 0, 1].map((key) => policy.access(key, 0))).toEqual([false, true, false]);
    expect(policy.size()).toBe(2);
  });
});

function missesOf(
  create: (capacity: number, keys: number) => Policy,
  capacity: number,
  refs: readonly number[],
): number {
  const keys = Math.max(...refs) + 1;
  const trace = { keys, refs: Uint32Array.from(refs), timesS: new Float64Array(refs.length) };
  return countMisses(create(capacity, keys), trace);
}

describe('known answers', () => {
  it("FIFO shows Belady's anomaly: more misses in a larger cache (Belady, Nelson & Shedler 1969)", () => {
    const refs = [1, 2, 3, 4, 1, 2, 5, 1, 2, 3, 4, 5];
    expect([3, 4].map((capacity) => missesOf(createFifo, capacity, refs))).toEqual([9, 10]);
    expect([3, 4].map((capacity) => missesOf(createLru, capacity, refs))).toEqual([10, 8]);
    const belady = (c: number, keys: number) => createBelady(c, keys, Uint32Array.from(refs));
    expect([3, 4].map((capacity) => missesOf(belady, capacity, refs))).toEqual([7, 6]);
  });

  it('the reference string of the textbooks: FIFO 15, LRU 12, optimal 9 misses in 3 frames (Silberschatz et al.)', () => {
    const refs = [7, 0, 1, 2, 0, 3, 0, 4, 2, 3, 0, 3, 2, 1, 2, 0, 1, 7, 0, 1];
    expect(missesOf(createFifo, 3, refs)).toBe(15);
    expect(missesOf(createLru, 3, refs)).toBe(12);
    expect(missesOf((c, keys) => createBelady(c, keys, Uint32Array.from(refs)), 3, refs)).toBe(9);
  });

  it('a loop one key longer than the cache: FIFO, LRU and SIEVE miss always, Belady once in the capacity', () => {
    const [capacity, rounds] = [10, 50];
    const refs = Array.from({ length: (capacity + 1) * rounds }, (_, i) => i % (capacity + 1));
    for (const create of [createFifo, createLru, createSieve])
      expect(missesOf(create, capacity, refs)).toBe(refs.length);
    const belady = missesOf((c, keys) => createBelady(c, keys, Uint32Array.from(refs)), capacity, refs);
    expect(belady).toBe(capacity + Math.ceil((refs.length - capacity) / capacity));
  });

  it('W-TinyLFU has the hits that its definition has where the window holds several keys', () => {
    const draw = drawOf(7);
    const [policy, expected] = [createWTinyLfu(350, 900), slowWTinyLfu(350)];
    for (let i = 0; i < 8000; i++) {
      const key = Math.floor(900 * draw() * draw());
      expect(policy.access(key, i)).toBe(expected.access(key, i));
    }
    expect(policy.size()).toBe(350);
  });

  it('W-TinyLFU keeps what is read often, whatever is read once', () => {
    const often = Array.from({ length: 2000 }, (_, i) => (i % 2 === 0 ? (i / 2) % 50 : 100 + i));
    const more = Array.from({ length: 1000 }, (_, i) => (i % 2 === 0 ? (i / 2) % 50 : 5000 + i));
    const missed = (create: typeof createLru): number =>
      missesOf(create, 60, [...often, ...more]) - missesOf(create, 60, often);
    expect(missed(createWTinyLfu)).toBe(500);
    expect(missed(createLru)).toBe(1000);
  });

  it('S3-FIFO keeps a working set through a scan that LRU is emptied by', () => {
    const working = Array.from({ length: 400 }, (_, i) => i % 40);
    const scan = Array.from({ length: 500 }, (_, i) => 1000 + i);
    const again = working.slice(0, 40);
    const warm = [...working, ...scan];
    const inAgain = (create: typeof createLru): number =>
      missesOf(create, 100, [...warm, ...again]) - missesOf(create, 100, warm);
    expect(inAgain(createLru)).toBe(40);
    expect(inAgain(createS3Fifo)).toBe(0);
  });
});
