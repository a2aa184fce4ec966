/**
 * Keys in [0, keys) from the oldest to the newest: a doubly linked list in two arrays, 8 bytes for each key that there might
 * be. The list is a ring that is closed by an entry which is no key, {@link none}, so that no end needs a case of its own.
 * All methods cost O(1).
 */
export class KeyQueue {
  /** What stands where there is no key: after the newest, before the oldest. */
  readonly none: number;
  /** For each key the next newer one; absent for one that is not in the queue. */
  readonly #newer: Int32Array;
  readonly #older: Int32Array;
  #size = 0;

  constructor(keys: number) {
    this.none = keys;
    this.#newer = new Int32Array(keys + 1).fill(absent);
    this.#older = new Int32Array(keys + 1);
    this.#newer[keys] = keys;
    this.#older[keys] = keys;
  }

  get size(): number {
    return this.#size;
  }

  has(key: number): boolean {
    return this.#newer[key] !== absent;
  }

  /** The next newer key; the oldest of all after {@link none}, which itself comes after the newest. */
  newerThan(key: number): number {
    return this.#newer[key]!;
  }

  /** Add a key that is not in the queue, as the newest. */
  push(key: number): void {
    const newest = this.#older[this.none]!;
    this.#newer[newest] = key;
    this.#older[key] = newest;
    this.#newer[key] = this.none;
    this.#older[this.none] = key;
    this.#size += 1;
  }

  /** Take a key out that is in the queue. */
  remove(key: number): void {
    const newer = this.#newer[key]!;
    const older = this.#older[key]!;
    this.#newer[older] = newer;
    this.#older[newer] = older;
    this.#newer[key] = absent;
    this.#size -= 1;
  }

  /** Take the oldest key out of a queue that is not empty. */
  shift(): number {
    const oldest = this.#newer[this.none]!;
    this.remove(oldest);
    return oldest;
  }
}

const absent = -1;
