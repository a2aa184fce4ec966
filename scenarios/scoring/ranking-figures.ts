import { type EventColumns, kindCode, sourceCode } from '../../engine/core/events.ts';
import type { Truth } from '../../sim/truth.ts';
import { type Segment, segments } from '../schema.ts';
import { averagePrecision, hitAt, ndcgAt, recallAt, reciprocalRank } from './ranking.ts';
import type { Figure } from './rows.ts';
import { type Panel, pairIsIn, type Segmentation, SegmentMeans } from './segments.ts';

const cutoffs = [10, 50, 200] as const;
const longest = 200;

/** What is scored: for each panel listener, in panel order, the ranked tracks that would be served. */
export type Rankings = readonly Uint32Array[];

/** The truly best unheard tracks of each panel listener, best first: what the oracle would serve, and its ranking. */
export interface OracleLists {
  readonly tracks: Rankings;
  /** Utility of each track in `tracks`. */
  readonly utilities: readonly Float64Array[];
  /** True utility of a track for panel listener i. */
  utility(i: number, track: number): number;
}

/** The first 200 of every listener's unheard tracks by true utility; ties by index. */
export function rankByTruth(
  truth: Truth,
  panel: Panel,
  trackCount: number,
  hasHeard: (listener: number, track: number) => boolean,
): OracleLists {
  const utilities = new Float64Array(trackCount);
  const tracks: Uint32Array[] = [];
  const best: Float64Array[] = [];
  for (const listener of panel.listeners) {
    truth.utilities(listener, trackCount, utilities);
    for (let track = 0; track < trackCount; track++) {
      if (hasHeard(listener, track)) utilities[track] = Number.NEGATIVE_INFINITY;
    }
    // Sorting bare numbers finds the bar quickly; only what is above it is sorted with a comparison.
    const bar = utilities.slice().sort().at(-longest) ?? Number.NEGATIVE_INFINITY;
    const above: number[] = [];
    for (let track = 0; track < trackCount; track++) {
      const utility = utilities[track] ?? Number.NEGATIVE_INFINITY;
      if (utility >= bar && utility > Number.NEGATIVE_INFINITY) above.push(track);
    }
    above.sort((a, b) => (utilities[b] ?? 0) - (utilities[a] ?? 0) || a - b);
    const top = Uint32Array.from(above.slice(0, longest));
    tracks.push(top);
    best.push(Float64Array.from(top, (track) => utilities[track] ?? 0));
  }
  return {
    tracks,
    utilities: best,
    utility: (i, track) => truth.utility(panel.listeners[i] ?? 0, track),
  };
}

/**
 * `oracleRecall@k`: of the listener's k truly best unheard tracks, those in the segment; the share of them among the
 * first k served. `regret@k`: 1 − (true utility of the first k served) / (of the oracle's first k), for segments that
 * are defined by the listener alone. Listeners with nothing relevant are skipped.
 */
export function scoreAgainstTruth(
  rankings: Rankings,
  oracle: OracleLists,
  panel: Panel,
  segmentation: Segmentation,
): Figure[] {
  const figures: Figure[] = [];
  for (const k of cutoffs) {
    const recall = new SegmentMeans();
    const regret = new SegmentMeans();
    panel.listeners.forEach((listener, i) => {
      const served = (rankings[i] ?? new Uint32Array()).subarray(0, k);
      const best = (oracle.tracks[i] ?? new Uint32Array()).subarray(0, k);
      const isNewUser = segmentation.isNewUser(listener);
      const found = new Set(served);
      for (const segment of segments) {
        if (!panel.isOn(segment, i)) continue;
        const relevant = best.filter((track) => pairIsIn(segment, isNewUser, segmentation.isNewTrack(track)));
        if (relevant.length > 0) recall.add(segment, relevant.filter((t) => found.has(t)).length / relevant.length);
      }
      let most = 0;
      for (const utility of (oracle.utilities[i] ?? new Float64Array()).subarray(0, k)) most += utility;
      let got = 0;
      for (const track of served) got += oracle.utility(i, track);
      if (most <= 0) return;
      for (const segment of ['all', 'newUser'] as const) {
        if (panel.isOn(segment, i) && (segment === 'all' || isNewUser)) regret.add(segment, 1 - got / most);
      }
    });
    for (const mean of recall) figures.push({ metric: `oracleRecall@${k}`, ...mean });
    for (const mean of regret) figures.push({ metric: `regret@${k}`, ...mean });
  }
  return figures;
}

/**
 * For each panel listener, the tracks unheard before that a shadow session played to satisfaction. What came out after the
 * refresh is left out: no list could hold it.
 */
export function relevantInShadow(
  shadow: EventColumns,
  panel: Panel,
  trackCount: number,
  hasHeard: (listener: number, track: number) => boolean,
): ReadonlyMap<number, ReadonlySet<number>> {
  const relevant = new Map<number, Set<number>>();
  for (const listener of panel.listeners) relevant.set(listener, new Set());
  for (let row = 0; row < shadow.length; row++) {
    const listener = shadow.user[row] ?? 0;
    const track = shadow.track[row] ?? 0;
    if (shadow.kind[row] !== kindCode.play || track >= trackCount) continue;
    if (!hasHeard(listener, track)) relevant.get(listener)?.add(track);
  }
  return relevant;
}

/**
 * Full-catalogue ranking metrics by trec_eval's conventions against the shadow sessions. Listeners with nothing relevant
 * in a segment are skipped there.
 */
export function scoreAgainstShadow(
  rankings: Rankings,
  relevantOf: ReadonlyMap<number, ReadonlySet<number>>,
  panel: Panel,
  segmentation: Segmentation,
): Figure[] {
  const means = new Map<string, SegmentMeans>();
  const add = (metric: string, segment: Segment, value: number): void => {
    const cell = means.get(metric) ?? new SegmentMeans();
    means.set(metric, cell);
    cell.add(segment, value);
  };
  panel.listeners.forEach((listener, i) => {
    const ranking = rankings[i] ?? new Uint32Array();
    const isNewUser = segmentation.isNewUser(listener);
    const played = [...(relevantOf.get(listener) ?? [])];
    for (const segment of segments) {
      if (!panel.isOn(segment, i)) continue;
      const relevant = new Set(played.filter((t) => pairIsIn(segment, isNewUser, segmentation.isNewTrack(t))));
      if (relevant.size === 0) continue;
      for (const k of cutoffs) {
        add(`recall@${k}`, segment, recallAt(ranking, relevant, k));
        add(`ndcg@${k}`, segment, ndcgAt(ranking, relevant, k));
        add(`map@${k}`, segment, averagePrecision(ranking, relevant, k));
        add(`hit@${k}`, segment, hitAt(ranking, relevant, k));
      }
      add('mrr', segment, reciprocalRank(ranking, relevant));
    }
  });
  return [...means].flatMap(([metric, cells]) => [...cells].map((mean) => ({ metric, ...mean })));
}

/** How many slots each track has over all rankings [trackCount]. */
export function slotsOf(rankings: Rankings, trackCount: number): Float64Array {
  const slots = new Float64Array(trackCount);
  for (const ranking of rankings) for (const track of ranking) slots[track] = (slots[track] ?? 0) + 1;
  return slots;
}

/**
 * How the slots of all lists are spread: `newTrackShare` of them goes to new tracks, `coverage` is the share of the
 * catalogue that is in at least one list, `gini` over tracks.
 *
 * @param slots how many slots each track has [tracks of the catalogue].
 */
export function scoreExposure(slots: Float64Array, segmentation: Segmentation): Figure[] {
  const n = slots.length;
  let total = 0;
  let fresh = 0;
  let shown = 0;
  slots.forEach((count, track) => {
    total += count;
    if (segmentation.isNewTrack(track)) fresh += count;
    if (count > 0) shown += 1;
  });
  if (total === 0) return [];
  return [
    { segment: 'all', metric: 'newTrackShare', value: fresh / total, n: total },
    { segment: 'all', metric: 'coverage', value: shown / n, n },
    { segment: 'all', metric: 'gini', value: gini(slots), n },
  ];
}

/** Gini coefficient of non-negative amounts: 0 when all are equal, towards 1 when one has everything. */
export function gini(amounts: Float64Array): number {
  const sorted = amounts.slice().sort();
  let sum = 0;
  let weighted = 0;
  sorted.forEach((amount, i) => {
    sum += amount;
    weighted += (i + 1) * amount;
  });
  const n = sorted.length;
  return sum === 0 ? 0 : (2 * weighted) / (n * sum) - (n + 1) / n;
}

/** What the listening of a day says: how much true utility plays had, how much was skipped, how much came from slates. */
export function scoreListening(events: EventColumns, truth: Truth, segmentation: Segmentation): Figure[] {
  const satisfaction = new SegmentMeans();
  const skips = new SegmentMeans();
  const fromSlate = new SegmentMeans();
  for (let row = 0; row < events.length; row++) {
    const kind = events.kind[row];
    if (kind !== kindCode.play && kind !== kindCode.skip) continue;
    const listener = events.user[row] ?? 0;
    const track = events.track[row] ?? 0;
    const isPlay = kind === kindCode.play;
    const utility = isPlay ? truth.utility(listener, track) : 0;
    const isNewUser = segmentation.isNewUser(listener);
    const isNewTrack = segmentation.isNewTrack(track);
    for (const segment of segments) {
      if (!pairIsIn(segment, isNewUser, isNewTrack)) continue;
      skips.add(segment, isPlay ? 0 : 1);
      if (!isPlay) continue;
      satisfaction.add(segment, utility);
      fromSlate.add(segment, events.source[row] === sourceCode.slate ? 1 : 0);
    }
  }
  // Skips per play, as the field reports it: s / (1 − s) of the share s of skips among all starts.
  return [
    ...[...satisfaction].map((mean) => ({ metric: 'satisfaction', ...mean })),
    ...[...skips].flatMap(({ segment, value, n }) =>
      value < 1 ? [{ segment, metric: 'skipRate', value: value / (1 - value), n: Math.round(n * (1 - value)) }] : [],
    ),
    ...[...fromSlate].map((mean) => ({ metric: 'algorithmicShare', ...mean })),
  ];
}
