import type { Policy } from './policy.ts';

/** What a read found: a list of the last refresh period, an older one, or none that may be served. */
export type Lookup = 'hit' | 'stale' | 'miss';

/** A cache whose entries know when they were written. */
export interface AgedCache {
  /** Read a key, and write it when it is missing. Times never decrease. */
  read(key: number, timeS: number): Lookup;
  /** Write a key that nobody asked for, as a refresh does. */
  write(key: number, timeS: number): void;
  /** Seconds since a key was last written; NaN for never. It may have been evicted since. */
  ageS(key: number, timeS: number): number;
  /** Remove all that has expired, as Redis does in the background. Cost O(keys). */
  expire(timeS: number): void;
}

/** Ages of entries, in seconds since they were written; Infinity for no limit. */
export interface AgeLimits {
  /** An older entry is a stale hit: it is served, and stays as it is until it is written. */
  readonly refreshS: number;
  /** An older entry has expired: a miss, and it is written anew. */
  readonly ttlS: number;
}

/**
 * A replacement policy with refresh and expiry. With age a = time of the read − time of the last write:
 *
 *     not cached          miss      written now
 *     a > ttlS            miss      written now
 *     refreshS < a ≤ ttlS stale     read: the policy counts it as any read
 *     a ≤ refreshS        hit       read
 *
 * Reading does not make an entry younger. A write is an access to the policy, as SET is to Redis: it may evict another key, and
 * a refresh of all keys makes them equally recent. An expired entry keeps its place until it is read, written, evicted or looked
 * for: Redis does so in the background all the time. Limits are checked here, in simulated
 * time, and an entry of exactly the limit's age is still good, as in Redis.
 *
 * @param policy of the same keys, empty at first. Belady's can only be read, since it knows the reads in advance.
 * Cost: the policy's, and 8 bytes for each key.
 */
export function createAgedCache(policy: Policy, keys: number, { refreshS, ttlS }: AgeLimits): AgedCache {
  /** When each key was last written; NaN, which is older than nothing, for never. */
  const writtenS = new Float64Array(keys).fill(Number.NaN);
  return {
    read: (key, timeS) => {
      const ageS = timeS - writtenS[key]!;
      if (ageS > ttlS) policy.remove(key);
      if (policy.access(key, timeS)) return ageS > refreshS ? 'stale' : 'hit';
      writtenS[key] = timeS;
      return 'miss';
    },
    write: (key, timeS) => {
      policy.access(key, timeS);
      writtenS[key] = timeS;
    },
    ageS: (key, timeS) => timeS - writtenS[key]!,
    expire: (timeS) => {
      for (let key = 0; key < keys; key++) if (timeS - writtenS[key]! > ttlS) policy.remove(key);
    },
  };
}
