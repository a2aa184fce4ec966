import { factorizeCholesky, substitute } from '../als/cholesky.ts';
import { type Matrix, rowOf, zeros } from '../core/matrix.ts';
import { crossProducts, outerProducts } from './products.ts';

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
  const E = Array.from({ length: anchors }, (_, n) => Float64Array.from(rowOf(before, n)));
  const steps = E.map((e, n) => Float64Array.from(rowOf(after, n), (y, i) => (isIdentity ? y - e[i]! : y))); // y′ − P·e
  const size = squaredLength(E);
  const map = isIdentity ? identity(k) : new Float64Array(k * d);
  if (size === 0) return { map, k, drift: isIdentity ? 0 : 1 };
  const A = outerProducts(E); // Σ e·eᵀ + λI
  const B = crossProducts(steps, E); // Σ (y′ − P·e)·eᵀ, row i belongs to output i
  const ridge = (0.01 * size) / d;
  for (let i = 0; i < d; i++) A[i * d + i]! += ridge;
  factorizeCholesky(A, d, ridge);
  for (let i = 0; i < k; i++) {
    // Row i of D solves (Σ e·eᵀ + λI) dᵢ = bᵢ.
    const row = B.subarray(i * d, (i + 1) * d);
    substitute(A, row);
    for (let j = 0; j < d; j++) map[i * d + j]! += row[j]!;
  }
  return { map, k, drift: isIdentity ? Math.sqrt(squaredLength(steps) / size) : 1 };
}

/** Every row of `vectors` carried through M, four outputs at a time. [n × d] → [n × k]. */
export function retarget(vectors: Matrix, { map, k }: Retargeting): Matrix {
  const { rows, cols: d } = vectors;
  const carried = zeros(rows, k);
  const output = (i: number): Float64Array => map.subarray(i * d, (i + 1) * d);
  for (let i = 0; i < k; i += 4) {
    const [first, second, third, fourth] = [output(i), output(i + 1), output(i + 2), output(i + 3)];
    for (let n = 0; n < rows; n++) {
      const from = rowOf(vectors, n);
      let [s0, s1, s2, s3] = [0, 0, 0, 0];
      for (let j = 0; j < d; j++) {
        const e = from[j]!;
        s0 += first[j]! * e;
        s1 += second[j]! * e;
        s2 += third[j]! * e;
        s3 += fourth[j]! * e;
      }
      carried.data.set([s0, s1, s2, s3].slice(0, k - i), n * k + i);
    }
  }
  return carried;
}

const squaredLength = (rows: readonly Float64Array[]): number =>
  rows.reduce((sum, row) => row.reduce((part, x) => part + x * x, sum), 0);

function identity(k: number): Float64Array {
  const matrix = new Float64Array(k * k);
  for (let i = 0; i < k; i++) matrix[i * k + i] = 1;
  return matrix;
}
