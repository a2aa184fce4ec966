import { factorizeCholesky, substituteAll } from '../als/cholesky.ts';
import { digestOf } from '../core/digest.ts';
import { type Matrix, rowOf } from '../core/matrix.ts';
import { crossProducts, innerProducts, outerProducts } from './products.ts';

/** n rows to learn from or to check on; a weight ≥ 0 says how much a row counts. */
export interface Rows {
  readonly features: Matrix;
  readonly targets: Matrix;
  readonly weights: Float32Array;
}

/**
 * Features are of order 1. One that varied less than this may vary more elsewhere: a band that was silent in every track so far
 * must not be given a large coefficient for the little that it said.
 */
const leastDeviation = 0.02;

/** What a regression has of its features, whatever the targets: n weighted rows, of which those of weight 0 do not count. */
export interface Design {
  readonly featureMean: Float64Array;
  /** 1 / (deviation + {@link leastDeviation}); 0 for a feature that does not vary, which is left out. */
  readonly featureScale: Float64Array;
  /** Right sides [m] of the normal equations for targets Y [n × q]. */
  right(Y: readonly Float64Array[]): readonly Float64Array[];
  /** Coefficients of the standardised features [p] for each right side and one λ > 0, which keeps the matrix positive definite. */
  solve(right: readonly Float64Array[], penalty: number): readonly Float64Array[];
}

/** Kept as long as their features: for other targets the same equations are solved again, and factorising them takes longest. */
const designs = new WeakMap<Matrix, { readonly weights: Float32Array; readonly design: Design }>();

export function designOf({ features, weights }: Rows): Design {
  const kept = designs.get(features);
  if (kept && digestOf(kept.weights) === digestOf(weights)) return kept.design;
  const design = createDesign(features, weights);
  designs.set(features, { weights, design });
  return design;
}

function createDesign(features: Matrix, weights: Float32Array): Design {
  const { mean: featureMean, variance } = momentsOf(features, weights);
  const featureScale = variance.map((v) => (v > 1e-10 ? 1 / (Math.sqrt(v) + leastDeviation) : 0));
  const Z = scaledRows(features, weights, (x, i) => (x - featureMean[i]!) * featureScale[i]!);
  const isWide = Z.length < Z[0]!.length;
  const A = isWide ? innerProducts(Z) : outerProducts(Z);
  const m = isWide ? Z.length : Z[0]!.length;
  const factors = new Map<number, Float64Array>();
  const factorOf = (penalty: number): Float64Array => {
    const known = factors.get(penalty);
    if (known) return known;
    const L = A.slice();
    for (let i = 0; i < m; i++) L[i * m + i]! += penalty;
    factorizeCholesky(L, m, penalty);
    factors.set(penalty, L);
    return L;
  };
  return {
    featureMean,
    featureScale,
    right: (Y) => (isWide ? transposed(Y) : rowsOf(crossProducts(Y, Z), m)),
    solve(right, penalty) {
      const B = columns(right);
      substituteAll(factorOf(penalty), B, m);
      const x = rowsOf(B, right.length);
      const solved = transposed(x);
      return isWide ? solved.map((column) => combine(Z, column)) : solved;
    },
  };
}

/** Targets as the equations of a design want them. */
export interface Problem {
  readonly right: readonly Float64Array[];
  readonly targetMean: Float64Array;
}

export function problemOf(design: Design, { targets, weights }: Rows): Problem {
  const { mean: targetMean } = momentsOf(targets, weights);
  return { right: design.right(scaledRows(targets, weights, (y, k) => y - targetMean[k]!)), targetMean };
}

/** Weighted mean and variance of every column. */
function momentsOf(m: Matrix, weights: Float32Array): { readonly mean: Float64Array; readonly variance: Float64Array } {
  const mean = new Float64Array(m.cols);
  const variance = new Float64Array(m.cols);
  let total = 0;
  for (let r = 0; r < m.rows; r++) {
    const row = rowOf(m, r);
    total += weights[r]!;
    for (let i = 0; i < m.cols; i++) mean[i]! += weights[r]! * row[i]!;
  }
  for (let i = 0; i < m.cols; i++) mean[i]! /= total;
  for (let r = 0; r < m.rows; r++) {
    const row = rowOf(m, r);
    for (let i = 0; i < m.cols; i++) variance[i]! += (weights[r]! / total) * (row[i]! - mean[i]!) ** 2;
  }
  return { mean, variance };
}

/** The rows that count, every value changed by `change`, each row multiplied by √(w / Σw). */
function scaledRows(
  m: Matrix,
  weights: Float32Array,
  change: (value: number, column: number) => number,
): Float64Array[] {
  const total = weights.reduce((sum, w) => sum + w, 0);
  const rows = [...weights.keys()].filter((r) => weights[r]! > 0);
  return rows.map((r) => {
    const root = Math.sqrt(weights[r]! / total);
    return Float64Array.from(rowOf(m, r), (value, i) => root * change(value, i));
  });
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

/** Vectors of one length m as the columns of a matrix [m × q], row-major. */
function columns(vectors: readonly Float64Array[]): Float64Array {
  const matrix = new Float64Array(vectors.length * vectors[0]!.length);
  for (const [k, vector] of vectors.entries()) {
    for (let i = 0; i < vector.length; i++) matrix[i * vectors.length + k] = vector[i]!;
  }
  return matrix;
}
