import type { Listening } from './listening.ts';

/**
 * What a log says of how long a track was heard: `heard`; only how long it is (`length`), as it was heard to a good part; or
 * `none`, in which case `playedMs` is 0 throughout.
 */
export type PlayedTime = 'heard' | 'length' | 'none';

/** A stretch of listening by some people, real or simulated: what the facts are computed from. */
export interface Sample {
  /** Everybody who played something. */
  readonly listeners: readonly Listening[];
  /** Days that somebody was there, listening or not, summed over people. */
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

/** Plays by artist in the place of track, artists numbered by first appearance; and how many of them were heard. */
export function byArtist(
  listeners: readonly Listening[],
  artistOf: ArrayLike<number>,
): { readonly listeners: readonly Listening[]; readonly artists: number } {
  const rowOf = new Map<number, number>();
  const row = (track: number): number => {
    const artist = artistOf[track];
    if (artist === undefined) throw new Error(`track ${track} has no artist`);
    const known = rowOf.get(artist) ?? rowOf.size;
    rowOf.set(artist, known);
    return known;
  };
  const relabelled = listeners.map((log) => ({ ...log, track: log.track.map(row) }));
  return { listeners: relabelled, artists: rowOf.size };
}
