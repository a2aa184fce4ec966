/**
 * Keys in [0, keys) with the one of greatest priority on top: a binary heap that knows where each key stands, so that any can
 * be moved or taken out. 16 bytes for each key that there might be. Methods cost O(log n), the tops and `has` O(1).
 */
export class KeyHeap {
  readonly #heap: Int32Array;
  /** Where each key stands in the heap; absent for one that is not there. */
  readonly #place: Int32Array;
  readonly #priority: Float64Array;
  #size = 0;

  constructor(keys: number) {
    this.#heap = new Int32Array(keys);
    this.#place = new Int32Array(keys).fill(absent);
    this.#priority = new Float64Array(keys);
  }

  get size(): number {
    return this.#size;
  }

  /** The key of greatest priority of a heap that is not empty. */
  get top(): number {
    return this.#heap[0]!;
  }

  get topPriority(): number {
    return this.#priority[this.top]!;
  }

  has(key: number): boolean {
    return this.#place[key] !== absent;
  }

  /** Give a key its priority; add it when it is not in the heap. */
  set(key: number, priority: number): void {
    this.#priority[key] = priority;
    const place = this.#place[key]!;
    this.#settle(key, place === absent ? this.#size++ : place);
  }

  /** Take a key out that is in the heap. */
  remove(key: number): void {
    const place = this.#place[key]!;
    this.#place[key] = absent;
    this.#size -= 1;
    if (place < this.#size) this.#settle(this.#heap[this.#size]!, place);
  }

  /** Put a key that belongs at `place` or above or below it where it belongs: upwards first, then downwards. */
  #settle(key: number, place: number): void {
    const heap = this.#heap;
    const priority = this.#priority[key]!;
    let at = place;
    for (let parent = (at - 1) >> 1; at > 0 && this.#priority[heap[parent]!]! < priority; parent = (at - 1) >> 1) {
      this.#put(heap[parent]!, at);
      at = parent;
    }
    for (let child = 2 * at + 1; child < this.#size; child = 2 * at + 1) {
      if (child + 1 < this.#size && this.#priority[heap[child + 1]!]! > this.#priority[heap[child]!]!) child += 1;
      if (this.#priority[heap[child]!]! <= priority) break;
      this.#put(heap[child]!, at);
      at = child;
    }
    this.#put(key, at);
  }

  #put(key: number, place: number): void {
    this.#heap[place] = key;
    this.#place[key] = place;
  }
}

const absent = -1;
