/**
 * ZᵀZ [p × p], the lower half. Here and below four rows at a time: the sums are fetched and put back a quarter as often.
 *
 * @param Z n rows of length p.
 */
export function outerProducts(Z: readonly Float64Array[]): Float64Array {
  const p = Z[0]!.length;
  const A = new Float64Array(p * p);
  for (let r = 0; r < Z.length; r += 4) {
    const [a, b, c, d] = fourRows(Z, r);
    for (let i = 0; i < p; i++) {
      const [ai, bi, ci, di] = [a[i]!, b[i]!, c[i]!, d[i]!];
      const at = i * p;
      for (let j = 0; j <= i; j++) A[at + j]! += ai * a[j]! + bi * b[j]! + ci * c[j]! + di * d[j]!;
    }
  }
  return A;
}

/**
 * YᵀZ [q × p].
 *
 * @param Y n rows of length q.
 * @param Z n rows of length p.
 */
export function crossProducts(Y: readonly Float64Array[], Z: readonly Float64Array[]): Float64Array {
  const [q, p] = [Y[0]!.length, Z[0]!.length];
  const B = new Float64Array(q * p);
  for (let r = 0; r < Z.length; r += 4) {
    const [a, b, c, d] = fourRows(Z, r);
    const [e, f, g, h] = fourRows(Y, r);
    for (let i = 0; i < q; i++) {
      const [ei, fi, gi, hi] = [e[i]!, f[i]!, g[i]!, h[i]!];
      const at = i * p;
      for (let j = 0; j < p; j++) B[at + j]! += ei * a[j]! + fi * b[j]! + gi * c[j]! + hi * d[j]!;
    }
  }
  return B;
}

/** ZZᵀ [n × n], the lower half. */
export function innerProducts(Z: readonly Float64Array[]): Float64Array {
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

/** Rows r to r + 3, zeros behind the last. */
function fourRows(Z: readonly Float64Array[], r: number): [Float64Array, Float64Array, Float64Array, Float64Array] {
  const row = (i: number): Float64Array => Z[i] ?? new Float64Array(Z[0]!.length);
  return [row(r), row(r + 1), row(r + 2), row(r + 3)];
}
