/**
 * A sparse matrix in compressed rows. Row r holds the entries `indptr[r] … indptr[r + 1]` of `indices` (columns, strictly
 * ascending) and `weights`. For interactions: rows are users, columns tracks, weights r ≥ 0.
 */
export interface Csr {
  readonly rows: number;
  readonly cols: number;
  /** Where each row begins [rows + 1]. */
  readonly indptr: Uint32Array;
  readonly indices: Uint32Array;
  readonly weights: Float32Array;
}

/** One row of a sparse matrix: the columns that it has, as rows of the other side, and their weights. */
export interface SparseRow {
  readonly rows: Uint32Array;
  readonly weights: Float32Array;
}

/** The same interactions seen from both sides; `byTrack` is the transpose of `byUser`. */
export interface InteractionMatrix {
  readonly byUser: Csr;
  readonly byTrack: Csr;
}

/** Row `r` of `matrix`, as views. */
export const sparseRow = (matrix: Csr, r: number): SparseRow => ({
  rows: matrix.indices.subarray(matrix.indptr[r]!, matrix.indptr[r + 1]!),
  weights: matrix.weights.subarray(matrix.indptr[r]!, matrix.indptr[r + 1]!),
});

/** Both views of one set of interactions. */
export const interactionMatrix = (byUser: Csr): InteractionMatrix => ({ byUser, byTrack: transpose(byUser) });

/**
 * Build compressed rows from triples in any order; triples of the same cell are summed, in float64, in their order.
 *
 * @param shape   the size of the matrix; every row and column index lies within.
 * @param triples row, column and weight of each entry, equally long.
 * @returns entries sorted by (row, column). Cost O(n + rows + cols).
 */
export function csrFromTriples(
  shape: { readonly rows: number; readonly cols: number },
  triples: { readonly row: Uint32Array; readonly col: Uint32Array; readonly weight: ArrayLike<number> },
): Csr {
  const { row, col, weight } = triples;
  const order = orderByPair(row, col, shape);
  const indptr = new Uint32Array(shape.rows + 1);
  const indices = new Uint32Array(order.length);
  const sums = new Float64Array(order.length);
  let length = 0;
  let lastRow = -1;
  let lastCol = -1;
  for (const at of order) {
    if (row[at] !== lastRow || col[at] !== lastCol) {
      lastRow = row[at]!;
      lastCol = col[at]!;
      indices[length++] = lastCol;
      indptr[lastRow + 1]! += 1;
    }
    sums[length - 1]! += weight[at]!;
  }
  accumulate(indptr);
  return { ...shape, indptr, indices: indices.slice(0, length), weights: Float32Array.from(sums.subarray(0, length)) };
}

/** The transpose: columns become rows. Cost O(n + rows + cols). */
export function transpose(matrix: Csr): Csr {
  const indptr = new Uint32Array(matrix.cols + 1);
  for (const col of matrix.indices) indptr[col + 1]! += 1;
  accumulate(indptr);
  const next = indptr.slice();
  const indices = new Uint32Array(matrix.indices.length);
  const weights = new Float32Array(matrix.indices.length);
  for (let r = 0; r < matrix.rows; r++) {
    for (let at = matrix.indptr[r]!; at < matrix.indptr[r + 1]!; at++) {
      const to = next[matrix.indices[at]!]!++;
      indices[to] = r;
      weights[to] = matrix.weights[at]!;
    }
  }
  return { rows: matrix.cols, cols: matrix.rows, indptr, indices, weights };
}

/** How many entries each row has. */
export const rowLengths = (matrix: Csr): Uint32Array =>
  Uint32Array.from({ length: matrix.rows }, (_, r) => matrix.indptr[r + 1]! - matrix.indptr[r]!);

/** The order that sorts entries by (row, col); entries of one pair keep their order. Two stable counting sorts. */
export function orderByPair(
  row: Uint32Array,
  col: Uint32Array,
  shape: { readonly rows: number; readonly cols: number },
): Uint32Array {
  const asGiven = Uint32Array.from({ length: row.length }, (_, at) => at);
  return stableOrder(row, shape.rows, stableOrder(col, shape.cols, asGiven));
}

function stableOrder(keys: Uint32Array, keyCount: number, order: Uint32Array): Uint32Array {
  const next = new Uint32Array(keyCount + 1);
  for (const key of keys) next[key + 1]! += 1;
  accumulate(next);
  const sorted = new Uint32Array(order.length);
  for (const at of order) sorted[next[keys[at]!]!++] = at;
  return sorted;
}

/** Counts at [i + 1] become starts at [i + 1]. */
function accumulate(counts: Uint32Array): void {
  for (let i = 1; i < counts.length; i++) counts[i]! += counts[i - 1]!;
}
