/**
 * Ranking metrics with trec_eval's conventions, to the last bit: linear gain, discount log₂(rank + 1), the ideal over all
 * judged items, recall and average precision over all relevant ones, precision over k however short the list is.
 *
 * @see https://github.com/usnistgov/trec_eval (m_ndcg.c, m_map.c, m_recall.c, m_P.c, m_recip_rank.c, m_success.c).
 */

/**
 * What is known of one listener: how relevant each item is, or just which items are. Gains ≤ 0 and missing items are not
 * relevant.
 */
export type Judged<Id> = ReadonlyMap<Id, number> | ReadonlySet<Id>;

/** How many judged items are relevant: where it is 0, every metric is 0, and a mean over listeners should skip them. */
export function relevantCount<Id>(judged: Judged<Id>): number {
  if (!('get' in judged)) return judged.size;
  let count = 0;
  for (const gain of gainsOf(judged)) if (gain > 0) count += 1;
  return count;
}

/** Share of the relevant items among the first k. */
export const recallAt = <Id>(ranked: ArrayLike<Id>, judged: Judged<Id>, k: number): number =>
  share(hitsWithin(ranked, judged, k), relevantCount(judged));

/** Share of the first k positions that hold a relevant item; positions beyond the end of the list hold none. */
export const precisionAt = <Id>(ranked: ArrayLike<Id>, judged: Judged<Id>, k: number): number =>
  hitsWithin(ranked, judged, k) / k;

/** 1 when a relevant item is among the first k, else 0 (trec_eval's `success`). */
export const hitAt = <Id>(ranked: ArrayLike<Id>, judged: Judged<Id>, k: number): number =>
  hitsWithin(ranked, judged, k) > 0 ? 1 : 0;

/** 1 / rank of the first relevant item; 0 when there is none. */
export function reciprocalRank<Id>(ranked: ArrayLike<Id>, judged: Judged<Id>): number {
  for (let i = 0; i < ranked.length; i++) if (gainOf(judged, ranked[i] as Id) > 0) return 1 / (i + 1);
  return 0;
}

/** Mean over all relevant items of the precision at their rank, 0 for those beyond k. */
export function averagePrecision<Id>(
  ranked: ArrayLike<Id>,
  judged: Judged<Id>,
  k: number = Number.POSITIVE_INFINITY,
): number {
  const relevant = relevantCount(judged);
  let hits = 0;
  let sum = 0;
  const end = Math.min(k, ranked.length);
  for (let i = 0; i < end && hits < relevant; i++) {
    if (gainOf(judged, ranked[i] as Id) > 0) {
      hits += 1;
      sum += hits / (i + 1);
    }
  }
  return share(sum, relevant);
}

/**
 * Normalised discounted cumulative gain of the first k.
 *
 *     nDCG = Σ gain(rank) / log₂(rank + 1)  ÷  the same sum over all judged items in their best order
 */
export function ndcgAt<Id>(ranked: ArrayLike<Id>, judged: Judged<Id>, k: number = Number.POSITIVE_INFINITY): number {
  let gained = 0;
  const end = Math.min(k, ranked.length);
  for (let i = 0; i < end; i++) {
    const gain = gainOf(judged, ranked[i] as Id);
    if (gain > 0) gained += gain / Math.log2(i + 2);
  }
  const gains = gainsOf(judged)
    .filter((gain) => gain > 0)
    .sort((a, b) => b - a);
  let ideal = 0;
  for (const [i, gain] of gains.slice(0, k).entries()) ideal += gain / Math.log2(i + 2);
  return share(gained, ideal);
}

/** trec_eval's order of a scored run: score descending, then id descending by UTF-16 code units. */
export const trecOrder = (scored: ReadonlyMap<string, number>): string[] =>
  [...scored].sort(([idA, a], [idB, b]) => b - a || (idA < idB ? 1 : idA > idB ? -1 : 0)).map(([id]) => id);

/** The metrics of `evaluate` under their names: `recall@k`, `ndcg@k`, `hit@k` for each k, `map`, `mrr`. */
export function rankingMetrics<Id>(
  ranked: ArrayLike<Id>,
  judged: Judged<Id>,
  ks: readonly number[],
): Record<string, number> {
  const metrics: Record<string, number> = {};
  for (const k of ks) {
    metrics[`recall@${k}`] = recallAt(ranked, judged, k);
    metrics[`ndcg@${k}`] = ndcgAt(ranked, judged, k);
    metrics[`hit@${k}`] = hitAt(ranked, judged, k);
  }
  metrics.map = averagePrecision(ranked, judged);
  metrics.mrr = reciprocalRank(ranked, judged);
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

function hitsWithin<Id>(ranked: ArrayLike<Id>, judged: Judged<Id>, k: number): number {
  let hits = 0;
  const end = Math.min(k, ranked.length);
  for (let i = 0; i < end; i++) if (gainOf(judged, ranked[i] as Id) > 0) hits += 1;
  return hits;
}

const gainOf = <Id>(judged: Judged<Id>, id: Id): number =>
  'get' in judged ? (judged.get(id) ?? 0) : judged.has(id) ? 1 : 0;

const gainsOf = <Id>(judged: Judged<Id>): number[] =>
  'get' in judged ? [...judged.values()] : Array.from(judged, () => 1);

const share = (part: number, whole: number): number => (whole === 0 ? 0 : part / whole);
