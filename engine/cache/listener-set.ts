const pageBits = 16;
const pageMask = 2 ** pageBits - 1;

/** A set of listener indices, one bit each in pages of 65,536: 300M listeners take 38 MB, a lone large index one page. */
export class ListenerSet {
  readonly #pages = new Map<number, Uint32Array>();
  #size = 0;

  get size(): number {
    return this.#size;
  }

  /** @returns whether it was not there yet. */
  add(listener: number): boolean {
    const number = listener >>> pageBits;
    const page = this.#pages.get(number) ?? new Uint32Array(2 ** pageBits / 32);
    this.#pages.set(number, page);
    const word = (listener & pageMask) >>> 5;
    const bit = 1 << (listener & 31);
    if ((page[word]! & bit) !== 0) return false;
    page[word]! |= bit;
    this.#size++;
    return true;
  }

  has(listener: number): boolean {
    const word = this.#pages.get(listener >>> pageBits)?.[(listener & pageMask) >>> 5] ?? 0;
    return (word & (1 << (listener & 31))) !== 0;
  }

  /** Page by page in the order the pages were first touched, ascending within a page. */
  *[Symbol.iterator](): IterableIterator<number> {
    for (const [number, page] of this.#pages) {
      for (let word = 0; word < page.length; word++) {
        for (let bits = page[word]!; bits !== 0; bits &= bits - 1) {
          // bits & -bits keeps the lowest bit, which the loop then clears.
          yield number * 2 ** pageBits + word * 32 + (31 - Math.clz32(bits & -bits));
        }
      }
    }
  }
}
