import { type AgeLimits, createAgedCache } from '../../engine/cache/policy/aged-cache.ts';
import { lruCurve, missRatioAt } from '../../engine/cache/policy/miss-ratio-curve.ts';
import { createPolicy, type PolicyName } from '../../engine/cache/policy/policies.ts';
import type { Trace } from '../../engine/cache/policy/policy.ts';
import { shardsCurve } from '../../engine/cache/policy/shards.ts';
import type { KeyedStreams } from '../../engine/core/random.ts';

/** How reads of a trace fared in one cache. Shares of all reads; they sum to 1. */
export interface ReplayRow {
  readonly policy: PolicyName;
  /** Keys that the cache holds. */
  readonly capacity: number;
  /** Found, and written within the refresh period. */
  readonly hits: number;
  /** Found, but older. */
  readonly staleHits: number;
  readonly misses: number;
}

/** Miss ratio of LRU without limits of age. */
export interface CurvePoint {
  readonly capacity: number;
  readonly exact: number;
  /** By SHARDS. */
  readonly sampled: number;
}

export interface ReplayOptions extends AgeLimits {
  readonly policies: readonly PolicyName[];
  /** In keys, each at least 1. */
  readonly capacities: readonly number[];
  readonly streams: KeyedStreams;
}

/** Replays a trace on its own clock through every policy at every size. Cost: an access for each read, policy and size. */
export function replay(trace: Trace, { policies, capacities, streams, ...limits }: ReplayOptions): ReplayRow[] {
  return policies.flatMap((policy) =>
    capacities.map((capacity) => {
      const cache = createAgedCache(
        createPolicy(policy, capacity, trace, streams('eviction', capacity)),
        trace.keys,
        limits,
      );
      const count = { hit: 0, stale: 0, miss: 0 };
      for (let i = 0; i < trace.refs.length; i++) count[cache.read(trace.refs[i]!, trace.timesS[i]!)] += 1;
      const n = trace.refs.length;
      return { policy, capacity, hits: count.hit / n, staleHits: count.stale / n, misses: count.miss / n };
    }),
  );
}

/** LRU at the same sizes, by stack distances and by a sample of so many keys. */
export function curves(
  { refs, keys }: Trace,
  capacities: readonly number[],
  { sampledKeys, streams }: { readonly sampledKeys: number; readonly streams: KeyedStreams },
): CurvePoint[] {
  const exact = lruCurve(refs, keys);
  const sampled = shardsCurve(refs, keys, { sampledKeys, salt: streams.keyOf('shards') });
  return capacities.map((capacity) => ({
    capacity,
    exact: missRatioAt(exact, capacity),
    sampled: missRatioAt(sampled, capacity),
  }));
}
