import { DubplateError } from '../core/errors.ts';
import type { Matrix } from '../core/matrix.ts';
import { selectBest } from './select.ts';

/** Which tracks may be retrieved. */
export interface Filter<Heard = Uint32Array> {
  /** Rows to leave out, in any order: tracks that the listener has heard. */
  readonly heard?: Heard | undefined;
  /** 1 for tracks that may appear [tracks]; without it, all may. */
  readonly allow?: Uint8Array | undefined;
}

/** Tracks by (score descending, row ascending). */
export interface Ranked {
  readonly rows: Uint32Array;
  readonly scores: Float32Array;
}

/** The lists of several listeners: those of listener i are `rows[i·n …]`, of which the first `lengths[i]` are filled. */
export interface TopBlock {
  readonly n: number;
  readonly rows: Uint32Array;
  readonly scores: Float32Array;
  readonly lengths: Uint32Array;
}

export const emptyBlock = (listeners: number, n: number): TopBlock => ({
  n,
  rows: new Uint32Array(listeners * n),
  scores: new Float32Array(listeners * n),
  lengths: new Uint32Array(listeners),
});

/** The list of listener i in a block, as views. */
export const listOf = ({ n, rows, scores, lengths }: TopBlock, i: number): Ranked => ({
  rows: rows.subarray(i * n, i * n + lengths[i]!),
  scores: scores.subarray(i * n, i * n + lengths[i]!),
});

/**
 * Score every track for one user.
 *
 *     s = Y x
 *
 * @param user   x [k], float32.
 * @param tracks Y [tracks × k].
 * @param out    [tracks], overwritten; summed in float64 in eight interleaved parts, rounded once to float32. Products of
 *   float32 are exact in float64, so this order decides every bit, and the kernels keep to it.
 * @throws DubplateError NOT_FINITE naming the first track whose score is NaN.
 */
export function scoreAll(user: Float32Array, tracks: Matrix, out: Float32Array): Float32Array {
  const { rows, cols: k, data } = tracks;
  const width = Math.ceil(k / 8) * 8;
  const x = new Float64Array(width);
  x.set(user);
  const y = new Float64Array(width);
  for (let row = 0; row < rows; row++) {
    y.set(data.subarray(row * k, (row + 1) * k)); // zeros behind k add nothing
    let [s0, s1, s2, s3, s4, s5, s6, s7] = [0, 0, 0, 0, 0, 0, 0, 0];
    for (let i = 0; i < width; i += 8) {
      s0 += x[i]! * y[i]!;
      s1 += x[i + 1]! * y[i + 1]!;
      s2 += x[i + 2]! * y[i + 2]!;
      s3 += x[i + 3]! * y[i + 3]!;
      s4 += x[i + 4]! * y[i + 4]!;
      s5 += x[i + 5]! * y[i + 5]!;
      s6 += x[i + 6]! * y[i + 6]!;
      s7 += x[i + 7]! * y[i + 7]!;
    }
    out[row] = s0 + s4 + (s2 + s6) + (s1 + s5 + (s3 + s7));
  }
  for (let t = 0; t < rows; t++) if (Number.isNaN(out[t]!)) checkTrack(t);
  return out;
}

/**
 * The n best tracks by score, exactly; fewer when fewer may appear. Ties go to the lower row.
 *
 * @param scores one per track, free of NaN.
 * @returns tracks by (score descending, row ascending). Cost O(tracks + n · log n · ln(tracks / n)): see {@link selectBest}.
 */
export function topN(scores: Float32Array, n: number, filter: Filter = {}): Ranked {
  const rows = selectBest(candidates(scores.length, filter), scores, n);
  return { rows, scores: Float32Array.from(rows, (row) => scores[row]!) };
}

function candidates(tracks: number, { heard = nothing, allow }: Filter): Uint32Array {
  const isOut = new Uint8Array(tracks);
  for (const row of heard) isOut[row] = 1;
  const rows = new Uint32Array(tracks);
  let count = 0;
  for (let row = 0; row < tracks; row++) if (!isOut[row] && (!allow || allow[row])) rows[count++] = row;
  return rows.subarray(0, count);
}

const nothing = new Uint32Array(0);

/** Retrieval for one user in one call: {@link scoreAll}, then {@link topN}. */
export const recommendTopN = (user: Float32Array, tracks: Matrix, n: number, filter: Filter = {}): Ranked =>
  topN(scoreAll(user, tracks, new Float32Array(tracks.rows)), n, filter);

/** Factors must be finite, and so short that no score overflows. @throws NOT_FINITE where `track` names one that is not. */
export function checkTrack(track: number): void {
  if (track < 0) return;
  throw new DubplateError('NOT_FINITE', `The factor of track row ${track} is not finite, or longer than 10¹⁸`, {
    hint: 'Train again, or read the factors from an unbroken file.',
    details: { track },
  });
}

/** The same for a listener. */
export function checkListener(listener: number): void {
  if (listener >= 0) throw listenerNotFinite(listener);
}

/** An error about a row of some listeners, as one about that listener. Others are left as they are. */
export function aboutListener(error: unknown, listenerOf: (row: number) => number): unknown {
  const isListener = error instanceof DubplateError && error.code === 'NOT_FINITE';
  const row = isListener ? error.details.listener : undefined;
  return typeof row === 'number' ? listenerNotFinite(listenerOf(row)) : error;
}

const listenerNotFinite = (listener: number): DubplateError =>
  new DubplateError('NOT_FINITE', `The factor of listener row ${listener} is not finite, or longer than 10¹⁸`, {
    hint: 'Train again, or read the factors from an unbroken file.',
    details: { listener },
  });
