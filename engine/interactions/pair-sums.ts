import { type Csr, csrFromTriples } from './csr.ts';
import { sumByPair } from './sort-pairs.ts';

/** Bytes for each pair while it is summed: 16 here, and as many again while they are sorted. */
const bytesPerPair = 32;

/** With more of the room taken than this, sorting again and again would gain too little; with less, passes would be many. */
const crowded = 0.75;

/**
 * Sums the weights of pairs in a range of rows, within a budget of memory. The range begins at `first` and reaches as far
 * as the budget allows: when the pairs outgrow it, duplicates are summed, and if that is not enough, the upper rows of the
 * range are given up, for another pass over the events. At least one row is kept, whatever it holds.
 *
 * A pair's sum so far stands for its events so far, so the sum is the same, bit for bit, whenever this happens.
 */
export class PairSums {
  readonly #first: number;
  readonly #most: number;
  #end = Number.POSITIVE_INFINITY;
  #row = new Uint32Array(2);
  #col = new Uint32Array(2);
  #weight = new Float64Array(2);
  #length = 0;

  constructor(first: number, budgetBytes: number) {
    this.#first = first;
    this.#most = Math.max(2, Math.floor(budgetBytes / bytesPerPair));
  }

  /** The first row that this range has given up. */
  get end(): number {
    return this.#end;
  }

  /** Count an event, if its row is in the range. */
  add(row: number, col: number, weight: number): void {
    if (row < this.#first || row >= this.#end) return;
    if (this.#length === this.#row.length) {
      this.#makeRoom();
      if (row >= this.#end) return;
    }
    this.#row[this.#length] = row - this.#first;
    this.#col[this.#length] = col;
    this.#weight[this.#length++] = weight;
  }

  /** The sums, rows counted from the first of the range to the last of `rows`. */
  matrix(rows: number, cols: number): Csr {
    const n = this.#length;
    const triples = {
      row: this.#row.subarray(0, n),
      col: this.#col.subarray(0, n),
      weight: this.#weight.subarray(0, n),
    };
    return csrFromTriples({ rows: Math.min(rows, this.#end) - this.#first, cols }, triples);
  }

  #makeRoom(): void {
    if (this.#row.length >= this.#most) this.#condense();
    if (this.#length > crowded * this.#row.length) this.#grow();
  }

  /** Sum what repeats; if it is crowded still, give up the upper rows. */
  #condense(): void {
    const triples = { row: this.#row, col: this.#col, value: this.#weight };
    const { indptr, col, value } = sumByPair({ rows: largest(this.#row) + 1, cols: largest(this.#col) + 1 }, triples);
    const allowed = crowded * this.#row.length;
    let rows = indptr.length - 1;
    if (col.length > allowed) {
      rows = indptr.findIndex((begin) => begin > allowed) - 1;
      if (indptr[rows] === 0) rows += 1; // the first row that has anything has more than that
      this.#end = this.#first + rows;
    }
    this.#length = indptr[rows]!;
    for (let r = 0; r < rows; r++) this.#row.fill(r, indptr[r], indptr[r + 1]);
    this.#col.set(col.subarray(0, this.#length));
    this.#weight.set(value.subarray(0, this.#length));
  }

  #grow(): void {
    const capacity = 2 * this.#row.length;
    const allowed = this.#row.length < this.#most ? Math.min(capacity, this.#most) : capacity;
    this.#row = larger(this.#row, new Uint32Array(allowed));
    this.#col = larger(this.#col, new Uint32Array(allowed));
    this.#weight = larger(this.#weight, new Float64Array(allowed));
  }
}

function larger<T extends Uint32Array | Float64Array>(values: T, into: T): T {
  into.set(values);
  return into;
}

function largest(values: Uint32Array): number {
  let found = 0;
  for (let i = 0; i < values.length; i++) if (values[i]! > found) found = values[i]!;
  return found;
}
