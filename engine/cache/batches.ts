/** Lists sent at once, and about the bytes after which they are sent earlier: what waits in this process is bounded. */
export const batchLists = 256;
export const batchBytes = 1 << 20;

/** Items in arrays of `size`, the last one shorter. */
export function* inBatches<T>(items: Iterable<T>, size: number): Generator<T[]> {
  let batch: T[] = [];
  for (const item of items) {
    batch.push(item);
    if (batch.length < size) continue;
    yield batch;
    batch = [];
  }
  if (batch.length > 0) yield batch;
}
