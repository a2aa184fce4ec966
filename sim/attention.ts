import { noTrack } from '../engine/core/events.ts';
import { dayOf, startOfDay } from '../engine/core/time.ts';
import { type TrackColumns, trackLayout, trackTable } from './actors/track.ts';
import type { Artists } from './artists.ts';
import { columnOf, columnsOf } from './columns.ts';
import { expExact } from './exact.ts';
import type { WorldOptions } from './options.ts';
import type { Releases } from './releases.ts';

/**
 * What the world talks about on one day, wherever people look for music; recommendations play no part in it but where talk follows
 * what is played. A pool holds each track as often as it is talked about, so that one random index draws a track in proportion.
 * Plain data in shared memory.
 */
export interface Attention {
  /** Tracks out by the start of the day. */
  readonly released: number;
  /**
   * Row-major [neighbourhoods × (1 + scenes) × 512]: of all tracks, then of each scene's; of all where a scene has none yet.
   * Neighbourhoods differ in what of the less famous they happen to speak.
   */
  readonly pools: Uint32Array;
  /** How many neighbourhoods there are, a power of two, and pools in each. */
  readonly neighbourhoods: number;
  readonly perNeighbourhood: number;
  /** Tracks from this one on came out in the last {@link newsDays} days. */
  readonly newFrom: number;
  /** By artist, the latest of what they released in these days; {@link noTrack} for most. */
  readonly news: Uint32Array;
  /** One bit for each track, set where its artist has news: what is asked most is answered without a look at the artist. */
  readonly hasNews: Uint8Array;
}

/** What the artist of a track released of late, or {@link noTrack}. */
export const newsAbout = ({ news, hasNews }: Attention, artist: Uint32Array, track: number): number =>
  (hasNews[track >>> 3]! >>> (track & 7)) & 1 ? news[artist[track]!]! : noTrack;

/** A pool is short enough for those of a neighbourhood, and what they tell of, to stay in a processor's cache. */
const poolBits = 9;

/** So many listeners in a row live in one neighbourhood. */
const neighbours = 8192;

/** Where a listener lives. */
export const neighbourhoodOf = ({ neighbourhoods }: Attention, listener: number): number =>
  Math.floor(listener / neighbours) & (neighbourhoods - 1);

/** The first pool of a neighbourhood, for {@link trackFrom}: of everything; after it those of the scenes. */
export const poolsOf = ({ perNeighbourhood }: Attention, neighbourhood: number): number =>
  neighbourhood * perNeighbourhood;

/** The same from one of 16 parts of a pool; each speaks of the tracks of a time of its own. */
export const trackFromPart = ({ pools }: Attention, pool: number, part: number, word: number): number =>
  pools[(pool << poolBits) | (part << (poolBits - 4)) | (word >>> (36 - poolBits))]!;

/** The track that a random word draws from pool `pool`; some track must be out. */
export const trackFrom = ({ pools }: Attention, pool: number, word: number): number =>
  pools[(pool << poolBits) | (word >>> (32 - poolBits))]!;

/** Days kept: two arms that run day by day ask for the same one. */
const kept = 4;

/** As many neighbourhoods as it takes to speak of every track of day 0 now and then, at most 256. */
const neighbourhoodsFor = (tracks: number): number =>
  2 ** Math.max(0, Math.min(8, Math.ceil(Math.log2((4 * tracks) >> poolBits))));

/** A release is news for so long. */
const newsDays = 10;

/** ⌊log₂ x⌋ of a whole number x ≥ 1. */
const log2 = (x: number): number => 31 - Math.clz32(x);

interface Ingredients {
  readonly releases: Releases;
  readonly artists: Artists;
  /** `contagion` 0 where people do not talk of what others play. */
  readonly options: Pick<WorldOptions, 'popularityExponent' | 'scenes' | 'tracks' | 'contagion'>;
  /** A uniform number of one day and pool: where its pool begins to count. */
  offset(day: number, pool: number): number;
}

/**
 * The attention of each day, computed from the tracks' statecharts: a pure function of the day, remembered for a few, and, with
 * contagion, of yesterday's plays. A track's weight is fixed-point attention times e^(exponent · fame).
 */
export function createAttention({
  releases,
  artists,
  options,
  offset,
}: Ingredients): (day: number, played?: Uint32Array) => Attention {
  const { scenes, popularityExponent, contagion } = options;
  // By fame in 1/256: it is the sum of two bells, which end at 3.5, over √2.
  const most = Math.ceil(Math.SQRT2 * 3.5 * 256);
  const famous = Float64Array.from({ length: 2 * most }, (_, i) =>
    Math.round(1000 * expExact((popularityExponent * (i - most)) / 256)),
  );
  const neighbourhoods = neighbourhoodsFor(options.tracks);
  const lives = createLives(releases);
  const days = new Map<number, Attention>();
  return (day, played) => {
    if (played && contagion > 0) return attentionOn(day, played);
    const known = days.get(day);
    if (known) return known;
    const attention = attentionOn(day);
    days.set(day, attention);
    for (const oldest of days.keys()) if (days.size > kept) days.delete(oldest);
    return attention;
  };

  function attentionOn(day: number, played?: Uint32Array): Attention {
    const { released, columns } = lives.on(day);
    const perNeighbourhood = 1 + scenes;
    const pools = columnOf('uint32', (neighbourhoods * perNeighbourhood) << poolBits);
    const attention = { released, pools, neighbourhoods, perNeighbourhood, ...newsOn(day, released) };
    if (released === 0) return attention;
    const weights = new Float64Array(released);
    const totals = new Float64Array(perNeighbourhood);
    for (let t = 0; t < released; t++) {
      const weight =
        famous[(artists.fame[t]! >> 4) + most]! *
        columns.attention[t]! *
        (played ? 1 + contagion * log2(1 + played[t]!) : 1);
      weights[t] = weight;
      totals[0]! += weight;
      totals[1 + artists.trackScene[t]!]! += weight;
    }
    const offsets = totals.map((_, pool) => offset(day, pool));
    fillPools(attention, { weights, totals, offsets, trackScene: artists.trackScene });
    return attention;
  }

  function newsOn(day: number, released: number): Pick<Attention, 'news' | 'hasNews' | 'newFrom'> {
    const news = columnOf('uint32', releases.artists).fill(noTrack);
    const since = startOfDay(day - newsDays);
    let first = released;
    while (first > 0 && releases.releasedAt[first - 1]! > since) first--;
    for (let t = first; t < released; t++) news[releases.artist[t]!] = t;
    const hasNews = columnOf('uint8', (released + 7) >>> 3);
    for (let t = 0; t < released; t++) if (news[releases.artist[t]!] !== noTrack) hasNews[t >>> 3]! |= 1 << (t & 7);
    return { news, hasNews, newFrom: first };
  }
}

/**
 * Systematic sampling: sample i of all neighbourhoods together is the track in whose stretch of the cumulated weights
 * (i + u) · total / size lies, and goes to neighbourhood i mod n. So each of them is a systematic sample as well: a track's share
 * of a pool differs from its share of the weights by less than one entry; by chance, over neighbourhoods and days, by nothing.
 */
function fillPools(
  { pools, neighbourhoods, perNeighbourhood }: Attention,
  {
    weights,
    totals,
    offsets,
    trackScene,
  }: {
    readonly weights: Float64Array;
    readonly totals: Float64Array;
    readonly offsets: Float64Array;
    readonly trackScene: Uint8Array;
  },
): void {
  const size = neighbourhoods << poolBits;
  // Sampled one after the other, then dealt out: neighbourhoods lie too far apart in memory to be written to in turn.
  const samples = Array.from(totals, () => new Uint32Array(size));
  const filled = new Uint32Array(perNeighbourhood);
  const sums = new Float64Array(perNeighbourhood);
  const steps = totals.map((total) => total / size);
  const next = steps.map((step, pool) => step * offsets[pool]!);
  const put = (pool: number, track: number, end: number): void => {
    const sample = samples[pool]!;
    const step = steps[pool]!;
    let n = filled[pool]!;
    let at = next[pool]!;
    for (; n < size && at < end; n++) {
      sample[n] = track;
      at += step;
    }
    filled[pool] = n;
    next[pool] = at;
  };
  const add = (pool: number, track: number): void => {
    sums[pool]! += weights[track]!;
    put(pool, track, sums[pool]!);
  };
  for (let t = 0; t < weights.length; t++) {
    add(0, t);
    add(1 + trackScene[t]!, t);
  }
  for (let pool = 0; pool < perNeighbourhood; pool++) {
    // What rounding left over belongs to the last track; a scene that has none yet is talked about like everything.
    if (totals[pool] !== 0) put(pool, weights.length - 1, Number.POSITIVE_INFINITY);
    const sample = totals[pool] !== 0 ? samples[pool]! : samples[0]!;
    for (let neighbourhood = 0; neighbourhood < neighbourhoods; neighbourhood++) {
      const from = (neighbourhood * perNeighbourhood + pool) << poolBits;
      for (let i = 0; i < 1 << poolBits; i++) pools[from + i] = sample[i * neighbourhoods + neighbourhood]!;
    }
  }
}

/** The tracks' charts, moved from day to day; asked for an earlier day they begin again. */
function createLives(releases: Releases) {
  const tracks = releases.releasedAt.length;
  let columns = tracksAtRest(tracks);
  let released = 0;
  let today = Number.NaN;
  const { step, events } = trackTable;
  const releaseDue = (): void => {
    for (; released < tracks && releases.releasedAt[released]! <= startOfDay(today); released++) {
      step(columns, released, events['track.released']);
      // Older than the first day asked for: live through the days since the release.
      const age = today - dayOf(releases.releasedAt[released]! + 86_399);
      for (let d = 0; d < Math.min(age, 365); d++) step(columns, released, events['day.ended']);
    }
  };
  return {
    on(day: number): { readonly released: number; readonly columns: TrackColumns } {
      if (!(day >= today)) {
        columns = tracksAtRest(tracks);
        released = 0;
        today = day;
        releaseDue();
      }
      while (today < day) {
        for (let t = 0; t < released; t++) step(columns, t, events['day.ended']);
        today++;
        releaseDue();
      }
      return { released, columns };
    },
  };
}

function tracksAtRest(tracks: number): TrackColumns {
  const columns = columnsOf({ ...trackLayout, state: 'uint8' }, tracks, ArrayBuffer);
  for (let t = 0; t < tracks; t++) trackTable.start(columns, t);
  return columns;
}
