/** Bits of a score that one pass sorts by: three passes for all 32. */
const digitBits = 11;
const digits = 1 << digitBits;
const lowest = digits - 1;

/** Most rows that there is working memory for; more are sorted by comparison, at several times the cost. */
export const mostRows = 2 ** 21;

// Working memory, which holds nothing between calls; the system gives it as it is first written to. Made here once, since the
// compiler then knows where everything lies, which halves the time of a sort.
/** The scores of the rows, and the same memory as keys that ascend as scores descend. */
const sorted = new Float32Array(mostRows);
const keys = new Int32Array(sorted.buffer);
const movedKeys = new Int32Array(mostRows);
const movedRows = new Uint32Array(mostRows);
/** For each pass, where the next row of each digit goes. */
const low = new Uint32Array(digits);
const middle = new Uint32Array(digits);
const high = new Uint32Array(digits);

/**
 * The rows sorted by (score descending, row ascending), in place: by the lowest digit of the scores' bits first and by the
 * highest last, each pass keeping what the one before did where digits are equal. So rows that came ascending stay so where
 * scores are equal. No step waits for a comparison to be guessed.
 *
 * @param rows   which rows to sort, ascending; overwritten with the order.
 * @param scores score of every row, float32, free of NaN; −0 counts as 0.
 * @see Knuth (1998), volume 3, algorithm 5.2.5R. Cost O(rows), whatever the scores.
 */
export function sortByScore(rows: Uint32Array, scores: Float32Array): void {
  const { length } = rows;
  if (length > mostRows) {
    rows.sort((a, b) => scores[b]! - scores[a]! || a - b);
    return;
  }
  for (let i = 0; i < length; i++) sorted[i] = scores[rows[i]!]! + 0;
  low.fill(0);
  middle.fill(0);
  high.fill(0);
  for (let i = 0; i < length; i++) {
    // Bits of a float ascend with its size: unless it is negative, all but the sign is turned round.
    const key = keys[i]! ^ (~(keys[i]! >> 31) & 0x7fff_ffff);
    keys[i] = key;
    low[key & lowest]! += 1;
    middle[(key >>> digitBits) & lowest]! += 1;
    high[key >>> (2 * digitBits)]! += 1;
  }
  countsToPlaces(low);
  countsToPlaces(middle);
  countsToPlaces(high);
  for (let i = 0; i < length; i++) {
    const key = keys[i]!;
    const at = low[key & lowest]!++;
    movedKeys[at] = key;
    movedRows[at] = rows[i]!;
  }
  for (let i = 0; i < length; i++) {
    const key = movedKeys[i]!;
    const at = middle[(key >>> digitBits) & lowest]!++;
    keys[at] = key;
    rows[at] = movedRows[i]!;
  }
  for (let i = 0; i < length; i++) movedRows[high[keys[i]! >>> (2 * digitBits)]!++] = rows[i]!;
  for (let i = 0; i < length; i++) rows[i] = movedRows[i]!;
}

/** How many there are of each digit becomes how many come before it. */
function countsToPlaces(counts: Uint32Array): void {
  let before = 0;
  for (let digit = 0; digit < digits; digit++) {
    const count = counts[digit]!;
    counts[digit] = before;
    before += count;
  }
}
