import type { Matrix } from '../core/matrix.ts';

/**
 * The Gram matrix of the rows of Y.
 *
 *     G = YᵀY = Σ y·yᵀ
 *
 * @param Y [n × k], float32.
 * @returns G [k × k], float64, symmetric. Four rows at a time in row order, so the bits depend on Y alone. Cost n·k² flops.
 */
export function gramMatrix(Y: Matrix): Float64Array {
  const k = Y.cols;
  const G = new Float64Array(k * k);
  const y0 = new Float64Array(k);
  const y1 = new Float64Array(k);
  const y2 = new Float64Array(k);
  const y3 = new Float64Array(k);
  for (let row = 0; row < Y.rows; row += 4) {
    loadRow(Y, row, y0);
    loadRow(Y, row + 1, y1);
    loadRow(Y, row + 2, y2);
    loadRow(Y, row + 3, y3);
    for (let i = 0; i < k; i++) {
      const a = y0[i]!;
      const b = y1[i]!;
      const c = y2[i]!;
      const d = y3[i]!;
      const base = i * k;
      for (let j = i; j < k; j++) G[base + j]! += a * y0[j]! + b * y1[j]! + (c * y2[j]! + d * y3[j]!);
    }
  }
  for (let i = 0; i < k; i++) for (let j = 0; j < i; j++) G[i * k + j] = G[j * k + i]!;
  return G;
}

/** Row `row` of Y as float64, zeros beyond its end. */
function loadRow(Y: Matrix, row: number, into: Float64Array): void {
  if (row < Y.rows) into.set(Y.data.subarray(row * Y.cols, (row + 1) * Y.cols));
  else into.fill(0);
}
