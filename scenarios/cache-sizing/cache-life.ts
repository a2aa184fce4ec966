import { createAgedCache } from '../../engine/cache/policy/aged-cache.ts';
import { createLru } from '../../engine/cache/policy/lru.ts';
import type { Trace } from '../../engine/cache/policy/policy.ts';
import { secondsPerDay, secondsPerHour } from '../../engine/core/time.ts';
import type { Presence } from './presence.ts';

/** How lists are kept. */
export interface CachePlan {
  /** Lists are made beforehand for those who listened in the last so many days; null for everyone. */
  readonly activeDays: number | null;
  readonly refreshHours: number;
  /** Lists that the cache holds, at least 1. */
  readonly capacity: number;
  /** An entry expires at so many refresh periods. */
  readonly expiryPeriods: number;
}

/** What became of the reads of some days; counts. */
export interface CacheLife {
  readonly reads: number;
  /** Found, and written within the refresh period. */
  readonly hits: number;
  /** Found, but older. */
  readonly staleHits: number;
  readonly misses: number;
  /** Lists written by refreshes; every miss writes one more. */
  readonly listsWritten: number;
  readonly refreshes: number;
  /** Most lists that were held at a time. */
  readonly mostHeld: number;
  /** Reads that found a list, by its age in whole hours. */
  readonly readsByAge: readonly number[];
}

/**
 * Lets a run's reads meet a cache that is filled before them: at each refresh a list is written for everybody who listened of
 * late, the latest last, as many as there is room for; what a read misses is made for it and written; LRU evicts. Counted from
 * `fromS` on; before that the cache warms up.
 *
 * @param trace  reads from day 0 on.
 * @param endS   when the last day ends.
 * Cost: an access for each read and each list written.
 */
export function liveInCache(
  { refs, timesS, keys }: Trace,
  presence: Presence,
  { activeDays, refreshHours, capacity, expiryPeriods }: CachePlan,
  { fromS, endS }: { readonly fromS: number; readonly endS: number },
): CacheLife {
  const policy = createLru(capacity, keys);
  const periodS = refreshHours * secondsPerHour;
  const cache = createAgedCache(policy, keys, { refreshS: periodS, ttlS: expiryPeriods * periodS });
  const count = { hit: 0, stale: 0, miss: 0 };
  const readsByAge = new Array<number>(Math.ceil(expiryPeriods * refreshHours) + 1).fill(0);
  let [listsWritten, refreshes, mostHeld, next] = [0, 0, 0, 0];
  const readUntil = (timeS: number): void => {
    for (; next < refs.length && timesS[next]! < timeS; next++) {
      const [key, now] = [refs[next]!, timesS[next]!];
      const ageS = cache.ageS(key, now);
      const found = cache.read(key, now);
      if (now < fromS) continue;
      count[found] += 1;
      if (found !== 'miss') readsByAge[Math.floor(ageS / secondsPerHour)]! += 1;
    }
    // Between refreshes a cache only grows.
    if (timeS > fromS) mostHeld = Math.max(mostHeld, policy.size());
  };
  for (let nowS = 0; nowS < endS; nowS += periodS) {
    readUntil(nowS);
    cache.expire(nowS);
    const { listeners, lastListenedAt } = presence.at(nowS / secondsPerHour);
    const since = activeDays === null ? Number.NEGATIVE_INFINITY : nowS - activeDays * secondsPerDay;
    const active = listeners.filter((listener) => lastListenedAt[listener]! >= since);
    const written = active.subarray(Math.max(0, active.length - capacity));
    for (const listener of written) cache.write(listener, nowS);
    if (nowS < fromS) continue;
    listsWritten += written.length;
    refreshes += 1;
  }
  readUntil(endS);
  return {
    reads: count.hit + count.stale + count.miss,
    hits: count.hit,
    staleHits: count.stale,
    misses: count.miss,
    listsWritten,
    refreshes,
    mostHeld,
    readsByAge,
  };
}
