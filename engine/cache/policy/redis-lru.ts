import type { Policy } from './policy.ts';
import { RedisKeys, type RedisSampling } from './redis-keys.ts';

/**
 * `allkeys-lru` of Redis: of a few sampled keys, and a pool of those sampled before, evicts the one idle for longest. Its
 * clock has whole seconds: keys read within the same second are equally idle, so a trace must be replayed at the times it
 * had. Redis lets the clock go round after 194 days; here it goes on.
 *
 * @param capacity keys that it holds, at least 1.
 * @param keys     keys that there might be.
 * @see Redis 7, src/evict.c, estimateObjectIdleTime. Cost: O(samples) for each eviction; 12 bytes for each key.
 */
export function createRedisLru(capacity: number, keys: number, sampling: RedisSampling): Policy {
  const cached = new RedisKeys(capacity, keys, sampling);
  /** The second of the last read or write. */
  const clock = new Float64Array(keys);
  let now = 0;
  const idleS = (key: number): number => now - clock[key]!;
  return {
    access: (key, timeS) => {
      now = Math.floor(timeS);
      const isHit = cached.has(key);
      if (!isHit) {
        if (cached.isFull) cached.evict(idleS);
        cached.add(key);
      }
      clock[key] = now;
      return isHit;
    },
    remove: (key) => {
      if (cached.has(key)) cached.remove(key);
    },
    size: () => cached.size,
  };
}
