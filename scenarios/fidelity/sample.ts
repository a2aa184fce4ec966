import { type Listening, spanInDays } from './listening.ts';

/**
 * What a log says of how long a track was heard: `heard`; only how long it is (`length`), as it was heard to a good part; or
 * `none`, in which case `playedMs` is 0 throughout.
 */
export type PlayedTime = 'heard' | 'length' | 'none';

/** A stretch of listening by some people, real or simulated: what the facts are computed from. */
export interface Sample {
  /** Everybody who played something. */
  readonly listeners: readonly Listening[];
  /**
   * Days that somebody was there, listening or not, summed over people: of a run everybody's who had signed up, of a log those from
   * a listener's first play to the last, see {@link knownByPlays}.
   */
  readonly listenerDays: number;
  readonly playedTime: PlayedTime;
  /** Artist by track, where it is known. */
  readonly artistOf: ArrayLike<number> | undefined;
  /** When tracks came out, by track, and the stretch [from, until) of the log, where it is known. */
  readonly releases: Releases | undefined;
}

export interface Releases {
  readonly releasedAt: ArrayLike<number>;
  readonly from: number;
  readonly until: number;
}

/** The same without any played time: sessions then end where no track begins for long. */
export const withoutPlayedTime = (sample: Sample): Sample => ({
  ...sample,
  playedTime: 'none',
  listeners: sample.listeners.map((log) => ({ ...log, playedMs: new Uint32Array(log.playedMs.length) })),
});

/** The same as a log knows it: a listener is there from the day of the first play to that of the last, both included. */
export const knownByPlays = (sample: Sample): Sample => ({
  ...sample,
  listenerDays: sample.listeners.reduce((days, log) => days + spanInDays(log), 0),
});

/**
 * Plays by artist in the place of track, of the `most` artists that each listener played most, as in what is published about
 * concentration. Ties go to whoever was heard first. Artists are numbered by first appearance; and how many of them are left.
 */
export function favouriteArtists(
  listeners: readonly Listening[],
  artistOf: ArrayLike<number>,
  most = 50,
): { readonly listeners: readonly Listening[]; readonly artists: number } {
  const numbers = new Map<number, number>();
  const relabelled = listeners.map((log) => {
    const artists = log.track.map((track) => {
      const artist = artistOf[track];
      if (artist === undefined) throw new Error(`track ${track} has no artist`);
      return artist;
    });
    const favourites = mostOften(artists, most);
    const track = artists.filter((artist) => favourites.has(artist));
    for (const artist of favourites) if (!numbers.has(artist)) numbers.set(artist, numbers.size);
    return { ...log, track: track.map((artist) => numbers.get(artist)!) };
  });
  return { listeners: relabelled, artists: numbers.size };
}

/** The values that occur most often, `most` of them at most. */
function mostOften(values: Uint32Array, most: number): ReadonlySet<number> {
  const times = new Map<number, number>();
  for (const value of values) times.set(value, (times.get(value) ?? 0) + 1);
  if (times.size <= most) return new Set(times.keys());
  const order = [...times].sort(([, a], [, b]) => b - a); // a stable sort
  return new Set(order.slice(0, most).map(([value]) => value));
}
