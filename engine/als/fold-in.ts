import type { Matrix } from '../core/matrix.ts';
import type { SparseRow } from '../interactions/csr.ts';
import { factorizeCholesky, solveCholesky } from './cholesky.ts';
import { type ObjectiveOptions, objectiveOf } from './objective.ts';

export type FoldInOptions = ObjectiveOptions;

/** How long a history is taken to be where only its ridge is wanted. */
export const usualHistory = 50;

/** @throws DubplateError NOT_POSITIVE_DEFINITE when what all rows share, gG + ρI, is not: then none can be folded in. */
export function checkFoldIn(tracks: Matrix, gram: Float64Array, options: FoldInOptions): void {
  const { gramWeight, ridge } = objectiveOf(options);
  const A = gram.map((g) => gramWeight * g);
  for (let i = 0; i < tracks.cols; i++) A[i * tracks.cols + i]! += ridge(usualHistory, tracks.rows);
  factorizeCholesky(A, tracks.cols, options.regularization);
}

/**
 * Floating-point operations of folding in n interactions at k factors, exactly: half of each rank-1 update, Cholesky, two
 * substitutions. A model, not a count; a whole number, so that a sum over readers does not depend on their order.
 */
export const foldInFlops = (n: number, k: number): number =>
  n === 0 ? 0 : n * (k * k + 3 * k) + Math.round(k ** 3 / 3) + 2 * k * k;

/**
 * Fold in one user: solve for their factor, exactly, while the track factors stay fixed.
 *
 *     hkv:   x = (G + Σ αr·yyᵀ + λI)⁻¹ Σ (1 + αr)·y                 sums over the user's history
 *     ials:  x = (w₀G + Σ yyᵀ + λ(n + w₀N)I)⁻¹ Σ y                  n entries, N tracks
 *
 * By symmetry the same function folds in a track: pass its listeners as history, the user factors and their Gram matrix.
 *
 * @param history n interactions, unique tracks; weight r > 0 in decayed plays.
 * @param tracks  Y [nTracks × k], float32.
 * @param gram    G = YᵀY [k × k], float64; computed once per generation.
 * @returns x [k], float64; all zeros when the history is empty.
 * @throws DubplateError NOT_POSITIVE_DEFINITE when λ = 0 and the track factors do not span k dimensions.
 * @see Hu, Koren & Volinsky (2008), eq. 4; Rendle et al. (2021), section 3. Cost O(n·k² + k³).
 */
export function foldInUser(
  history: SparseRow,
  tracks: Matrix,
  gram: Float64Array,
  options: FoldInOptions,
): Float64Array {
  const k = tracks.cols;
  const x = new Float64Array(k);
  const n = history.rows.length;
  if (n === 0) return x;
  const { gramWeight, extra, target, ridge } = objectiveOf(options);
  const A = gram.map((g) => gramWeight * g);
  const b = x;
  const rho = ridge(n, tracks.rows);
  for (let i = 0; i < k; i++) A[i * k + i]! += rho;
  for (let entry = 0; entry < n; entry++) {
    const row = history.rows[entry]!;
    const y = tracks.data.subarray(row * k, (row + 1) * k);
    const an = extra(history.weights[entry]!);
    const bn = target(history.weights[entry]!);
    for (let i = 0; i < k; i++) {
      const ay = an * y[i]!;
      b[i]! += bn * y[i]!;
      for (let j = 0; j <= i; j++) A[i * k + j]! += ay * y[j]!; // the lower triangle is all that Cholesky reads
    }
  }
  return solveCholesky(A, b, options.regularization);
}
