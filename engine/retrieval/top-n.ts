import { DubplateError } from '../core/errors.ts';
import type { Matrix } from '../core/matrix.ts';

/** Which tracks may be retrieved. */
export interface Filter {
  /** Rows to leave out, in any order: tracks that the listener has heard. */
  readonly heard?: Uint32Array;
  /** 1 for tracks that may appear [tracks]; without it, all may. */
  readonly allow?: Uint8Array;
}

/** Tracks by (score descending, row ascending). */
export interface Ranked {
  readonly rows: Uint32Array;
  readonly scores: Float32Array;
}

/**
 * Score every track for one user.
 *
 *     s = Y x
 *
 * @param user   x [k], float32 or float64.
 * @param tracks Y [tracks × k].
 * @param out    [tracks], overwritten; summed in float64 in a fixed order, rounded once to float32.
 * @throws DubplateError NOT_FINITE naming the first track whose score is NaN.
 */
export function scoreAll(user: Float32Array | Float64Array, tracks: Matrix, out: Float32Array): Float32Array {
  const { rows, cols: k, data } = tracks;
  const x = Float64Array.from(user);
  let row = 0;
  for (; row + 4 <= rows; row += 4) {
    const at0 = row * k;
    const at1 = at0 + k;
    const at2 = at1 + k;
    const at3 = at2 + k;
    let s0 = 0;
    let s1 = 0;
    let s2 = 0;
    let s3 = 0;
    for (let i = 0; i < k; i++) {
      const xi = x[i]!;
      s0 += data[at0 + i]! * xi;
      s1 += data[at1 + i]! * xi;
      s2 += data[at2 + i]! * xi;
      s3 += data[at3 + i]! * xi;
    }
    out[row] = s0;
    out[row + 1] = s1;
    out[row + 2] = s2;
    out[row + 3] = s3;
  }
  for (; row < rows; row++) {
    let sum = 0;
    for (let i = 0; i < k; i++) sum += data[row * k + i]! * x[i]!;
    out[row] = sum;
  }
  for (let t = 0; t < rows; t++) if (Number.isNaN(out[t]!)) throw notANumber(t);
  return out;
}

/**
 * The n best tracks by score, exactly; fewer when fewer may appear. Ties go to the lower row.
 *
 * @param scores one per track, free of NaN.
 * @returns tracks by (score descending, row ascending). Cost O(tracks + candidates·log n) with a heap of n.
 */
export function topN(scores: Float32Array, n: number, filter: Filter = {}): Ranked {
  const isOut = new Uint8Array(scores.length);
  for (const row of filter.heard ?? []) isOut[row] = 1;
  const { allow } = filter;
  const heap = new Uint32Array(Math.min(n, scores.length));
  let size = 0;
  for (let row = 0; row < scores.length; row++) {
    if (isOut[row] || (allow && !allow[row])) continue;
    if (size < heap.length) {
      heap[size++] = row;
      if (size === heap.length) for (let i = (size >> 1) - 1; i >= 0; i--) siftDown(heap, size, i, scores);
    } else if (size > 0 && isBetter(row, heap[0]!, scores)) {
      heap[0] = row;
      siftDown(heap, size, 0, scores);
    }
  }
  if (size < heap.length) for (let i = (size >> 1) - 1; i >= 0; i--) siftDown(heap, size, i, scores);
  // The worst is on top: taking it off again and again leaves the best first.
  for (let end = size - 1; end > 0; end--) {
    const worst = heap[0]!;
    heap[0] = heap[end]!;
    heap[end] = worst;
    siftDown(heap, end, 0, scores);
  }
  const rows = heap.slice(0, size);
  return { rows, scores: Float32Array.from(rows, (row) => scores[row]!) };
}

/** Retrieval for one user in one call: {@link scoreAll}, then {@link topN}. */
export const recommendTopN = (
  user: Float32Array | Float64Array,
  tracks: Matrix,
  n: number,
  filter: Filter = {},
): Ranked => topN(scoreAll(user, tracks, new Float32Array(tracks.rows)), n, filter);

/** Does row a come before row b: the higher score, or the lower row among equals? */
const isBetter = (a: number, b: number, scores: Float32Array): boolean =>
  scores[a]! > scores[b]! || (scores[a] === scores[b] && a < b);

/** Restore the heap (worst on top) below position i. */
function siftDown(heap: Uint32Array, size: number, i: number, scores: Float32Array): void {
  const row = heap[i]!;
  for (;;) {
    let child = 2 * i + 1;
    if (child >= size) break;
    if (child + 1 < size && isBetter(heap[child]!, heap[child + 1]!, scores)) child += 1;
    if (!isBetter(row, heap[child]!, scores)) break;
    heap[i] = heap[child]!;
    i = child;
  }
  heap[i] = row;
}

const notANumber = (track: number): DubplateError =>
  new DubplateError('NOT_FINITE', `The score of track row ${track} is NaN`, {
    hint: 'A factor of the user or of this track is not finite: train again, or read the factors from an unbroken file.',
    details: { track },
  });
