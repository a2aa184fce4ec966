import { LruStack } from './lru-stack.ts';

/**
 * The miss ratio of a cache as a function of its size: steps that never rise. A cache of c keys misses `missRatios[i]` of all
 * reads, where i is the last step with `sizes[i]` ≤ c.
 */
export interface MissRatioCurve {
  /** Where each step begins, in keys; ascending from 0 [steps]. */
  readonly sizes: Float64Array;
  /** Misses / reads from there on, in [0, 1] [steps]. */
  readonly missRatios: Float64Array;
}

/** The miss ratio at a size in keys. Cost: O(log steps). */
export function missRatioAt({ sizes, missRatios }: MissRatioCurve, capacity: number): number {
  let step = 0;
  for (let end = sizes.length; end - step > 1; ) {
    const middle = (step + end) >>> 1;
    if (sizes[middle]! <= capacity) step = middle;
    else end = middle;
  }
  return missRatios[step]!;
}

/**
 * The miss ratios of LRU at every size at once, exactly, from one pass over the reads:
 *
 *     miss ratio (c) = 1 − reads of stack distance ≤ c / reads        first reads have no distance: always missed
 *
 * @param refs keys in the order they are read [n], in [0, keys); n ≥ 1.
 * @returns a step for each size from 0 to `keys`.
 * @see Mattson et al. (1970). Cost: O(n log keys); 16 bytes for each key besides those of {@link LruStack}.
 */
export function lruCurve(refs: Uint32Array, keys: number): MissRatioCurve {
  const stack = new LruStack(keys);
  const reads = new Float64Array(keys + 1);
  for (const key of refs) reads[stack.read(key)]! += 1;
  reads[0] = 0; // the first reads
  return curveOf(reads, refs.length, 1);
}

/**
 * A curve from the numbers of reads by depth.
 * @param reads   [steps]: reads that a cache of i · `width` keys hits and one of (i − 1) · `width` does not; 0 first. Used up.
 * @param total   all reads, misses included.
 */
export function curveOf(reads: Float64Array, total: number, width: number): MissRatioCurve {
  let hits = 0;
  for (let i = 0; i < reads.length; i++) {
    hits += reads[i]!;
    reads[i] = Math.min(1, Math.max(0, 1 - hits / total));
  }
  return { sizes: Float64Array.from(reads, (_, i) => i * width), missRatios: reads };
}
