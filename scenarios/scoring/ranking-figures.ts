import { type EventColumns, kindCode, sourceCode } from '../../engine/core/events.ts';
import type { Truth } from '../../sim/truth.ts';
import { type Segment, segments } from '../schema.ts';
import { gini } from './gini.ts';
import { averagePrecision, foundAt, hitAt, ndcgAt, recallAt, reciprocalRank } from './ranking.ts';
import type { Figure } from './rows.ts';
import { type Panel, pairIsIn, type Segmentation, SegmentMeans } from './segments.ts';
import type { TrueFavourites } from './true-favourites.ts';

const cutoffs = [10, 50, 200] as const;
/** As deep as any score looks, whatever the arms' lists hold. */
export const longest = 200;

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

/** The first {@link longest} of every listener's unheard tracks by true utility; ties by index. */
export function rankByTruth(
  truth: Pick<Truth, 'utility'>,
  favourites: TrueFavourites,
  panel: Panel,
  trackCount: number,
  hasHeard: (listener: number, track: number) => boolean,
): OracleLists {
  const best = Array.from(panel.listeners, (listener) =>
    favourites.best(listener, longest, (track) => track < trackCount && !hasHeard(listener, track)),
  );
  return {
    tracks: best.map(({ tracks }) => tracks),
    utilities: best.map(({ utilities }) => utilities),
    utility: (i, track) => truth.utility(panel.listeners[i]!, track),
  };
}

/** Running means of one figure for each cut-off. */
const meansByCutoff = (): { readonly k: number; readonly means: SegmentMeans }[] =>
  cutoffs.map((k) => ({ k, means: new SegmentMeans() }));

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
  const recall = meansByCutoff();
  const regret = meansByCutoff();
  const isNew = newTracks(segmentation);
  const places = createPlaces(segmentation.trackCount);
  panel.listeners.forEach((listener, i) => {
    const served = rankings[i]!.subarray(0, longest);
    const best = oracle.tracks[i]!;
    const isNewUser = segmentation.isNewUser(listener);
    places.take(served);
    for (const { k, means } of recall) {
      // How many are relevant and how many of them are found, among known tracks and among new ones.
      const relevant = [0, 0];
      const found = [0, 0];
      const end = Math.min(k, best.length);
      for (let n = 0; n < end; n++) {
        const kind = isNew[best[n]!]!;
        relevant[kind]! += 1;
        if (places.of(best[n]!) < k) found[kind]! += 1;
      }
      for (const segment of segments) {
        if (!panel.isOn(segment, i)) continue;
        let total = 0;
        let hits = 0;
        for (const kind of trackKinds) {
          if (!pairIsIn(segment, isNewUser, kind === 1)) continue;
          total += relevant[kind]!;
          hits += found[kind]!;
        }
        if (total > 0) means.add(segment, hits / total);
      }
    }
    const most = prefixSums(best.length, (n) => oracle.utilities[i]![n]!);
    const got = prefixSums(served.length, (n) => oracle.utility(i, served[n]!));
    for (const { k, means } of regret) {
      const possible = most[Math.min(k, best.length)]!;
      if (possible <= 0) continue;
      const lost = 1 - got[Math.min(k, served.length)]! / possible;
      for (const segment of ['all', 'newUser'] as const) {
        if (panel.isOn(segment, i) && (segment === 'all' || isNewUser)) means.add(segment, lost);
      }
    }
  });
  return cutoffs.flatMap((k, at) => [
    ...[...recall[at]!.means].map((mean) => ({ metric: `oracleRecall@${k}`, ...mean })),
    ...[...regret[at]!.means].map((mean) => ({ metric: `regret@${k}`, ...mean })),
  ]);
}

/** Known and new tracks. */
const trackKinds: readonly number[] = [0, 1];

/** 1 for tracks that are new [tracks of the catalogue]. */
const newTracks = ({ trackCount, isNewTrack }: Segmentation): Uint8Array =>
  Uint8Array.from({ length: trackCount }, (_, track) => (isNewTrack(track) ? 1 : 0));

/** s[n] = the sum of the first n values [length + 1]. */
function prefixSums(length: number, value: (n: number) => number): Float64Array {
  const sums = new Float64Array(length + 1);
  for (let n = 0; n < length; n++) sums[n + 1] = sums[n]! + value(n);
  return sums;
}

/** Looks up the place of a track in the list taken last, in constant time; memory is taken once for a catalogue. */
function createPlaces(trackCount: number) {
  const place = new Uint32Array(trackCount);
  const takenBy = new Uint32Array(trackCount);
  let taken = 0;
  return {
    take(list: Uint32Array): void {
      taken += 1;
      for (let at = 0; at < list.length; at++) {
        place[list[at]!] = at;
        takenBy[list[at]!] = taken;
      }
    },
    /** Infinity for a track that is not in the list. */
    of: (track: number): number => (takenBy[track] === taken ? place[track]! : Number.POSITIVE_INFINITY),
  };
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
    const listener = shadow.user[row]!;
    const track = shadow.track[row]!;
    if (shadow.kind[row] !== kindCode.play || track >= trackCount) continue;
    // The shadow may be that of a larger panel.
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
  const isNew = newTracks(segmentation);
  const places = createPlaces(segmentation.trackCount);
  panel.listeners.forEach((listener, i) => {
    const isNewUser = segmentation.isNewUser(listener);
    const played = [...relevantOf.get(listener)!];
    if (played.length === 0) return;
    places.take(rankings[i]!);
    for (const segment of segments) {
      if (!panel.isOn(segment, i)) continue;
      const relevant = played.filter((track) => pairIsIn(segment, isNewUser, isNew[track] === 1));
      if (relevant.length === 0) continue;
      const found = foundAt(relevant.map(places.of).filter(Number.isFinite), relevant.length);
      for (const k of cutoffs) {
        add(`recall@${k}`, segment, recallAt(found, k));
        add(`ndcg@${k}`, segment, ndcgAt(found, k));
        add(`map@${k}`, segment, averagePrecision(found, k));
        add(`hit@${k}`, segment, hitAt(found, k));
      }
      add('mrr', segment, reciprocalRank(found));
    }
  });
  return [...means].flatMap(([metric, cells]) => [...cells].map((mean) => ({ metric, ...mean })));
}

/** How many slots each track has over all rankings [trackCount]. */
export function slotsOf(rankings: Rankings, trackCount: number): Float64Array {
  const slots = new Float64Array(trackCount);
  for (const ranking of rankings) for (const track of ranking) slots[track]! += 1;
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

/**
 * What the listening of a day says: how much true utility plays had, how much was skipped, how much came from slates. Takes
 * the day's log in its order, stretch by stretch.
 */
export class ListeningScore {
  readonly #truth: Truth;
  readonly #segmentation: Segmentation;
  readonly #satisfaction = new SegmentMeans();
  readonly #skips = new SegmentMeans();
  readonly #fromSlate = new SegmentMeans();

  constructor(truth: Truth, segmentation: Segmentation) {
    this.#truth = truth;
    this.#segmentation = segmentation;
  }

  add(events: EventColumns): void {
    for (let row = 0; row < events.length; row++) {
      const kind = events.kind[row];
      if (kind !== kindCode.play && kind !== kindCode.skip) continue;
      const listener = events.user[row]!;
      const track = events.track[row]!;
      const isPlay = kind === kindCode.play;
      const utility = isPlay ? this.#truth.utility(listener, track) : 0;
      const isNewUser = this.#segmentation.isNewUser(listener);
      const isNewTrack = this.#segmentation.isNewTrack(track);
      for (const segment of segments) {
        if (!pairIsIn(segment, isNewUser, isNewTrack)) continue;
        this.#skips.add(segment, isPlay ? 0 : 1);
        if (!isPlay) continue;
        this.#satisfaction.add(segment, utility);
        this.#fromSlate.add(segment, events.source[row] === sourceCode.slate ? 1 : 0);
      }
    }
  }

  figures(): Figure[] {
    // Skips per play, as the field reports it: s / (1 − s) of the share s of skips among all starts.
    return [
      ...[...this.#satisfaction].map((mean) => ({ metric: 'satisfaction', ...mean })),
      ...[...this.#skips].flatMap(({ segment, value, n }) =>
        value < 1 ? [{ segment, metric: 'skipRate', value: value / (1 - value), n: Math.round(n * (1 - value)) }] : [],
      ),
      ...[...this.#fromSlate].map((mean) => ({ metric: 'algorithmicShare', ...mean })),
    ];
  }
}
