import { columnOf } from './columns.ts';

/**
 * What listeners ask of a track, one row each, so that one look in memory gives all of it: the family's numbers from the
 * first byte on; in the last eight bytes fame (16 bits, in 1/4096), two bytes free, and the artist's next track (32 bits).
 * Shared memory.
 */
export interface TrackRows {
  /** Row-major [tracks × stride]. */
  readonly bytes: Int8Array;
  /** Bytes of a row: 32, or a multiple of it. */
  readonly stride: number;
}

const line = 32;

/** @param width of a family's row of numbers, `qualities` being row-major [tracks × width]. */
export function packTracks(qualities: Int8Array, width: number, fame: Int16Array, next: Uint32Array): TrackRows {
  const stride = Math.ceil((width + 8) / line) * line;
  const bytes = columnOf('int8', stride * fame.length);
  const { halves, words } = wider(bytes);
  for (let t = 0; t < fame.length; t++) {
    const from = t * stride;
    for (let c = 0; c < width; c++) bytes[from + c] = qualities[t * width + c]!;
    halves[((t + 1) * stride) / 2 - 4] = fame[t]!;
    words[((t + 1) * stride) / 4 - 1] = next[t]!;
  }
  return { bytes, stride };
}

/** What the rows tell of a track beside its qualities. */
export function trackFacts({ bytes, stride }: TrackRows) {
  const { halves, words } = wider(bytes);
  const halvesPerRow = stride >> 1;
  const wordsPerRow = stride >> 2;
  return {
    /** In 1/4096. */
    fame: (track: number): number => halves[track * halvesPerRow + halvesPerRow - 4]!,
    /** The track that its artist released next, or 2³² − 1. */
    next: (track: number): number => words[track * wordsPerRow + wordsPerRow - 1]!,
  };
}

const wider = ({ buffer, byteOffset, length }: Int8Array) => ({
  halves: new Int16Array(buffer, byteOffset, length / 2),
  words: new Uint32Array(buffer, byteOffset, length / 4),
});
