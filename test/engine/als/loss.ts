import { gramMatrix } from '../../../engine/als/gram.ts';
import { type ObjectiveOptions, objectiveOf } from '../../../engine/als/objective.ts';
import type { Matrix } from '../../../engine/core/matrix.ts';
import type { Csr } from '../../../engine/interactions/csr.ts';

/**
 * The loss that training lowers, over every pair of the matrix:
 *
 *     g·Σ all ŷ² + Σ observed (a·ŷ² − 2b·ŷ + b) + Σ users ρ‖x‖² + Σ tracks ρ‖y‖²        ŷ = xᵀy
 *
 * which is the loss of each paper with the square written out (`objective.ts`). The sum over all pairs is
 * Σᵢⱼ (XᵀX)ᵢⱼ(YᵀY)ᵢⱼ, so it needs no pass over them.
 *
 * @param weights r [users × tracks].
 * @param grams   XᵀX and YᵀY where they are at hand already.
 * @returns the loss, float64. Cost O(interactions·k + (users + tracks)·k²).
 */
export function lossOf(
  weights: Csr,
  X: Matrix,
  Y: Matrix,
  options: ObjectiveOptions,
  grams: { readonly users: Float64Array; readonly tracks: Float64Array } = {
    users: gramMatrix(X),
    tracks: gramMatrix(Y),
  },
): number {
  const { gramWeight, extra, target, ridge } = objectiveOf(options);
  const k = X.cols;
  const trackLengths = new Uint32Array(Y.rows);
  const x = new Float64Array(k);
  let observed = 0;
  let norms = 0;
  for (let u = 0; u < X.rows; u++) {
    const start = weights.indptr[u]!;
    const end = weights.indptr[u + 1]!;
    x.set(X.data.subarray(u * k, (u + 1) * k));
    norms += ridge(end - start, Y.rows) * squaredNorm(X, u);
    for (let at = start; at < end; at++) {
      const t = weights.indices[at]!;
      trackLengths[t]! += 1;
      const predicted = dotRow(x, Y.data, t * k);
      const r = weights.weights[at]!;
      observed += (extra(r) * predicted - 2 * target(r)) * predicted + target(r);
    }
  }
  for (let t = 0; t < Y.rows; t++) norms += ridge(trackLengths[t]!, X.rows) * squaredNorm(Y, t);
  let everywhere = 0;
  for (let i = 0; i < k * k; i++) everywhere += grams.users[i]! * grams.tracks[i]!;
  return gramWeight * everywhere + observed + norms;
}

/** xᵀy with y at `from` in `data`; four partial sums, added in a fixed order. */
function dotRow(x: Float64Array, data: Float32Array, from: number): number {
  const k = x.length;
  let s0 = 0;
  let s1 = 0;
  let s2 = 0;
  let s3 = 0;
  let i = 0;
  for (; i + 4 <= k; i += 4) {
    s0 += x[i]! * data[from + i]!;
    s1 += x[i + 1]! * data[from + i + 1]!;
    s2 += x[i + 2]! * data[from + i + 2]!;
    s3 += x[i + 3]! * data[from + i + 3]!;
  }
  for (; i < k; i++) s0 += x[i]! * data[from + i]!;
  return s0 + s1 + (s2 + s3);
}

function squaredNorm(m: Matrix, row: number): number {
  let sum = 0;
  for (let i = row * m.cols; i < (row + 1) * m.cols; i++) sum += m.data[i]! * m.data[i]!;
  return sum;
}
