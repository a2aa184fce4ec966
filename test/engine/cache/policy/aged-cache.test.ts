import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type AgeLimits, createAgedCache } from '../../../../engine/cache/policy/aged-cache.ts';
import { createLru } from '../../../../engine/cache/policy/lru.ts';
import { slowLru } from './slow-policies.ts';

const day = 24 * 3600;
const never = Number.POSITIVE_INFINITY;
const cacheOf = (capacity: number, limits: AgeLimits) => createAgedCache(createLru(capacity, 10), 10, limits);

describe('a cache whose entries age', () => {
  it('serves an entry of exactly the refresh period as fresh, an older one as stale, one beyond its TTL not at all', () => {
    const cache = cacheOf(4, { refreshS: day, ttlS: 3 * day });
    expect(cache.read(1, 0)).toBe('miss');
    expect(cache.read(1, day)).toBe('hit');
    expect(cache.read(1, day + 1)).toBe('stale');
    expect(cache.read(1, 3 * day)).toBe('stale'); // reading does not make it younger
    expect(cache.read(1, 3 * day + 1)).toBe('miss');
    expect(cache.read(1, 4 * day)).toBe('hit'); // written by the miss
  });

  it('is fresh again once it is written, and a write is there to be read', () => {
    const cache = cacheOf(4, { refreshS: day, ttlS: never });
    cache.write(1, 0);
    expect(cache.read(1, 2 * day)).toBe('stale');
    cache.write(1, 2 * day);
    expect(cache.read(1, 3 * day)).toBe('hit');
  });

  it('misses an evicted entry, however young; a write may evict', () => {
    const cache = cacheOf(2, { refreshS: day, ttlS: never });
    cache.read(1, 0);
    cache.read(2, 1);
    cache.write(3, 2);
    expect(cache.read(1, 3)).toBe('miss');
    expect(cache.read(3, 4)).toBe('hit');
  });

  it('gives up the places of what has expired when it looks for it, and of nothing else', () => {
    const policy = createLru(3, 10);
    const cache = createAgedCache(policy, 10, { refreshS: day, ttlS: 2 * day });
    cache.write(1, 0);
    cache.write(2, day);
    expect(cache.ageS(1, 2 * day)).toBe(2 * day);
    expect(cache.ageS(3, 2 * day)).toBeNaN();
    cache.expire(2 * day); // of exactly the limit's age: still good
    expect(policy.size()).toBe(2);
    cache.expire(2 * day + 1);
    expect(policy.size()).toBe(1);
    expect(cache.read(2, 2 * day + 1)).toBe('stale');
    expect(cache.read(1, 2 * day + 1)).toBe('miss');
  });

  it('agrees with a list of entries and their times, on a thousand random traces', () => {
    const event = fc.record({ key: fc.nat(9), isWrite: fc.nat(4).map((n) => n === 0), pauseS: fc.nat(5) });
    const limits = fc.record({ refreshS: fc.nat(15), ttlS: fc.oneof(fc.nat(30), fc.constant(never)) });
    fc.assert(
      fc.property(
        fc.array(event, { size: 'large' }),
        limits,
        fc.integer({ min: 1, max: 8 }),
        (events, ages, capacity) => {
          const cache = cacheOf(capacity, ages);
          const order = slowLru(capacity);
          const writtenS = new Map<number, number>();
          let timeS = 0;
          for (const { key, isWrite, pauseS } of events) {
            timeS += pauseS;
            const ageS = timeS - (writtenS.get(key) ?? timeS);
            if (!isWrite && ageS > ages.ttlS) order.remove(key);
            const isCached = order.access(key, timeS);
            if (isWrite || !isCached) writtenS.set(key, timeS);
            if (isWrite) cache.write(key, timeS);
            else expect(cache.read(key, timeS)).toBe(!isCached ? 'miss' : ageS > ages.refreshS ? 'stale' : 'hit');
          }
        },
      ),
      { numRuns: 1000 },
    );
  });
});
