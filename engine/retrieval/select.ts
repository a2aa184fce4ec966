type Scores = Float32Array | Float64Array;

/**
 * The n best of `rows` by (score descending, row ascending); fewer when there are fewer.
 *
 * @param rows   ascending; not written to.
 * @param scores score of every row, free of NaN.
 * @returns Cost O(rows + n · log n · ln(rows / n)) with a heap of n rows, the worst on top.
 */
export function selectBest(rows: Uint32Array, scores: Scores, n: number): Uint32Array {
  const heap = rows.slice(0, n);
  const size = heap.length;
  if (size === 0) return heap;
  for (let i = (size >> 1) - 1; i >= 0; i--) siftDown(heap, size, i, scores);
  let bar = scores[heap[0]!]!;
  for (let i = size; i < rows.length; i++) {
    const row = rows[i]!;
    // As good as the worst is not enough: rows ascend, so this one comes after it.
    if (scores[row]! <= bar) continue;
    heap[0] = row;
    siftDown(heap, size, 0, scores);
    bar = scores[heap[0]!]!;
  }
  // The worst is on top: taking it off again and again leaves the best first.
  for (let end = size - 1; end > 0; end--) {
    const worst = heap[0]!;
    heap[0] = heap[end]!;
    heap[end] = worst;
    siftDown(heap, end, 0, scores);
  }
  return heap;
}

/** Does row a come before row b: the higher score, or the lower row among equals? */
const isBetter = (a: number, b: number, scores: Scores): boolean =>
  scores[a]! > scores[b]! || (scores[a] === scores[b] && a < b);

/** Restore the heap (worst on top) below position i. */
function siftDown(heap: Uint32Array, size: number, i: number, scores: Scores): void {
  const row = heap[i]!;
  for (;;) {
    let child = 2 * i + 1;
    if (child >= size) break;
    if (child + 1 < size && isBetter(heap[child]!, heap[child + 1]!, scores)) child += 1;
    if (!isBetter(row, heap[child]!, scores)) break;
    heap[i] = heap[child]!;
    i = child;
  }
  heap[i] = row;
}
