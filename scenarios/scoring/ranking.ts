/**
 * Ranking metrics with trec_eval's conventions, to the last bit: linear gain, discount log₂(rank + 1), the ideal over all
 * judged items, recall and average precision over all relevant ones.
 *
 * @see https://github.com/usnistgov/trec_eval (m_ndcg.c, m_map.c, m_recall.c, m_recip_rank.c, m_success.c).
 */

/**
 * What is known of one listener: how relevant each item is, or just which items are. Gains ≤ 0 and missing items are not
 * relevant.
 */
export type Judged<Id> = ReadonlyMap<Id, number> | ReadonlySet<Id>;

/** Where the relevant items of one listener stand in one ranking: all that a metric looks at. */
export interface Found {
  /** Ranks from 0, ascending, of the relevant items that the ranking holds, and their gains. */
  readonly ranks: readonly number[];
  readonly gains: readonly number[];
  /** Gains of all relevant items, in the ranking or not, largest first. Where it is empty every metric is 0: means skip the listener. */
  readonly ideal: readonly number[];
}

/** Look a ranking through for the relevant items. */
export function findRelevant<Id>(ranked: ArrayLike<Id>, judged: Judged<Id>): Found {
  const ranks: number[] = [];
  const gains: number[] = [];
  for (let rank = 0; rank < ranked.length; rank++) {
    const gain = gainOf(judged, ranked[rank] as Id);
    if (gain <= 0) continue;
    ranks.push(rank);
    gains.push(gain);
  }
  const ideal = 'get' in judged ? [...judged.values()] : Array.from(judged, () => 1);
  return { ranks, gains, ideal: ideal.filter((gain) => gain > 0).sort((a, b) => b - a) };
}

/** The same for `relevant` items of gain 1 each, of which the ranking holds some at these ranks, in any order. */
export const foundAt = (ranks: readonly number[], relevant: number): Found => ({
  ranks: [...ranks].sort((a, b) => a - b),
  gains: ranks.map(() => 1),
  ideal: Array.from({ length: relevant }, () => 1),
});

/** Share of the relevant items among the first k. */
export const recallAt = (found: Found, k: number): number => share(hitsWithin(found, k), found.ideal.length);

/** 1 when a relevant item is among the first k, else 0 (trec_eval's `success`). */
export const hitAt = (found: Found, k: number): number => (hitsWithin(found, k) > 0 ? 1 : 0);

/** 1 / rank of the first relevant item; 0 when there is none. */
export const reciprocalRank = ({ ranks: [first] }: Found): number => (first === undefined ? 0 : 1 / (first + 1));

/** Mean over all relevant items of the precision at their rank, 0 for those beyond k. */
export function averagePrecision({ ranks, ideal }: Found, k: number = Number.POSITIVE_INFINITY): number {
  let sum = 0;
  for (const [i, rank] of ranks.entries()) if (rank < k) sum += (i + 1) / (rank + 1);
  return share(sum, ideal.length);
}

/**
 * Normalised discounted cumulative gain of the first k.
 *
 *     nDCG = Σ gain(rank) / log₂(rank + 1)  ÷  the same sum over all judged items in their best order
 */
export function ndcgAt({ ranks, gains, ideal }: Found, k: number = Number.POSITIVE_INFINITY): number {
  let gained = 0;
  for (const [i, rank] of ranks.entries()) if (rank < k) gained += (gains[i] ?? 0) / Math.log2(rank + 2);
  let best = 0;
  for (const [i, gain] of ideal.slice(0, k).entries()) best += gain / Math.log2(i + 2);
  return share(gained, best);
}

/** The metrics of `evaluate` under their names: `recall@k`, `ndcg@k`, `hit@k` for each k, `map`, `mrr`. */
export function rankingMetrics<Id>(
  ranked: ArrayLike<Id>,
  judged: Judged<Id>,
  ks: readonly number[],
): Record<string, number> {
  const found = findRelevant(ranked, judged);
  const metrics: Record<string, number> = {};
  for (const k of ks) {
    metrics[`recall@${k}`] = recallAt(found, k);
    metrics[`ndcg@${k}`] = ndcgAt(found, k);
    metrics[`hit@${k}`] = hitAt(found, k);
  }
  metrics.map = averagePrecision(found);
  metrics.mrr = reciprocalRank(found);
  return metrics;
}

/** The mean of each metric over listeners, summed in their order; empty for nobody. */
export function meanMetrics(all: readonly Readonly<Record<string, number>>[]): Record<string, number> {
  const means: Record<string, number> = {};
  for (const metrics of all)
    for (const [name, value] of Object.entries(metrics)) means[name] = (means[name] ?? 0) + value;
  for (const name of Object.keys(means)) means[name]! /= all.length;
  return means;
}

function hitsWithin({ ranks }: Found, k: number): number {
  let hits = 0;
  while (hits < ranks.length && (ranks[hits] ?? k) < k) hits += 1;
  return hits;
}

const gainOf = <Id>(judged: Judged<Id>, id: Id): number =>
  'get' in judged ? (judged.get(id) ?? 0) : judged.has(id) ? 1 : 0;

const share = (part: number, whole: number): number => (whole === 0 ? 0 : part / whole);
