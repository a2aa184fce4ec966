/** Rows must be below this to share a 53-bit number with a 32-bit score. */
const rowLimit = 2 ** 21;

const scoreBits = new Uint32Array(1);
const scoreFloat = new Float32Array(scoreBits.buffer);

/**
 * A whole number that sorts ascending as (score descending, row ascending): the score's 32 bits, made monotone and
 * reversed, above the row's 21. One number per candidate, so that sorting needs no objects and no comparator. −0 counts as 0.
 */
export function orderKey(score: number, row: number): number {
  scoreFloat[0] = score + 0;
  const bits = scoreBits[0]!;
  const descending = bits & 0x8000_0000 ? bits : ~bits & 0x7fff_ffff;
  return descending * rowLimit + row;
}

/** The row in an {@link orderKey}. */
export const rowOfKey = (key: number): number => key % rowLimit;

/**
 * The rows sorted by (score descending, row ascending), in place.
 *
 * @param rows   which rows to sort, each below 2²¹; overwritten with the order.
 * @param scores score of every row, float32, free of NaN.
 * @param keys   scratch, at least as long as `rows`.
 */
export function sortByScore(rows: Uint32Array, scores: Float32Array, keys: Float64Array): void {
  const used = keys.subarray(0, rows.length);
  for (let i = 0; i < rows.length; i++) {
    const row = rows[i]!;
    if (row >= rowLimit) throw new Error(`row ${row} is beyond the ${rowLimit} that can be sorted at once`);
    used[i] = orderKey(scores[row]!, row);
  }
  used.sort();
  for (let i = 0; i < rows.length; i++) rows[i] = rowOfKey(used[i]!);
}
