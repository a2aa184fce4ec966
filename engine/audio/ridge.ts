import { factorizeCholesky, substitute } from '../als/cholesky.ts';
import { type Matrix, rowOf, zeros } from '../core/matrix.ts';

/** A linear map: y = W·x + b with W [inputs × outputs] stored row-major by input. */
export interface LinearMap {
  readonly weight: Matrix;
  readonly bias: Float32Array;
}

/** n rows to learn from or to check on; a weight ≥ 0 says how much a row counts. */
export interface Rows {
  readonly features: Matrix;
  readonly targets: Matrix;
  readonly weights: Float32Array;
}

const penalties = [0.3, 1, 3, 10, 30];
/** Taken when there is nothing to choose by. */
const safePenalty = 3;

/**
 * Ridge regression on standardised features, solved exactly:
 *
 *     minimise Σ_i w_i |y_i - b - Wᵀx_i|² + λ Σw |W|²
 *
 * @param train rows with Σw > 0.
 * @param check rows of other artists that choose λ by their error; λ = 3 when there are none.
 * @see Hoerl & Kennard (1970). Cost O(n·p² + 5·(p³ + p²·q)).
 */
export function ridge(train: Rows, check: Rows): LinearMap {
  const scaled = standardise(train);
  const system = normalEquations(train, scaled);
  const isChecked = check.weights.some((w) => w > 0);
  let best: { map: LinearMap; error: number } | undefined;
  for (const penalty of isChecked ? penalties : [safePenalty]) {
    const map = unscale(solve(system, penalty), scaled);
    const error = errorOf(map, check);
    if (!best || error < best.error) best = { map, error };
  }
  return best!.map;
}

/** y = Wᵀx + b for one row. */
export function applyMap({ weight, bias }: LinearMap, x: Float32Array): Float32Array {
  const y = Float64Array.from(bias);
  for (let i = 0; i < x.length; i++) {
    const row = rowOf(weight, i);
    for (let j = 0; j < y.length; j++) y[j]! += x[i]! * row[j]!;
  }
  return Float32Array.from(y);
}

interface Scaling {
  readonly featureMean: Float64Array;
  /** 1 / deviation; 0 for a feature that hardly varies, which is left out. */
  readonly featureScale: Float64Array;
  readonly targetMean: Float64Array;
}

function standardise({ features, targets, weights }: Rows): Scaling {
  const featureMean = weightedMean(features, weights);
  const variance = new Float64Array(features.cols);
  let total = 0;
  for (let r = 0; r < features.rows; r++) {
    const row = rowOf(features, r);
    total += weights[r]!;
    for (let i = 0; i < features.cols; i++) variance[i]! += weights[r]! * (row[i]! - featureMean[i]!) ** 2;
  }
  const featureScale = variance.map((v) => (v / total > 1e-10 ? 1 / (Math.sqrt(v / total) + 1e-3) : 0));
  return { featureMean, featureScale, targetMean: weightedMean(targets, weights) };
}

function weightedMean(m: Matrix, weights: Float32Array): Float64Array {
  const mean = new Float64Array(m.cols);
  let total = 0;
  for (let r = 0; r < m.rows; r++) {
    const row = rowOf(m, r);
    total += weights[r]!;
    for (let i = 0; i < m.cols; i++) mean[i]! += weights[r]! * row[i]!;
  }
  return mean.map((sum) => sum / total);
}

interface System {
  /** ZᵀWZ / Σw [p × p] (lower half) and ZᵀWY / Σw, as q vectors [p]. */
  readonly gram: Float64Array;
  readonly right: readonly Float64Array[];
}

function normalEquations({ features, targets, weights }: Rows, scaling: Scaling): System {
  const [p, q] = [features.cols, targets.cols];
  const gram = new Float64Array(p * p);
  const right = Array.from({ length: q }, () => new Float64Array(p));
  const total = weights.reduce((sum, w) => sum + w, 0);
  const z = new Float64Array(p);
  for (let r = 0; r < features.rows; r++) {
    const share = weights[r]! / total;
    if (share === 0) continue;
    const x = rowOf(features, r);
    const y = rowOf(targets, r);
    for (let i = 0; i < p; i++) z[i] = (x[i]! - scaling.featureMean[i]!) * scaling.featureScale[i]!;
    for (let i = 0; i < p; i++) {
      const weighted = share * z[i]!;
      if (weighted === 0) continue;
      const at = i * p;
      for (let j = 0; j <= i; j++) gram[at + j]! += weighted * z[j]!;
    }
    for (let k = 0; k < q; k++) {
      const weighted = share * (y[k]! - scaling.targetMean[k]!);
      const column = right[k]!;
      for (let i = 0; i < p; i++) column[i]! += weighted * z[i]!;
    }
  }
  return { gram, right };
}

/** (G + λI)⁻¹R by Cholesky; λ > 0 keeps it positive definite. */
function solve({ gram, right }: System, penalty: number): readonly Float64Array[] {
  const p = right[0]!.length;
  const L = gram.slice();
  for (let i = 0; i < p; i++) L[i * p + i]! += penalty;
  factorizeCholesky(L, p, penalty);
  return right.map((b) => {
    const x = b.slice();
    substitute(L, x);
    return x;
  });
}

/** From standardised features back to raw ones. */
function unscale(columns: readonly Float64Array[], { featureMean, featureScale, targetMean }: Scaling): LinearMap {
  const weight = zeros(featureMean.length, columns.length);
  const bias = new Float32Array(columns.length);
  columns.forEach((column, k) => {
    let shift = targetMean[k]!;
    for (let i = 0; i < column.length; i++) {
      const w = column[i]! * featureScale[i]!;
      weight.data[i * weight.cols + k] = w;
      shift -= w * featureMean[i]!;
    }
    bias[k] = shift;
  });
  return { weight, bias };
}

/** Σ w|y - ŷ|² */
function errorOf(map: LinearMap, { features, targets, weights }: Rows): number {
  let error = 0;
  for (let r = 0; r < features.rows; r++) {
    if (weights[r] === 0) continue;
    const predicted = applyMap(map, rowOf(features, r));
    const y = rowOf(targets, r);
    for (let k = 0; k < y.length; k++) error += weights[r]! * (y[k]! - predicted[k]!) ** 2;
  }
  return error;
}
