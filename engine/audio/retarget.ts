import { factorizeCholesky, substitute } from '../als/cholesky.ts';
import { type Matrix, rowOf, zeros } from '../core/matrix.ts';

/** A linear map from one space of vectors to another, row-major [k × d]: y′ = M·e. */
export interface Retargeting {
  readonly map: Float64Array;
  /** Length of a carried vector. */
  readonly k: number;
  /** How far the anchors are from where they were: ‖Y′ − E‖ / ‖E‖; 1 where the spaces have nothing in common. */
  readonly drift: number;
}

/**
 * The map that carries vectors of one space to another, fitted on anchors that stand in both:
 *
 *     M = P + D,   D = argmin Σ |(y′ − P·e) − D·e|² + λ·|D|²      sums over the anchors
 *
 * With P = I (two generations of ALS factors: their axes drift) few anchors move little; with P = 0 (the embeddings of an
 * encoder that was trained elsewhere) few anchors claim little. λ is 1 % of the anchors' summed squared length per
 * dimension.
 *
 * @param before  E  [anchors × d].
 * @param after   Y′ [anchors × k]; k = d where `prior` is 'identity'.
 * @returns Cost O(anchors·d·(d + k) + d³ + k·d²).
 */
export function fitRetargeting(before: Matrix, after: Matrix, prior: 'identity' | 'zero'): Retargeting {
  const { rows: anchors, cols: d } = before;
  const k = after.cols;
  const isIdentity = prior === 'identity';
  if (isIdentity && d !== k) throw new Error(`the identity maps ${d} dimensions to as many, not to ${k}`);
  const A = new Float64Array(d * d); // Σ e·eᵀ + λI
  const B = new Float64Array(k * d); // Σ (y′ − P·e)·eᵀ, row i belongs to output i
  let size = 0;
  let moved = 0;
  for (let n = 0; n < anchors; n++) {
    const e = rowOf(before, n);
    const target = rowOf(after, n);
    for (let i = 0; i < k; i++) {
      const step = target[i]! - (isIdentity ? e[i]! : 0);
      moved += step * step;
      for (let j = 0; j < d; j++) B[i * d + j]! += step * e[j]!;
    }
    for (let i = 0; i < d; i++) {
      size += e[i]! * e[i]!;
      for (let j = 0; j <= i; j++) A[i * d + j]! += e[i]! * e[j]!;
    }
  }
  const map = isIdentity ? identity(k) : new Float64Array(k * d);
  if (size === 0) return { map, k, drift: isIdentity ? 0 : 1 };
  const ridge = (0.01 * size) / d;
  for (let i = 0; i < d; i++) A[i * d + i]! += ridge;
  factorizeCholesky(A, d, ridge);
  for (let i = 0; i < k; i++) {
    // Row i of D solves (Σ e·eᵀ + λI) dᵢ = bᵢ.
    const row = B.subarray(i * d, (i + 1) * d);
    substitute(A, row);
    for (let j = 0; j < d; j++) map[i * d + j]! += row[j]!;
  }
  return { map, k, drift: isIdentity ? Math.sqrt(moved / size) : 1 };
}

/** Every row of `vectors` carried through M. [n × d] → [n × k]. */
export function retarget(vectors: Matrix, { map, k }: Retargeting): Matrix {
  const { rows, cols: d } = vectors;
  const carried = zeros(rows, k);
  for (let n = 0; n < rows; n++) {
    const from = rowOf(vectors, n);
    const to = rowOf(carried, n);
    for (let i = 0; i < k; i++) {
      let sum = 0;
      for (let j = 0; j < d; j++) sum += map[i * d + j]! * from[j]!;
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
