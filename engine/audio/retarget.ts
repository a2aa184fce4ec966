import { factorizeCholesky, substitute } from '../als/cholesky.ts';
import { type Matrix, rowOf, zeros } from '../core/matrix.ts';

/** A linear map between the axes of two generations of ALS factors [k × k], row-major: y′ = M·y. */
export interface Retargeting {
  readonly map: Float64Array;
  /** How far the axes moved: ‖Y′ − Y‖ / ‖Y‖ over the anchors, 0 when nothing moved. */
  readonly drift: number;
  readonly anchors: number;
}

/**
 * The map that carries vectors of one generation to the next, fitted on the tracks that both know well:
 *
 *     M = I + D,   D = argmin Σ |(y′ − y) − D·y|² + λ·|D|²      sums over the anchors
 *
 * The ridge pulls towards the identity, so that few anchors move little. λ is 1 % of the anchors' mean squared length.
 *
 * @param before  Y  [anchors × k], the factors that the encoder was trained towards.
 * @param after   Y′ [anchors × k], the same tracks in the present generation.
 * @see van den Oord et al. (2013) for the targets.
 *   Cost O(anchors·k² + k³).
 */
export function fitRetargeting(before: Matrix, after: Matrix): Retargeting {
  const { rows: anchors, cols: k } = before;
  const A = new Float64Array(k * k); // Σ y·yᵀ + λI
  const B = new Float64Array(k * k); // Σ (y′ − y)·yᵀ, row i belongs to output i
  let size = 0;
  let moved = 0;
  for (let n = 0; n < anchors; n++) {
    const y = rowOf(before, n);
    const target = rowOf(after, n);
    for (let i = 0; i < k; i++) {
      const yi = y[i]!;
      const step = target[i]! - yi;
      size += yi * yi;
      moved += step * step;
      for (let j = 0; j < k; j++) B[i * k + j]! += step * y[j]!;
      for (let j = 0; j <= i; j++) A[i * k + j]! += yi * y[j]!;
    }
  }
  const map = identity(k);
  if (size === 0) return { map, drift: 0, anchors };
  const ridge = 0.01 * (size / anchors);
  for (let i = 0; i < k; i++) A[i * k + i]! += ridge;
  factorizeCholesky(A, k, ridge);
  for (let i = 0; i < k; i++) {
    // Row i of D solves (Σ y·yᵀ + λI) dᵢ = bᵢ.
    const d = B.subarray(i * k, (i + 1) * k);
    substitute(A, d);
    for (let j = 0; j < k; j++) map[i * k + j]! += d[j]!;
  }
  return { map, drift: Math.sqrt(moved / size), anchors };
}

/** Every row of `vectors` carried through M. [n × k] → [n × k]. */
export function retarget(vectors: Matrix, { map }: Retargeting): Matrix {
  const { rows, cols: k } = vectors;
  const carried = zeros(rows, k);
  for (let n = 0; n < rows; n++) {
    const from = rowOf(vectors, n);
    const to = rowOf(carried, n);
    for (let i = 0; i < k; i++) {
      let sum = 0;
      for (let j = 0; j < k; j++) sum += map[i * k + j]! * from[j]!;
      to[i] = sum;
    }
  }
  return carried;
}

function identity(k: number): Float64Array {
  const matrix = new Float64Array(k * k);
  for (let i = 0; i < k; i++) matrix[i * k + i] = 1;
  return matrix;
}
