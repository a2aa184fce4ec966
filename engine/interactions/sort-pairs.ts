/** Entries of a sparse matrix in any order: where each stands, and its value. */
export interface Triples {
  readonly row: Uint32Array;
  readonly col: Uint32Array;
  readonly value: ArrayLike<number>;
}

/** Entries sorted by (row, column). Row r holds the entries `indptr[r] … indptr[r + 1]` of `col` and `value`. */
export interface SortedPairs {
  readonly indptr: Uint32Array;
  readonly col: Uint32Array;
  readonly value: Float64Array;
}

/**
 * Sort entries by (row, column); entries of one pair keep their order.
 *
 * Entries are first dealt into blocks of neighbouring rows that fit the cache, column and value with them: fetching these
 * later, through an order, would miss the cache every time (measured: 1.2 s more for 10M). Then each block is sorted by
 * stable counting passes over the digits of column and row, and written back to where it was dealt to.
 *
 * @param shape   every row and column lies within; the caller has checked.
 * @param triples n entries; nothing is written to them.
 * @returns values in float64, so that positions below 2⁵³ can be sorted along. Cost O(n + rows). Memory: 16 bytes for each
 *   entry and 4 for each row, of which the result goes on holding all but 4 bytes for each entry.
 */
export const sortByPair = (shape: Area, triples: Triples): SortedPairs => arrange(shape, triples, false);

/** Like {@link sortByPair}, with the values of each pair summed, in float64, in the order of the input. */
export const sumByPair = (shape: Area, triples: Triples): SortedPairs => arrange(shape, triples, true);

/** How many rows and columns entries may lie in, from some multiple of the next power of two on. */
interface Area {
  readonly rows: number;
  readonly cols: number;
}

/** Entries on the move: row and column of each next to each other, so that they reach memory together. */
interface Entries {
  readonly cells: Uint32Array;
  readonly value: Float64Array;
}

/** The sorted entries so far. They grow over the blocks that they came from, and never overtake them. */
interface Output extends SortedPairs {
  readonly isSummed: boolean;
  length: number;
  /** The rows up to that of the last entry, and the column of that entry. */
  rowsBegun: number;
  lastCol: number;
}

/** The most entries that are sorted in one go. */
const blockSize = 1 << 16;
/** So many entries make a good block: what sorting them reads and writes at random fits the L2 cache. */
const goodBlock = 24_000;
/** Blocks that entries are dealt to at a time: each is two streams of writes, and a processor follows only so many. */
const mostBlocks = 1024;
/** A digit's counters fit the L1 cache. */
const digitBits = 12;

// One block, its order, and the counters. They belong to the module because the compiler then knows where they are and how
// long: the same loops over arrays that come as arguments take up to three times as long.
const row = new Uint32Array(blockSize);
const col = new Uint32Array(blockSize);
const value = new Float64Array(blockSize);
const key = new Uint32Array(blockSize);
const order = new Uint16Array(blockSize);
const reordered = new Uint16Array(blockSize);
const sortedCol = new Uint32Array(blockSize);
const sortedValue = new Float64Array(blockSize);
const counts = new Uint32Array((1 << digitBits) + 1);

function arrange(shape: Area, triples: Triples, isSummed: boolean): SortedPairs {
  const n = triples.row.length;
  const work = { cells: new Uint32Array(2 * n), value: new Float64Array(n) };
  const indptr = new Uint32Array(shape.rows + 1);
  const output = { indptr, col: work.cells, value: work.value, isSummed, length: 0, rowsBegun: 0, lastCol: 0 };
  arrangeArea(shape, triples, work, 0, output);
  indptr.fill(output.length, output.rowsBegun);
  return { indptr, col: work.cells.slice(0, output.length), value: work.value.subarray(0, output.length) };
}

/** Append the entries `from`, all of one area, to `output`, sorted, by way of `work` from `at` on. */
function arrangeArea(area: Area, from: Triples, work: Entries, at: number, output: Output): void {
  const isByRow = area.rows > 1;
  const shift = blockShift(isByRow ? area.rows : area.cols, from.row.length);
  const part = isByRow ? { rows: 2 ** shift, cols: area.cols } : { rows: 1, cols: 2 ** shift };
  const bounds = deal(isByRow ? from.row : from.col, shift, from, work, at);
  for (let block = 0; block < mostBlocks; block++) {
    const begin = at + bounds[block]!;
    const end = at + bounds[block + 1]!;
    if (begin === end) continue;
    if (end - begin <= blockSize) sortBlock(part, work, begin, end, output);
    else if (part.rows === 1 && part.cols === 1) {
      for (let a = begin; a < end; a += blockSize) sortBlock(part, work, a, Math.min(end, a + blockSize), output);
    } else arrangeArea(part, copied(work, begin, end), work, begin, output);
  }
}

/** From which bit on `width` keys are told apart, when n entries are to make good blocks. */
function blockShift(width: number, n: number): number {
  let shift = Math.min(31, bitsOf(width));
  while (shift > 0 && width / 2 ** (shift - 1) <= mostBlocks && width / 2 ** shift < n / goodBlock) shift -= 1;
  return shift;
}

/** Deal entries to blocks by the bits of `keys` from `shift` on, their order kept. Returns where each block begins and ends. */
function deal(keys: Uint32Array, shift: number, { row, col, value }: Triples, to: Entries, at: number): Uint32Array {
  const { cells: cellsTo, value: valueTo } = to;
  const mask = mostBlocks - 1;
  counts.fill(0, 0, mostBlocks + 1);
  for (let i = 0; i < keys.length; i++) counts[((keys[i]! >>> shift) & mask) + 1]! += 1;
  for (let block = 1; block <= mostBlocks; block++) counts[block]! += counts[block - 1]!;
  const bounds = counts.slice(0, mostBlocks + 1);
  for (let i = 0; i < keys.length; i++) {
    const place = at + counts[(keys[i]! >>> shift) & mask]!++;
    cellsTo[2 * place] = row[i]!;
    cellsTo[2 * place + 1] = col[i]!;
    valueTo[place] = value[i]!;
  }
  return bounds;
}

/** The entries [begin, end), as they came. */
function copied({ cells, value }: Entries, begin: number, end: number): Triples {
  const row = new Uint32Array(end - begin);
  const col = new Uint32Array(end - begin);
  for (let i = 0; i < row.length; i++) {
    row[i] = cells[2 * (begin + i)]!;
    col[i] = cells[2 * (begin + i) + 1]!;
  }
  return { row, col, value: value.slice(begin, end) };
}

/** Append the entries [begin, end) of `from` to `output`, sorted. It may lie over them: they are copied first. */
function sortBlock(area: Area, from: Entries, begin: number, end: number, output: Output): void {
  const length = end - begin;
  copyBlock(from, begin, length);
  key.set(col.subarray(0, length));
  orderByKey(length, bitsOf(area.cols));
  key.set(row.subarray(0, length));
  orderByKey(length, bitsOf(area.rows));
  append(length, output);
}

function copyBlock({ cells, value: valueFrom }: Entries, begin: number, length: number): void {
  for (let i = 0; i < length; i++) {
    row[i] = cells[2 * (begin + i)]!;
    col[i] = cells[2 * (begin + i) + 1]!;
    value[i] = valueFrom[begin + i]!;
    order[i] = i;
  }
}

/** Order the block by the lowest `bits` of `key`, least significant digit first; equal keys keep their order. */
function orderByKey(length: number, bits: number): void {
  const passes = Math.ceil(bits / digitBits);
  const width = Math.ceil(bits / passes);
  for (let pass = 0; pass < passes; pass++) orderByDigit(length, pass * width, (1 << width) - 1);
}

function orderByDigit(length: number, shift: number, mask: number): void {
  counts.fill(0, 0, mask + 2);
  for (let i = 0; i < length; i++) counts[((key[i]! >>> shift) & mask) + 1]! += 1;
  for (let digit = 1; digit <= mask; digit++) counts[digit]! += counts[digit - 1]!;
  for (let i = 0; i < length; i++) {
    const at = order[i]!;
    reordered[counts[(key[at]! >>> shift) & mask]!++] = at;
  }
  order.set(reordered.subarray(0, length));
}

/** Append the block in its order. A cell goes on from one block to the next only where it fills several. */
function append(length: number, output: Output): void {
  const { indptr, isSummed, length: begin } = output;
  let { rowsBegun, lastCol } = output;
  let n = 0;
  for (let i = 0; i < length; i++) {
    const at = order[i]!;
    const r = row[at]!;
    const c = col[at]!;
    if (r >= rowsBegun) {
      while (rowsBegun <= r) indptr[rowsBegun++] = begin + n;
    } else if (c === lastCol && isSummed) {
      if (n > 0) sortedValue[n - 1]! += value[at]!;
      else output.value[begin - 1]! += value[at]!;
      continue;
    }
    lastCol = c;
    sortedCol[n] = c;
    sortedValue[n++] = value[at]!;
  }
  output.col.set(sortedCol.subarray(0, n), begin);
  output.value.set(sortedValue.subarray(0, n), begin);
  output.length = begin + n;
  output.rowsBegun = rowsBegun;
  output.lastCol = lastCol;
}

/** Bits that number `count` things from 0 on. */
const bitsOf = (count: number): number => (count > 1 ? 32 - Math.clz32(count - 1) : 0);
