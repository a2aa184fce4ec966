import type { Policy } from './policy.ts';
import { RedisKeys, type RedisSampling } from './redis-keys.ts';

/** How Redis counts reads. */
export interface RedisLfuOptions extends RedisSampling {
  /** `lfu-log-factor`: how much rarer each further count is; 10 by default, as in Redis. */
  readonly logFactor?: number;
  /** `lfu-decay-time`: minutes that take one off the counter, 0 for never; 1 by default, as in Redis. */
  readonly decayMinutes?: number;
}

/**
 * `allkeys-lfu` of Redis: as its LRU, but evicts the key with the lowest counter. A counter c of 8 bits begins at 5. It loses
 * one for each decay time since the last read, and a read adds one to what is left with probability
 *
 *     p = 1 / (max(0, c − 5) · logFactor + 1)
 *
 * Its clock has whole minutes. Redis lets it go round after 45 days; here it goes on.
 *
 * @param capacity keys that it holds, at least 1.
 * @param keys     keys that there might be.
 * @see Redis 7, src/evict.c, LFULogIncr and LFUDecrAndReturn. Cost: O(samples) for each eviction; 13 bytes for each key.
 */
export function createRedisLfu(capacity: number, keys: number, options: RedisLfuOptions): Policy {
  const { logFactor = 10, decayMinutes = 1, draw } = options;
  const cached = new RedisKeys(capacity, keys, options);
  const counter = new Uint8Array(keys);
  /** The minute of the last read or write. */
  const clock = new Float64Array(keys);
  let now = 0;

  const decayed = (key: number): number => {
    const periods = decayMinutes > 0 ? Math.floor((now - clock[key]!) / decayMinutes) : 0;
    return Math.max(0, counter[key]! - periods);
  };
  const increased = (count: number): number =>
    count < 255 && draw() < 1 / (Math.max(0, count - firstCount) * logFactor + 1) ? count + 1 : count;
  const rarity = (key: number): number => 255 - decayed(key);

  return {
    access: (key, timeS) => {
      now = Math.floor(timeS / 60);
      const isHit = cached.has(key);
      if (isHit) counter[key] = increased(decayed(key));
      else {
        if (cached.isFull) cached.evict(rarity);
        cached.add(key);
        counter[key] = firstCount;
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

/** LFU_INIT_VAL: high enough that a new key is not the first to go. */
const firstCount = 5;
