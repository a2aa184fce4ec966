import { DubplateError } from '../core/errors.ts';

export const notPositiveDefinite = (pivot: number, regularization: number): DubplateError =>
  new DubplateError('NOT_POSITIVE_DEFINITE', `Cholesky pivot ${pivot} is not positive (λ = ${regularization})`, {
    hint: 'Raise `als.regularization`; 0 is only safe while the factors of the other side span all k dimensions.',
    details: { pivot, regularization },
  });

/** A pivot this small beside its diagonal has at most four right digits: the direction is not in the data. */
const rounding = 1e-12;

/**
 * Factorise a symmetric positive definite matrix in place.
 *
 *     A = L·Lᵀ
 *
 * @param A [k × k], float64; its lower triangle is read and becomes L, the rest is left alone.
 * @param k size of A.
 * @param regularization λ that went into A, for the message.
 * @throws DubplateError NOT_POSITIVE_DEFINITE when a pivot does not stand out from rounding: pivot ≤ 10⁻¹²·Aᵢᵢ.
 * @see Golub & Van Loan, Matrix Computations, algorithm 4.2.1. Cost k³/3 flops, four rows at a time: their sums do not wait for
 * each other.
 */
export function factorizeCholesky(A: Float64Array, k: number, regularization: number): void {
  for (let first = 0; first < k; first += 4) {
    const end = Math.min(first + 4, k);
    if (end - first === 4) eliminateFour(A, k, first);
    for (let i = first; i < end; i++) {
      const diagonal = A[i * k + i]!;
      for (let j = end - first === 4 ? first : 0; j <= i; j++) {
        let sum = A[i * k + j]!;
        for (let p = 0; p < j; p++) sum -= A[i * k + p]! * A[j * k + p]!;
        if (j < i) A[i * k + j] = sum / A[j * k + j]!;
        else if (sum > rounding * diagonal) A[i * k + i] = Math.sqrt(sum);
        else throw notPositiveDefinite(sum, regularization);
      }
    }
  }
}

/** Rows `first` to `first + 3` of L, up to column `first`: Lᵢⱼ = (Aᵢⱼ − Σ_{p<j} Lᵢₚ·Lⱼₚ) / Lⱼⱼ. */
function eliminateFour(A: Float64Array, k: number, first: number): void {
  const [a, b, c, d] = [first * k, (first + 1) * k, (first + 2) * k, (first + 3) * k];
  for (let j = 0; j < first; j++) {
    const row = j * k;
    let [sa, sb, sc, sd] = [A[a + j]!, A[b + j]!, A[c + j]!, A[d + j]!];
    for (let p = 0; p < j; p++) {
      const l = A[row + p]!;
      sa -= A[a + p]! * l;
      sb -= A[b + p]! * l;
      sc -= A[c + p]! * l;
      sd -= A[d + p]! * l;
    }
    const pivot = A[row + j]!;
    A[a + j] = sa / pivot;
    A[b + j] = sb / pivot;
    A[c + j] = sc / pivot;
    A[d + j] = sd / pivot;
  }
}

/** Solve L·Lᵀ x = b in place of `b`, with L from {@link factorizeCholesky}. Cost 2k² flops. */
export function substitute(L: Float64Array, b: Float64Array): void {
  const k = b.length;
  for (let i = 0; i < k; i++) {
    let sum = b[i]!;
    for (let p = 0; p < i; p++) sum -= L[i * k + p]! * b[p]!;
    b[i] = sum / L[i * k + i]!;
  }
  for (let i = k - 1; i >= 0; i--) {
    let sum = b[i]!;
    for (let p = i + 1; p < k; p++) sum -= L[p * k + i]! * b[p]!;
    b[i] = sum / L[i * k + i]!;
  }
}

/**
 * The same for many right sides together, in place of `B`.
 *
 * @param B [k × q], row-major: one column for each right side.
 */
export function substituteAll(L: Float64Array, B: Float64Array, k: number): void {
  const q = B.length / k;
  /** Row i less l times row p. */
  const subtract = (i: number, l: number, p: number): void => {
    for (let c = 0; c < q; c++) B[i * q + c]! -= l * B[p * q + c]!;
  };
  const divide = (i: number): void => {
    const pivot = L[i * k + i]!;
    for (let c = 0; c < q; c++) B[i * q + c]! /= pivot;
  };
  for (let i = 0; i < k; i++) {
    for (let p = 0; p < i; p++) subtract(i, L[i * k + p]!, p);
    divide(i);
  }
  for (let i = k - 1; i >= 0; i--) {
    for (let p = i + 1; p < k; p++) subtract(i, L[p * k + i]!, p);
    divide(i);
  }
}

/**
 * Solve A x = b for symmetric positive definite A. Overwrites both; returns b, which is x.
 * @throws DubplateError NOT_POSITIVE_DEFINITE.
 */
export function solveCholesky(A: Float64Array, b: Float64Array, regularization: number): Float64Array {
  factorizeCholesky(A, b.length, regularization);
  substitute(A, b);
  return b;
}

/** A⁻¹ [k × k] of a symmetric positive definite matrix, which is overwritten. @throws NOT_POSITIVE_DEFINITE. */
export function inverseCholesky(A: Float64Array, k: number, regularization: number): Float64Array {
  factorizeCholesky(A, k, regularization);
  const inverse = new Float64Array(k * k);
  for (let i = 0; i < k; i++) {
    const column = inverse.subarray(i * k, (i + 1) * k); // symmetric: column i is row i
    column[i] = 1;
    substitute(A, column);
  }
  return inverse;
}
