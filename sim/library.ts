import { columnOf, copyColumns } from './columns.ts';
import { unit } from './units.ts';

/** Tracks that a listener returns to; whose artists they follow. What is forgotten is not kept anywhere. */
export interface Library {
  /**
   * Row-major [listeners × {@link libraryCapacity}], without order or repeats; the first `size` of a row are in use. An item is
   * a track in its lower 27 bits and how well it is liked in its upper 5: playing it again takes no look at the catalogue.
   */
  readonly items: Uint32Array;
  readonly size: Uint8Array;
  /** Which item is played next. */
  readonly turn: Uint8Array;
  /** Choices among candidates for older favourites, see `chooseOlder`. */
  readonly older: Uint32Array;
}

export const libraryCapacity = 15;
const trackMask = (1 << 27) - 1;
/** More tracks than this an item cannot tell apart. */
export const mostTracks = trackMask;

/** Liking is kept in fifths of a unit, from −1.2 to 5. */
const likingStep = unit / 5;
const likingLow = -1.2 * unit;

const itemOf = (track: number, score: number): number =>
  ((Math.max(0, Math.min(31, Math.round((score - likingLow) / likingStep))) << 27) | track) >>> 0;

export const trackOf = (item: number): number => item & trackMask;
/** True utility in 1/4096 as it is remembered. */
export const scoreOf = (item: number): number => Math.round(likingLow + (item >>> 27) * likingStep);

export const createLibrary = (listeners: number): Library => ({
  items: columnOf('uint32', listeners * libraryCapacity),
  size: columnOf('uint8', listeners),
  turn: columnOf('uint8', listeners),
  older: columnOf('uint32', listeners),
});

export const copyLibrary = ({ items, size, turn, older }: Library): Library =>
  copyColumns({ items, size, turn, older });

export function isKept({ items, size }: Library, listener: number, track: number): boolean {
  const start = listener * libraryCapacity;
  const end = start + size[listener]!;
  for (let i = start; i < end; i++) if ((items[i]! & trackMask) === track) return true;
  return false;
}

/** Keep `track` unless it is kept; a full library gives up the item that 16 random bits point at. */
export function keep(library: Library, listener: number, track: number, score: number, bits: number): void {
  if (isKept(library, listener, track)) return;
  const { items, size } = library;
  const start = listener * libraryCapacity;
  const length = size[listener]!;
  if (length < libraryCapacity) {
    items[start + length] = itemOf(track, score);
    size[listener] = length + 1;
  } else {
    items[start + ((bits * libraryCapacity) >> 16)] = itemOf(track, score);
  }
}

/** Forget `track` if it is kept. */
export function forget({ items, size }: Library, listener: number, track: number): void {
  const start = listener * libraryCapacity;
  const last = start + size[listener]! - 1;
  for (let i = start; i <= last; i++) {
    if ((items[i]! & trackMask) !== track) continue;
    items[i] = items[last]!;
    size[listener]! -= 1;
    return;
  }
}
