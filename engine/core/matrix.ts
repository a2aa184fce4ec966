/** A dense matrix [rows × cols], float32, row-major: row r is `data[r·cols, (r+1)·cols)`. */
export interface Matrix {
  readonly rows: number;
  readonly cols: number;
  readonly data: Float32Array;
}

/** A matrix of zeros [rows × cols]. */
export const zeros = (rows: number, cols: number): Matrix => ({ rows, cols, data: new Float32Array(rows * cols) });

/** Row `r` of `m` as a view [cols]: writing to it writes to the matrix. */
export const rowOf = (m: Matrix, r: number): Float32Array => m.data.subarray(r * m.cols, (r + 1) * m.cols);

/** The first `rows` rows of `m`, as a view. */
export const firstRows = ({ cols, data }: Matrix, rows: number): Matrix => ({
  rows,
  cols,
  data: data.subarray(0, rows * cols),
});
