import { factorizeCholesky, substitute } from '../als/cholesky.ts';
import type { Kernel } from '../als/kernel.ts';
import { type Matrix, rowOf, zeros } from '../core/matrix.ts';
import { crossProducts, outerProducts } from './products.ts';

/** A linear map from one space of vectors to another. */
export interface Retargeting {
  /** M [k × d]: y′ = M·e. */
  readonly map: Matrix;
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
 * @returns the map, and how far the anchors moved. Cost O(anchors·d·(d + k) + d³ + k·d²).
 * @throws Error when `prior` is 'identity' and k ≠ d.
 */
export function fitRetargeting(before: Matrix, after: Matrix, prior: 'identity' | 'zero'): Retargeting {
  const { rows: anchors, cols: d } = before;
  const k = after.cols;
  const isIdentity = prior === 'identity';
  if (isIdentity && d !== k) throw new Error(`the identity maps ${d} dimensions to as many, not to ${k}`);
  const E = Array.from({ length: anchors }, (_, n) => Float64Array.from(rowOf(before, n)));
  const steps = E.map((e, n) => Float64Array.from(rowOf(after, n), (y, i) => (isIdentity ? y - e[i]! : y))); // y′ − P·e
  const size = squaredLength(E);
  const map = zeros(k, d);
  if (isIdentity) for (let i = 0; i < k; i++) rowOf(map, i)[i] = 1;
  if (size === 0) return { map, drift: isIdentity ? 0 : 1 };
  const A = outerProducts(E); // Σ e·eᵀ + λI
  const B = crossProducts(steps, E); // Σ (y′ − P·e)·eᵀ, row i belongs to output i
  const ridge = (0.01 * size) / d;
  for (let i = 0; i < d; i++) A[i * d + i]! += ridge;
  factorizeCholesky(A, d, ridge);
  for (let i = 0; i < k; i++) {
    // Row i of D solves (Σ e·eᵀ + λI) dᵢ = bᵢ.
    const row = B.subarray(i * d, (i + 1) * d);
    substitute(A, row);
    const out = rowOf(map, i);
    for (let j = 0; j < d; j++) out[j]! += row[j]!;
  }
  return { map, drift: isIdentity ? Math.sqrt(squaredLength(steps) / size) : 1 };
}

/** Every row of `vectors` carried: E·Mᵀ. [n × d] → [n × k]. */
export async function retarget(
  vectors: Matrix,
  { map }: Retargeting,
  kernel: Pick<Kernel, 'prepareScores'>,
): Promise<Matrix> {
  return { rows: vectors.rows, cols: map.rows, data: await (await kernel.prepareScores(map)).of(vectors) };
}

const squaredLength = (rows: readonly Float64Array[]): number =>
  rows.reduce((sum, row) => row.reduce((part, x) => part + x * x, sum), 0);
