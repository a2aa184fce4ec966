import { type Matrix, rowOf, zeros } from '../core/matrix.ts';
import { type Design, designOf, type Problem, problemOf, type Rows } from './design.ts';

/** A linear map: y = W·x + b with W [inputs × outputs] stored row-major by input. */
export interface LinearMap {
  readonly weight: Matrix;
  readonly bias: Float32Array;
}

const penalties = [0.001, 0.1, 0.5, 2, 8, 32, 128];
/** Taken when there is nothing to choose by. */
const safePenalty = 2;
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
 * @see Hoerl & Kennard (1970). Cost O(n·p·m + 7·m³ + m²·q) with m = min(n, p); only O(m²·q) when the same rows are asked again for
 * other targets.
 */
export function ridge(train: Rows, check: Rows): LinearMap {
  const design = designOf(train);
  const problem = problemOf(design, train);
  const isChecked = check.weights.some((w) => w > 0);
  const penalty = isChecked ? choosePenalty(design, problem, check) : safePenalty;
  return unscale(design.solve(problem.right, penalty), design, problem.targetMean);
}

/**
 * The same with a λ of its own for every output, Infinity among them: an output of which the check rows confirm nothing is
 * constant. For few outputs: every one is solved with every λ.
 */
export function ridgeApart(train: Rows, check: Rows): LinearMap {
  if (!check.weights.some((w) => w > 0)) return ridge(train, check);
  const design = designOf(train);
  const { right, targetMean } = problemOf(design, train);
  const nothing = right.map(() => new Float64Array(train.features.cols));
  const solved = [...penalties.map((penalty) => design.solve(right, penalty)), nothing];
  const maps = solved.map((columns) => unscale(columns, design, targetMean));
  const best = right.map((_, k) => {
    const errors = maps.map((map) => errorOf(columnOf(map, k), { ...check, targets: pickColumns(check.targets, [k]) }));
    return solved[errors.indexOf(Math.min(...errors))]![k]!;
  });
  return unscale(best, design, targetMean);
}

const columnOf = ({ weight, bias }: LinearMap, k: number): LinearMap => ({
  weight: pickColumns(weight, [k]),
  bias: bias.slice(k, k + 1),
});

/** The penalty with the least error on the check rows, over a sample of the outputs. */
function choosePenalty(design: Design, problem: Problem, check: Rows): number {
  const outputs = problem.right.length;
  const every = Math.ceil(outputs / mostOutputsChecked);
  const sample = Array.from({ length: Math.ceil(outputs / every) }, (_, i) => i * every);
  const right = sample.map((k) => problem.right[k]!);
  const targetMean = Float64Array.from(sample, (k) => problem.targetMean[k]!);
  const targets = pickColumns(check.targets, sample);
  const errors = penalties.map((penalty) =>
    errorOf(unscale(design.solve(right, penalty), design, targetMean), { ...check, targets }),
  );
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

/** From standardised features back to raw ones. */
function unscale(
  columns: readonly Float64Array[],
  { featureMean, featureScale }: Design,
  targetMean: Float64Array,
): LinearMap {
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
