import type { Matrix } from '../../engine/core/matrix.ts';
import type { KeyedStreams } from '../../engine/core/random.ts';
import type { Artists } from '../artists.ts';
import type { Moment } from '../moment.ts';
import type { WorldOptions } from '../options.ts';
import type { People } from '../people.ts';
import type { Releases } from '../releases.ts';
import type { Sounds } from '../sounds.ts';
import type { TrackRows } from '../track-rows.ts';

/** What a family draws taste from. */
export interface Ingredients {
  readonly options: WorldOptions;
  readonly people: People;
  readonly sounds: Sounds;
  readonly releases: Releases;
  readonly artists: Artists;
  /** Of scenes, artists and tracks: what all listeners have in common. */
  readonly streams: KeyedStreams;
  /** Of what is one listener's own. */
  readonly personal: KeyedStreams;
}

/** What a family's matches are computed from beside its own numbers. */
export interface Surroundings {
  readonly people: Pick<People, 'scenes' | 'explore'>;
  readonly releases: Pick<Releases, 'artist'>;
  readonly trackScene: Uint8Array;
  /** The family's qualities, and more, by track. */
  readonly rows: TrackRows;
  /** Of what is one listener's own. */
  readonly personal: KeyedStreams;
  /** What both tastes and rows lie in, where {@link Family.settle} has moved them. */
  readonly memory?: WebAssembly.Memory | undefined;
}

/** Small integers in shared memory, a few for every listener. */
export type TasteColumns = Readonly<Record<string, Int8Array | Uint8Array | Int16Array>>;

/** What a family draws. */
export interface Drawn<Columns extends TasteColumns> {
  /** What listeners like. */
  readonly taste: Columns;
  /** What tracks are like: row-major [tracks × width]. */
  readonly qualities: Int8Array;
  readonly width: number;
}

/**
 * Both matches in 1/4096, with mean 0 and variance 1 over the tracks of day 0 for every listener, so that the dial
 * `acousticShare` means the same in all families. Pure; sums and products of integers only.
 */
export interface Matches {
  /** What the listener makes of how the track sounds. */
  sound(listener: number, track: number): number;
  /** What the listener makes of everything else about the track but its fame. */
  hidden(listener: number, track: number): number;
  /** What the moment adds, in 1/4096, with mean about 0 over a listener's moments; absent where taste is always the same. */
  readonly mood?: (listener: number, track: number, moment: Moment) => number;
  /** The function soundWeight · sound + hiddenWeight · hidden: asked some hundred million times a day. Weights are whole numbers. */
  mixed(soundWeight: number, hiddenWeight: number): (listener: number, track: number) => number;
}

/** With a row for every listener, and for every track. */
export interface TasteMatrices {
  readonly listeners: Readonly<Record<string, Matrix>>;
  readonly tracks: Readonly<Record<string, Matrix>>;
}

/** The same numbers in a memory of their own. */
export interface Settled<Columns extends TasteColumns> {
  readonly memory: WebAssembly.Memory;
  readonly taste: Columns;
  readonly rows: TrackRows;
}

/** A mechanism of taste: drawn once, then opened by every thread over the same memory. */
export interface Family<Columns extends TasteColumns = TasteColumns> {
  draw(ingredients: Ingredients): Drawn<Columns>;
  /** Moves tastes and rows to where they are at hand together; undefined where they do not fit. Absent where it would not help. */
  settle?(taste: Columns, rows: TrackRows): Settled<Columns> | undefined;
  open(taste: Columns, surroundings: Surroundings): Matches;
  /** The numbers behind both matches, by file name, for `truth/`. */
  matrices(taste: Columns, surroundings: Surroundings): TasteMatrices;
}
