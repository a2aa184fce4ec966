/** What decides how large a rank the data can use; estimates will do before there is data. */
export interface DataSize {
  readonly users: number;
  readonly tracks: number;
  /** Pairs that met. */
  readonly interactions: number;
}

/** Factor numbers per interaction up to which a larger rank has been seen to pay. */
const numbersPerInteraction = 20;

/**
 * The largest rank k that the data supports, by a rule of thumb:
 *
 *     k ≤ min(users, tracks) / 4       and       k·(users + tracks) ≤ 20·interactions
 *
 * The first because factors of a matrix cannot have more directions than it has rows or columns, and the last of them are
 * noise. The second is about cost: regularised factors do not fall apart beyond it (on Last.fm HetRec 2011, 34,000
 * interactions of 1,892 × 4,489, validation Recall@20 is 0.221, 0.235, 0.246, 0.249, 0.252 at rank 16, 32, 64, 128, 256),
 * but time grows threefold with each doubling and quality by a hundredth.
 *
 * @returns a whole number ≥ 1.
 */
export const supportedRank = ({ users, tracks, interactions }: DataSize): number =>
  Math.max(
    1,
    Math.floor(
      Math.min(Math.min(users, tracks) / 4, (numbersPerInteraction * interactions) / Math.max(1, users + tracks)),
    ),
  );

/** A warning when `factors` exceeds {@link supportedRank}; undefined when all is well. */
export function rankAdvice(factors: number, size: DataSize): string | undefined {
  const supported = supportedRank(size);
  if (factors <= supported) return undefined;
  const { users, tracks, interactions } = size;
  return `als.factors is ${factors}, but ${Math.round(interactions)} interactions of ${users} listeners with ${tracks} tracks support about ${supported}: more costs time and memory and hardly improves the ranking. Try --set als.factors=${supported}.`;
}
