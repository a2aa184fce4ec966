import type { Matrix } from '../../engine/core/matrix.ts';
import type { Streams } from '../../engine/core/random.ts';
import type { Artists } from '../artists.ts';
import type { WorldOptions } from '../options.ts';
import type { People } from '../people.ts';
import type { Releases } from '../releases.ts';
import type { Sounds } from '../sounds.ts';

/** What a family builds taste from. */
export interface Ingredients {
  readonly options: WorldOptions;
  readonly people: People;
  readonly sounds: Sounds;
  readonly releases: Releases;
  readonly artists: Artists;
  readonly streams: Streams;
}

/**
 * A mechanism of taste. Both matches may have any scale: the world brings each to mean 0 and variance 1 over the tracks of
 * every listener, so that the dial `acousticShare` means the same in all families. Pure; +, −, ·, ÷ and √ only.
 */
export interface Family {
  /** What the listener makes of how the track sounds. */
  sound(listener: number, track: number): number;
  /** What the listener makes of everything else about the track but its fame. */
  hidden(listener: number, track: number): number;
  /** The numbers behind both, by file name, for `truth/`. */
  readonly matrices: Readonly<Record<string, Matrix>>;
}

export type CreateFamily = (ingredients: Ingredients) => Family;
