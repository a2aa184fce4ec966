/**
 * Which keys a cache of fixed size keeps: a replacement policy, simulated. Keys are whole numbers in [0, keys) (rows of
 * listeners); every entry counts 1, whatever its bytes, and a policy never holds more than its capacity. A miss is followed by
 * a write, as a recommender does that computes the missing list: every key that is accessed is cached afterwards.
 */
export interface Policy {
  /**
   * Read a key, and write it when it is missing.
   * @param timeS seconds since any fixed moment, never less than in the call before.
   * @returns whether it was a hit.
   */
  access(key: number, timeS: number): boolean;
  /** Forget a key that was deleted or has expired; nothing happens when it is not cached. */
  remove(key: number): void;
  /** Keys that are cached now; at most the capacity. */
  size(): number;
}

/** What a cache is read for, in the order of time. */
export interface Trace {
  /** Keys are in [0, keys). */
  readonly keys: number;
  /** The key of each read [n]. */
  readonly refs: Uint32Array;
  /** The time of each read in seconds, never decreasing [n]. */
  readonly timesS: Float64Array;
}
