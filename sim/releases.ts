import type { Streams } from '../engine/core/random.ts';
import { friday, secondsPerDay, startOfDay, weekdayOf } from '../engine/core/time.ts';
import { artistLayout, artistTable } from './actors/artist.ts';
import { type Alias, aliasOf } from './alias.ts';
import { columnOf, columnsOf } from './columns.ts';
import { bell, expExact } from './exact.ts';
import type { WorldOptions } from './options.ts';
import { actorOf } from './steps.ts';

/** Who releases what, when: one entry per track, in order of release. Public facts. */
export interface Releases {
  readonly releasedAt: Int32Array;
  readonly artist: Uint32Array;
  readonly artists: number;
}

/** Releases by weekday, Monday first, relative to an even spread; they sum to 7. Set by hand, as all below. */
const weekdayWeights = [0.6, 0.6, 0.7, 0.8, 3.5, 0.5, 0.3];
/** Of the tracks from before the calendar, the share that came out on a Friday. */
const fridayShare = 0.5;
const oldestDays = 18_000;
/** Share of releases with one track; the others have two to seven. */
const singleShare = 0.6;
/** Share of releases by artists nobody has heard of, and by any artist, known or not. */
const debutShare = 0.12;
const anyArtistShare = 0.1;

interface Release {
  readonly time: number;
  readonly artist: number;
}

/**
 * The catalogue's calendar. The number of tracks older than x days is
 *
 *     N · A / (A + x)      A = N / releasesPerDay
 *
 * so that N tracks exist on day 0 and the releases a day reach `releasesPerDay` there, where the run takes over. Days of
 * the past and of the run are walked one by one with the artists' statecharts; older tracks only get a date.
 */
export function planReleases(
  options: WorldOptions,
  span: { readonly historyDays: number; readonly days: number },
  streams: Streams,
): Releases {
  const halfAgeDays = options.tracks / Math.max(options.releasesPerDay, options.tracks / 3650);
  const roster = createRoster(Math.ceil(options.tracks / options.tracksPerArtist), streams);
  const past: Release[] = [];
  const run: Release[] = [];
  for (let day = -span.historyDays; day < span.days; day++) {
    const isPast = day < 0;
    const slowing = halfAgeDays / (halfAgeDays - Math.min(day, 0));
    const rate = isPast ? (options.tracks / halfAgeDays) * slowing * slowing : options.releasesPerDay;
    const draw = streams('release', actorOf(day));
    // At least one track must be older than the calendar, or the first listeners would have nothing to play.
    const room = isPast ? options.tracks - 1 - past.length : Number.POSITIVE_INFINITY;
    const count = Math.min(room, Math.floor(rate * (weekdayWeights[weekdayOf(day)] ?? 1) + draw()));
    const today: Release[] = [];
    while (today.length < count) {
      // Labels deliver for midnight; some releases come out in the course of the day.
      const second = draw() < 0.6 ? 0 : Math.floor(draw() * secondsPerDay);
      const tracks = Math.min(count - today.length, draw() < singleShare ? 1 : 2 + Math.floor(6 * draw()));
      const release = { time: startOfDay(day) + second, artist: roster.releaseBy(tracks, draw) };
      for (let n = 0; n < tracks; n++) today.push(release);
    }
    const kept = isPast ? past : run;
    for (const release of today.sort((a, b) => a.time - b.time)) kept.push(release);
    roster.endDay();
  }
  const recent = [...past, ...run];
  const older = olderReleases(options.tracks - past.length, span.historyDays, halfAgeDays, roster.popular, streams);
  const tracks = older.releasedAt.length + recent.length;
  const releases = {
    releasedAt: columnOf('int32', tracks),
    artist: columnOf('uint32', tracks),
    artists: roster.size(),
  };
  releases.releasedAt.set(older.releasedAt);
  releases.artist.set(older.artist);
  recent.forEach(({ time, artist }, n) => {
    releases.releasedAt[older.releasedAt.length + n] = time;
    releases.artist[older.artist.length + n] = artist;
  });
  return releases;
}

/** Tracks from before the calendar: their age follows the same law, cut at fifty years. In order of release. */
function olderReleases(
  count: number,
  historyDays: number,
  halfAgeDays: number,
  artists: Alias,
  streams: Streams,
): Omit<Releases, 'artists'> {
  const drawn = new Uint32Array(count);
  // Whole numbers age · count + n, sorted as such: a comparator would take ten times as long.
  const order = Float64Array.from(drawn, (_, n) => {
    const draw = streams('old-release', n);
    const survives = (1 - draw()) * (halfAgeDays / (halfAgeDays + historyDays));
    const ageDays = Math.min(oldestDays, Math.floor((halfAgeDays * (1 - survives)) / survives) + 1);
    const day = -Math.max(ageDays, historyDays + 1);
    const toFriday = draw() < fridayShare ? (weekdayOf(day) - friday + 7) % 7 : 0;
    drawn[n] = artists.draw(draw(), draw());
    return (toFriday - day) * count + n;
  })
    .sort()
    .reverse();
  return {
    releasedAt: Int32Array.from(order, (key) => startOfDay(-Math.floor(key / count))),
    artist: Uint32Array.from(order, (key) => drawn[key % count]!),
  };
}

/** The artists, with their charts: known ones release in proportion to how productive they are, when they are ready. */
function createRoster(known: number, streams: Streams) {
  const capacity = { rows: 0, columns: tableOf(0) };
  let size = 0;
  const ready = artistTable.codeOf('ready');
  const popular = aliasOf(Float64Array.from({ length: known }, (_, a) => expExact(bell(streams('productivity', a)))));
  const join = (): number => {
    const artist = size++;
    if (size > capacity.rows) {
      capacity.rows = Math.max(1024, 2 * size);
      const larger = tableOf(capacity.rows);
      for (const name of ['state', 'restDays', 'daysSinceRelease'] as const) {
        larger[name].set(capacity.columns[name]);
      }
      capacity.columns = larger;
    }
    artistTable.start(capacity.columns, artist);
    capacity.columns.restDays[artist] = 7 + Math.floor(40 * streams('rest', artist)());
    return artist;
  };
  for (let a = 0; a < known; a++) join();
  const choose = (draw: () => number): number => {
    const kind = draw();
    if (kind < debutShare) return join();
    let artist = 0;
    // Nobody ready after a few tries: somebody releases early.
    for (let attempt = 0; attempt < 8; attempt++) {
      artist = kind < debutShare + anyArtistShare ? Math.floor(draw() * size) : popular.draw(draw(), draw());
      if (capacity.columns.state[artist] === ready) break;
    }
    return artist;
  };
  return {
    popular,
    size: () => size,
    releaseBy(tracks: number, draw: () => number): number {
      const artist = choose(draw);
      for (let n = 0; n < tracks; n++) {
        artistTable.step(capacity.columns, artist, artistTable.events['track.released']);
      }
      return artist;
    },
    endDay(): void {
      for (let a = 0; a < size; a++) artistTable.step(capacity.columns, a, artistTable.events['day.ended']);
    },
  };
}

const tableOf = (rows: number) => columnsOf({ ...artistLayout, state: 'uint8' }, rows);
