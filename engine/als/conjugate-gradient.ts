import type { Csr } from '../interactions/csr.ts';
import { inverseCholesky, notPositiveDefinite } from './cholesky.ts';
import { type HalfSweep, notFinite } from './half-sweep.ts';
import { objectiveOf } from './objective.ts';

/**
 * Half a sweep: improve every factor of one side while the other side stays fixed, by a few steps of preconditioned
 * conjugate gradients on each row's normal equations, from where the factor stands now.
 *
 *     A x = b,   A = g·G + Σ aₙ·yₙyₙᵀ + ρI = M + Σ aₙ·yₙyₙᵀ + (ρ − ρ̄)I,   b = Σ bₙ·yₙ
 *
 * M = g·G + ρ̄I, with ρ̄ the ridge of a row of mean length, is shared by all rows and inverted once: the preconditioner.
 * Where p = z + β·p with M z = residual, M p = residual + β·M p, so a step multiplies by one k × k matrix, as plain
 * conjugate gradients do, and converges as if the variables had been whitened.
 *
 * The fixed side is widened to float64 once, and a row's factors yₙ are swept eight at a time. The last step only needs
 * pᵀA p, which is half a pass. The loss xᵀA x − 2bᵀx is known from the first pass and falls by stride·rᵀz with each step.
 * All sums run in a fixed order, so the result depends on the arguments alone.
 *
 * Arguments and errors: see {@link HalfSweep}.
 *
 * @see Takács, Pilászy & Tikk (2011), Applications of the conjugate gradient method for implicit feedback CF.
 *   Cost per row with s steps: (4s + 2)·k·n + 2(s + 1)·k² flops.
 */
export const conjugateGradientHalfSweep: HalfSweep = (entries, fixed, gram, solved, options) => {
  const k = fixed.cols;
  const { gramWeight, extra, target, ridge } = objectiveOf(options);
  const meanRidge = ridge(entries.indices.length / Math.max(1, entries.rows), fixed.rows);
  const M = gram.map((value) => gramWeight * value);
  for (let i = 0; i < k; i++) M[i * k + i]! += meanRidge;
  const inverseM = withZeroRow(inverseCholesky(M.slice(), k, options.regularization), k);
  const Mrows = withZeroRow(M, k);
  const kRows = rowStarts(k, k);

  const Y = withZeroRow(fixed.data, k);
  const zeroRow = fixed.rows * k;
  const capacity = eights(longestRow(entries));
  const at = new Uint32Array(capacity); // where the row's yₙ begin in Y
  const a = new Float64Array(capacity);
  const b = new Float64Array(capacity);
  const s = new Float64Array(capacity);
  const width = eights(k); // vectors of length k, padded with zeros
  const x = new Float64Array(width);
  const r = new Float64Array(width);
  const z = new Float64Array(width);
  const p = new Float64Array(width);
  const Mp = new Float64Array(width);
  const Ap = new Float64Array(width);

  /** Solves one row of n entries in place; returns its loss. */
  const solveRow = (row: number, start: number, n: number): number => {
    const base = row * k;
    let loss = 0;
    const padded = eights(n); // padded with zero rows of weight 0: no loop has a tail
    for (let entry = 0; entry < n; entry++) {
      at[entry] = entries.indices[start + entry]! * k;
      a[entry] = extra(entries.weights[start + entry]!);
      b[entry] = target(entries.weights[start + entry]!);
      loss += b[entry]!;
    }
    at.fill(zeroRow, n, padded);
    a.fill(0, n, padded);
    b.fill(0, n, padded);
    const ridgeLeft = ridge(n, fixed.rows) - meanRidge;

    // r = b − A x = Σ (bₙ − aₙ·yₙᵀx)·yₙ − M x − (ρ − ρ̄)x
    for (let i = 0; i < k; i++) x[i] = solved.data[base + i]!;
    multiply(Mrows, k, kRows, width, x, r);
    for (let i = 0; i < k; i++) r[i] = -r[i]! - ridgeLeft * x[i]!;
    loss -= dot(x, r);
    multiply(Y, k, at, padded, x, s);
    for (let entry = 0; entry < padded; entry++) {
      loss += (a[entry]! * s[entry]! - 2 * b[entry]!) * s[entry]!;
      s[entry] = b[entry]! - a[entry]! * s[entry]!;
    }
    addRows(Y, k, at, padded, s, r);

    multiply(inverseM, k, kRows, width, r, z);
    p.set(z);
    Mp.set(r);
    let rz = dot(r, z);
    const solvedAt = 1e-28 * rz; // the residual is down to rounding: nothing is left to follow
    for (let step = 1; rz > solvedAt; step++) {
      multiply(Y, k, at, padded, p, s);
      let pAp = dot(p, Mp) + ridgeLeft * dot(p, p);
      for (let entry = 0; entry < padded; entry++) {
        pAp += a[entry]! * s[entry]! * s[entry]!;
        s[entry] = a[entry]! * s[entry]!;
      }
      if (pAp <= 0) throw notPositiveDefinite(pAp, options.regularization);
      const stride = rz / pAp;
      for (let i = 0; i < k; i++) x[i]! += stride * p[i]!;
      loss -= stride * rz;
      if (step === options.cgSteps) break;

      for (let i = 0; i < k; i++) Ap[i] = Mp[i]! + ridgeLeft * p[i]!;
      addRows(Y, k, at, padded, s, Ap);
      for (let i = 0; i < k; i++) r[i]! -= stride * Ap[i]!;
      multiply(inverseM, k, kRows, width, r, z);
      const rzBefore = rz;
      rz = dot(r, z);
      const beta = rz / rzBefore;
      for (let i = 0; i < k; i++) {
        p[i] = z[i]! + beta * p[i]!;
        Mp[i] = r[i]! + beta * Mp[i]!;
      }
    }
    for (let i = 0; i < k; i++) solved.data[base + i] = x[i]!;
    return loss;
  };

  return ({ first, last }) => {
    const report = { loss: 0, ridge: 0 };
    for (let row = first; row < last; row++) {
      const start = entries.indptr[row]!;
      const n = entries.indptr[row + 1]! - start;
      if (n === 0) {
        solved.data.fill(0, row * k, (row + 1) * k);
        continue;
      }
      const loss = solveRow(row, start, n);
      const norm = squaredNorm(solved.data, row * k, k);
      if (!Number.isFinite(loss) || !Number.isFinite(norm)) throw notFinite(row);
      report.loss += loss;
      report.ridge += ridge(n, fixed.rows) * norm;
    }
    return report;
  };
};

/** Floating-point operations of one sweep (both halves, Gram matrices included), for rates: a model, not a count. */
export function flopsPerSweep(size: {
  readonly users: number;
  readonly tracks: number;
  readonly interactions: number;
  readonly factors: number;
  readonly solver: 'cg' | 'cholesky';
  readonly cgSteps: number;
}): number {
  const { users, tracks, interactions, factors: k, solver, cgSteps } = size;
  const rows = users + tracks;
  if (solver === 'cholesky') return 2 * interactions * k * k + rows * (k ** 3 / 3 + k * k);
  return 2 * interactions * k * (4 * cgSteps + 2) + rows * k * k * (2 * (cgSteps + 1) + 1);
}

/**
 * out[n] = rows[at[n]] · v for `count` rows, a multiple of eight, each k numbers long and starting at `at[n]`. Eight rows
 * share each load of v and keep eight sums in registers, which is what makes plain JavaScript fast enough here.
 */
function multiply(
  rows: Float64Array,
  k: number,
  at: Uint32Array,
  count: number,
  v: Float64Array,
  out: Float64Array,
): void {
  for (let n = 0; n < count; n += 8) {
    const at0 = at[n]!;
    const at1 = at[n + 1]!;
    const at2 = at[n + 2]!;
    const at3 = at[n + 3]!;
    const at4 = at[n + 4]!;
    const at5 = at[n + 5]!;
    const at6 = at[n + 6]!;
    const at7 = at[n + 7]!;
    let s0 = 0;
    let s1 = 0;
    let s2 = 0;
    let s3 = 0;
    let s4 = 0;
    let s5 = 0;
    let s6 = 0;
    let s7 = 0;
    for (let i = 0; i < k; i++) {
      const vi = v[i]!;
      s0 += rows[at0 + i]! * vi;
      s1 += rows[at1 + i]! * vi;
      s2 += rows[at2 + i]! * vi;
      s3 += rows[at3 + i]! * vi;
      s4 += rows[at4 + i]! * vi;
      s5 += rows[at5 + i]! * vi;
      s6 += rows[at6 + i]! * vi;
      s7 += rows[at7 + i]! * vi;
    }
    out[n] = s0;
    out[n + 1] = s1;
    out[n + 2] = s2;
    out[n + 3] = s3;
    out[n + 4] = s4;
    out[n + 5] = s5;
    out[n + 6] = s6;
    out[n + 7] = s7;
  }
}

/** out += Σ weights[n] · rows[at[n]] over `count` rows, a multiple of eight. */
function addRows(
  rows: Float64Array,
  k: number,
  at: Uint32Array,
  count: number,
  weights: Float64Array,
  out: Float64Array,
): void {
  for (let n = 0; n < count; n += 8) {
    const at0 = at[n]!;
    const at1 = at[n + 1]!;
    const at2 = at[n + 2]!;
    const at3 = at[n + 3]!;
    const at4 = at[n + 4]!;
    const at5 = at[n + 5]!;
    const at6 = at[n + 6]!;
    const at7 = at[n + 7]!;
    const w0 = weights[n]!;
    const w1 = weights[n + 1]!;
    const w2 = weights[n + 2]!;
    const w3 = weights[n + 3]!;
    const w4 = weights[n + 4]!;
    const w5 = weights[n + 5]!;
    const w6 = weights[n + 6]!;
    const w7 = weights[n + 7]!;
    for (let i = 0; i < k; i++) {
      out[i]! +=
        w0 * rows[at0 + i]! +
        w1 * rows[at1 + i]! +
        (w2 * rows[at2 + i]! + w3 * rows[at3 + i]!) +
        (w4 * rows[at4 + i]! + w5 * rows[at5 + i]! + (w6 * rows[at6 + i]! + w7 * rows[at7 + i]!));
    }
  }
}

function dot(u: Float64Array, v: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < u.length; i++) sum += u[i]! * v[i]!;
  return sum;
}

function longestRow(entries: Csr): number {
  let longest = 0;
  for (let row = 0; row < entries.rows; row++) {
    longest = Math.max(longest, entries.indptr[row + 1]! - entries.indptr[row]!);
  }
  return longest;
}

/** The next multiple of eight. */
const eights = (n: number): number => Math.ceil(n / 8) * 8;

/** A row-major matrix of rows k long as float64, with a row of zeros behind the last one. */
function withZeroRow(data: Float32Array | Float64Array, k: number): Float64Array {
  const copy = new Float64Array(data.length + k);
  copy.set(data);
  return copy;
}

/** Where `count` rows of length k begin, padded to a multiple of eight with the row of zeros behind them. */
const rowStarts = (count: number, k: number): Uint32Array =>
  Uint32Array.from({ length: eights(count) }, (_, row) => Math.min(row, count) * k);

function squaredNorm(data: Float32Array, from: number, k: number): number {
  let sum = 0;
  for (let i = from; i < from + k; i++) sum += data[i]! * data[i]!;
  return sum;
}
