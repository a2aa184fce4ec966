/** What a listener is shown. */
export interface ServedSlate {
  readonly tracks: Uint32Array;
  /** The generation that made it. */
  readonly generation: number;
  /** Probability of each position's track; absent where the policy is deterministic. */
  readonly propensity?: Float32Array | undefined;
  /** Made for this read, where every read has a list of its own: it is looked at from the top. */
  readonly isFresh?: boolean;
}
