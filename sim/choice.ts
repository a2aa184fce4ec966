import { noTrack, sourceCode } from '../engine/core/events.ts';
import { wordAt, wordBelow } from '../engine/core/random.ts';
import { type Attention, neighbourhoodOf, newsAbout, poolsOf, trackFrom } from './attention.ts';
import { type Charts, chartLength } from './charts.ts';
import { isKept, type Library, libraryCapacity, scoreOf, trackOf } from './library.ts';
import type { Moment } from './moment.ts';
import { olderFavourite, olderFavourites, poolFor } from './older-favourites.ts';
import type { Stage } from './stage.ts';
import type { Truth } from './truth.ts';

/** What a listener plays next and where it came from; overwritten from choice to choice. */
export interface Choice {
  track: number;
  source: number;
  /** True utility in 1/4096, as far as the listener knows it. */
  score: number;
}

/** What a choice is made in: the immutable stage, the day's taste and talk, what the listeners have come to. */
export interface Surroundings {
  readonly stage: Stage;
  readonly truth: Truth;
  readonly attention: Attention;
  readonly library: Library;
  readonly charts: Charts;
  readonly moment: Moment;
}

/** Which ways to music are open: a shadow session leaves out the library, where nothing new is met. */
export type Openness = 'everything' | 'discovery';

/**
 * The words of a position: which way, of which the low half belongs to the slate; where it leads, up to four; two for the reaction
 * to what is known; what becomes of the library.
 */
export const positionWords = { way: 0, first: 1, second: 2, reaction: 5, library: 7 } as const;

/**
 * Least share of discovery, and how much more an explorer's is.
 * Set by hand against `repeatShare` of scenarios/fidelity/targets.ts.
 */
const leastDiscovery = 0.18;
const explorersDiscovery = 0.5;
/** Of discovery: up to which part of it is search, up to which the news of followed artists; the rest is charts. Set by hand. */
const searchEnd = 0.4;
const newsEnd = 0.75;

/** Where search, news and charts end, of 65,536, for a share of discovery. */
const waysFor = (discovery: number): number[] =>
  [searchEnd, newsEnd, 1].map((end) => Math.round(65_536 * discovery * end));
/** The same for listeners by how much they explore: row-major [256 × 3]; and in the 257th row for who does nothing else. */
const ways = Uint32Array.from(
  [...Array.from({ length: 256 }, (_, e) => leastDiscovery + (explorersDiscovery * e) / 255), 1].flatMap(waysFor),
);
const onlyDiscovery = 256;

/** Of what is known: the share that goes on with the artist who has just been heard. In 65,536ths. Set by hand. */
const goesOn = 0.42 * 65_536;

/**
 * One organic choice: from the library, the artist just heard, the charts, the news of a followed artist, or a search. How much
 * of it is discovery depends on the listener; a way that is closed (no library yet, no charts, no news) becomes a search.
 * `track` is {@link noTrack} when there is nothing to play.
 *
 * @param last     what was played last, or {@link noTrack}.
 * @param word0    number of the first word of the position.
 */
export function chooseOrganic(
  surroundings: Surroundings,
  listener: number,
  last: number,
  openness: Openness,
  key0: number,
  key1: number,
  word0: number,
  choice: Choice,
): void {
  const { stage } = surroundings;
  const row = 3 * (openness === 'discovery' ? onlyDiscovery : stage.people.explore[listener]!);
  const way = wordAt(key0, key1, word0 + positionWords.way) >>> 16;
  if (way >= ways[row]!) {
    const first = wordAt(key0, key1, word0 + positionWords.first);
    if (way >= ways[row + 2]!) {
      const second = wordAt(key0, key1, word0 + positionWords.second);
      if (last !== noTrack && (second & 0xffff) < goesOn && nextOfArtist(surroundings, listener, last, choice)) return;
      if (fromLibrary(surroundings, listener, choice)) return;
    } else if (way < ways[row + 1]!) {
      if (fromNews(surroundings, listener, first, choice)) return;
    } else if (fromCharts(surroundings, listener, first, choice)) return;
  }
  bySearch(surroundings, listener, key0, key1, word0, choice);
}

/**
 * The next track of the library, which is gone through in turn: what was kept, then what one has known for years. Taste that drifts
 * asks again.
 */
function fromLibrary({ stage, truth, library, moment }: Surroundings, listener: number, choice: Choice): boolean {
  const { items, size, turn } = library;
  const kept = size[listener]!;
  const known = kept + (stage.memories.released > 0 ? olderFavourites : 0);
  if (known === 0) return false;
  const place = turn[listener]! < known ? turn[listener]! : 0;
  turn[listener] = place + 1;
  choice.source = sourceCode.library;
  if (place >= kept) {
    choice.track = olderFavourite(stage, library, listener, place - kept);
    choice.score = truth.liking(listener, choice.track, moment);
  } else {
    const item = items[listener * libraryCapacity + place]!;
    choice.track = trackOf(item);
    choice.score = truth.isDrifting ? truth.score(listener, choice.track) : scoreOf(item);
  }
  return true;
}

/** The track that the artist released after `last`, where it is out: an album, or all that they ever made. */
function nextOfArtist(
  { stage, truth, attention, moment }: Surroundings,
  listener: number,
  last: number,
  choice: Choice,
): boolean {
  const track = stage.nextTrack(last);
  if (track >= attention.released) return false;
  choice.track = track;
  choice.source = sourceCode.artist;
  choice.score = truth.liking(listener, track, moment);
  return true;
}

/** The latest release of the artist of a kept track, where it is news and not kept yet. */
function fromNews(
  { stage, truth, attention, library, moment }: Surroundings,
  listener: number,
  word: number,
  choice: Choice,
): boolean {
  const kept = library.size[listener]!;
  if (kept === 0) return false;
  const item = library.items[listener * libraryCapacity + wordBelow(word, kept)]!;
  const track = newsAbout(attention, stage.releases.artist, trackOf(item));
  if (track === noTrack || isKept(library, listener, track)) return false;
  choice.track = track;
  choice.source = sourceCode.artist;
  choice.score = truth.liking(listener, track, moment);
  return true;
}

/** Somewhere on yesterday's chart of the listener's region, more likely near the top. */
function fromCharts(
  { stage, truth, charts, moment }: Surroundings,
  listener: number,
  word: number,
  choice: Choice,
): boolean {
  const u = word >>> 16;
  const place = Math.floor((u * u * chartLength) / 2 ** 32);
  const track = charts.tracks[stage.arrivals.region[listener]! * chartLength + place]!;
  if (track === noTrack) return false;
  choice.track = track;
  choice.source = sourceCode.charts;
  choice.score = truth.liking(listener, track, moment);
  return true;
}

/** Tracks that a search, a radio or a friend brings up; the listener takes the one liked best. */
const searchCandidates = 3;
const found = new Uint32Array(searchCandidates);

/**
 * Candidates come up by how much the world talks about them: a third from everywhere, the others from the listener's
 * favourite scenes. So a track is found more often the more famous, the newer and the better liked it is.
 */
function bySearch(
  { stage, truth, attention, moment }: Surroundings,
  listener: number,
  key0: number,
  key1: number,
  word0: number,
  choice: Choice,
): void {
  choice.source = sourceCode.search;
  choice.track = noTrack;
  if (attention.released === 0) return;
  // All are looked up before the first is judged: memory then fetches them side by side.
  const pools = poolsOf(attention, neighbourhoodOf(attention, listener));
  for (let n = 0; n < searchCandidates; n++) {
    const word = wordAt(key0, key1, word0 + positionWords.first + n);
    found[n] = trackFrom(attention, pools + poolFor(stage, listener, word), word);
  }
  choice.score = -0x8000_0000;
  for (let n = 0; n < searchCandidates; n++) {
    const score = truth.liking(listener, found[n]!, moment);
    if (score <= choice.score) continue;
    choice.score = score;
    choice.track = found[n]!;
  }
}
