import { factorizeCholesky, substitute } from '../als/cholesky.ts';
import { type Matrix, rowOf, zeros } from '../core/matrix.ts';
import { crossProducts, outerProducts } from './products.ts';

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

const penalties = [0.001, 0.1, 0.5, 2, 8, 32, 128];
/** Taken when there is nothing to choose by. */
const safePenalty = 2;
/**
 * Features are of order 1. One that varied less than this may vary more elsewhere: a band that was silent in every track so far
 * must not be given a large coefficient for the little that it said.
 */
const leastDeviation = 0.02;

/** The penalty is chosen on at most this many outputs: all of them like about the same. */
const mostOutputsChecked = 16;

/**
 * Ridge regression on standardised features, solved exactly: with σ the deviation of each feature,
 *
 *     minimise Σ_i w_i |y_i - b - Wᵀx_i|² + λ Σw |(σ + 0.02)∘W|²
 *
 * With fewer rows than features the n × n system of the rows is solved instead: W = Zᵀ(ZZᵀ + λI)⁻¹Y, the same W.
 *
 * @param train n rows of p features and q targets, Σw > 0.
 * @param check rows of other artists that choose λ by their error; λ = 2 when there are none.
 * @returns W [p × q] and b [q], for features as they come.
 * @see Hoerl & Kennard (1970). Cost O(n·p·m + 5·m³ + m²·q) with m = min(n, p).
 */
export function ridge(train: Rows, check: Rows): LinearMap {
  const scaling = standardise(train);
  const system = normalEquations(scaleRows(train, scaling));
  const isChecked = check.weights.some((w) => w > 0);
  const penalty = isChecked ? choosePenalty(system, scaling, check) : safePenalty;
  return unscale(solve(system, penalty), scaling);
}

/**
 * The same with a λ of its own for every output, Infinity among them: an output of which the check rows confirm nothing is
 * constant. For few outputs: every one is solved with every λ.
 */
export function ridgeApart(train: Rows, check: Rows): LinearMap {
  if (!check.weights.some((w) => w > 0)) return ridge(train, check);
  const scaling = standardise(train);
  const system = normalEquations(scaleRows(train, scaling));
  const nothing = system.right.map(() => new Float64Array(train.features.cols));
  const solved = [...penalties.map((penalty) => solve(system, penalty)), nothing];
  const maps = solved.map((columns) => unscale(columns, scaling));
  const best = system.right.map((_, k) => {
    const errors = maps.map((map) => errorOf(columnOf(map, k), { ...check, targets: pickColumns(check.targets, [k]) }));
    return solved[errors.indexOf(Math.min(...errors))]![k]!;
  });
  return unscale(best, scaling);
}

const columnOf = ({ weight, bias }: LinearMap, k: number): LinearMap => ({
  weight: pickColumns(weight, [k]),
  bias: bias.slice(k, k + 1),
});

/** The penalty with the least error on the check rows, over a sample of the outputs. */
function choosePenalty(system: System, scaling: Scaling, check: Rows): number {
  const outputs = system.right.length;
  const every = Math.ceil(outputs / mostOutputsChecked);
  const sample = Array.from({ length: Math.ceil(outputs / every) }, (_, i) => i * every);
  const right = sample.map((k) => system.right[k]!);
  const targetMean = Float64Array.from(sample, (k) => scaling.targetMean[k]!);
  const targets = pickColumns(check.targets, sample);
  const errors = penalties.map((penalty) => {
    const map = unscale(solve({ ...system, right }, penalty), { ...scaling, targetMean });
    return errorOf(map, { ...check, targets });
  });
  return penalties[errors.indexOf(Math.min(...errors))] ?? safePenalty;
}

export function pickColumns(m: Matrix, columns: readonly number[]): Matrix {
  const picked = zeros(m.rows, columns.length);
  for (let r = 0; r < m.rows; r++) {
    const row = rowOf(m, r);
    rowOf(picked, r).set(columns.map((k) => row[k]!));
  }
  return picked;
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
  /** 1 / (deviation + {@link leastDeviation}); 0 for a feature that does not vary, which is left out. */
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
  const featureScale = variance.map((v) => (v / total > 1e-10 ? 1 / (Math.sqrt(v / total) + leastDeviation) : 0));
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

/** Rows that count, standardised and multiplied by √(w / Σw): Z [n × p], Y [n × q]. */
interface Scaled {
  readonly Z: readonly Float64Array[];
  readonly Y: readonly Float64Array[];
}

function scaleRows({ features, targets, weights }: Rows, scaling: Scaling): Scaled {
  const total = weights.reduce((sum, w) => sum + w, 0);
  const rows = [...weights.keys()].filter((r) => weights[r]! > 0);
  const root = (r: number): number => Math.sqrt(weights[r]! / total);
  return {
    Z: rows.map((r) =>
      Float64Array.from(
        rowOf(features, r),
        (x, i) => root(r) * (x - scaling.featureMean[i]!) * scaling.featureScale[i]!,
      ),
    ),
    Y: rows.map((r) => Float64Array.from(rowOf(targets, r), (y, k) => root(r) * (y - scaling.targetMean[k]!))),
  };
}

/** A·x = b for every column b, and the way from x to the coefficients of that column [p]. */
interface System {
  /** Lower half of a symmetric matrix [m × m]. */
  readonly A: Float64Array;
  readonly right: readonly Float64Array[];
  readonly coefficients: (x: Float64Array) => Float64Array;
}

const normalEquations = ({ Z, Y }: Scaled): System =>
  Z.length < Z[0]!.length
    ? { A: innerProducts(Z), right: transposed(Y), coefficients: (x) => combine(Z, x) }
    : { A: outerProducts(Z), right: rowsOf(crossProducts(Y, Z), Z[0]!.length), coefficients: (x) => x };

/** ZZᵀ [n × n] */
function innerProducts(Z: readonly Float64Array[]): Float64Array {
  const A = new Float64Array(Z.length * Z.length);
  for (const [i, a] of Z.entries()) {
    for (let j = 0; j <= i; j++) {
      const b = Z[j]!;
      let sum = 0;
      for (let k = 0; k < a.length; k++) sum += a[k]! * b[k]!;
      A[i * Z.length + j] = sum;
    }
  }
  return A;
}

/** Zᵀx: the rows of Z, each times its number in x, added up. */
function combine(Z: readonly Float64Array[], x: Float64Array): Float64Array {
  const sum = new Float64Array(Z[0]!.length);
  for (const [r, z] of Z.entries()) {
    const weight = x[r]!;
    for (let i = 0; i < sum.length; i++) sum[i]! += weight * z[i]!;
  }
  return sum;
}

const transposed = (rows: readonly Float64Array[]): Float64Array[] =>
  Array.from(rows[0]!, (_, k) => Float64Array.from(rows, (row) => row[k]!));

const rowsOf = (values: Float64Array, width: number): Float64Array[] =>
  Array.from({ length: values.length / width }, (_, i) => values.subarray(i * width, (i + 1) * width));

/** The coefficients of every output [p] for one λ > 0, which keeps the matrix positive definite. */
function solve({ A, right, coefficients }: System, penalty: number): readonly Float64Array[] {
  const m = right[0]!.length;
  const L = A.slice();
  for (let i = 0; i < m; i++) L[i * m + i]! += penalty;
  factorizeCholesky(L, m, penalty);
  return right.map((b) => {
    const x = b.slice();
    substitute(L, x);
    return coefficients(x);
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
export function errorOf(map: LinearMap, { features, targets, weights }: Rows): number {
  let error = 0;
  for (let r = 0; r < features.rows; r++) {
    if (weights[r] === 0) continue;
    const predicted = applyMap(map, rowOf(features, r));
    const y = rowOf(targets, r);
    for (let k = 0; k < y.length; k++) error += weights[r]! * (y[k]! - predicted[k]!) ** 2;
  }
  return error;
}
