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
 * @see Golub & Van Loan, Matrix Computations, algorithm 4.2.1. Cost k³/3 flops.
 */
export function factorizeCholesky(A: Float64Array, k: number, regularization: number): void {
  for (let i = 0; i < k; i++) {
    const diagonal = A[i * k + i]!;
    for (let j = 0; j <= i; j++) {
      let sum = A[i * k + j]!;
      for (let p = 0; p < j; p++) sum -= A[i * k + p]! * A[j * k + p]!;
      if (j < i) A[i * k + j] = sum / A[j * k + j]!;
      else if (sum > rounding * diagonal) A[i * k + i] = Math.sqrt(sum);
      else throw notPositiveDefinite(sum, regularization);
    }
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
