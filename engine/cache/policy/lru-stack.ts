/**
 * Keys in the order of their last reads, as in an LRU cache without limit, that tells how deep each one stood when it is read
 * again: Mattson's stack distance. An LRU cache of c keys hits exactly the reads of depth c or less.
 *
 * Every read takes the next slot of a row of slots and leaves a hole where its key was. With n keys in the stack, and holes
 * counted in a Fenwick tree, the key in slot s stands at
 *
 *     depth = n − (s − holes up to s) + 1        slots counted from 1
 *
 * When the slots are used up, keys move together, in their order, and all holes are gone.
 *
 * @see Mattson, Gecsei, Slutz & Traiger (1970), Evaluation techniques for storage hierarchies; Bennett & Kruskal (1975), LRU
 *   stack processing, for the tree; Fenwick (1994). Cost: O(log n) for each read; 4 bytes for each key that there might be,
 *   32 to 64 for each in the stack.
 */
export class LruStack {
  /** The slot of each key; 0 for one that is not in the stack. */
  #slotOf: Int32Array;
  /** The key in each slot; absent in a hole. */
  #keyIn = new Int32Array(fewestSlots + 1);
  /** Entry i counts the holes in the slots (i − lowest bit of i, i]. */
  #holes = new Int32Array(fewestSlots + 1);
  #lastSlot = 0;
  #size = 0;

  /** @param keys keys that there might be; a larger one makes room for itself. */
  constructor(keys: number) {
    this.#slotOf = new Int32Array(keys);
  }

  /** Keys in the stack. */
  get size(): number {
    return this.#size;
  }

  /** Move a key to the top, as one that is read. Returns the depth where it was, at least 1; 0 for a key that is new. */
  read(key: number): number {
    const depth = this.remove(key);
    if (this.#lastSlot === this.#keyIn.length - 1) this.#closeUp();
    if (key >= this.#slotOf.length) this.#grow(key);
    this.#lastSlot += 1;
    this.#slotOf[key] = this.#lastSlot;
    this.#keyIn[this.#lastSlot] = key;
    this.#size += 1;
    return depth;
  }

  /** Take a key out. Returns the depth where it was; 0 for a key that was not there. */
  remove(key: number): number {
    const slot = key < this.#slotOf.length ? this.#slotOf[key]! : 0;
    if (slot === 0) return 0;
    const holes = this.#holes;
    let before = 0;
    for (let i = slot; i > 0; i &= i - 1) before += holes[i]!;
    const depth = this.#size - (slot - before) + 1;
    for (let i = slot; i < holes.length; i += i & -i) holes[i]! += 1;
    this.#keyIn[slot] = absent;
    this.#slotOf[key] = 0;
    this.#size -= 1;
    return depth;
  }

  /** Move keys together, and make as much room again as makes this cheap: three slots for each key. */
  #closeUp(): void {
    const slots = Math.max(fewestSlots, 4 * this.#size);
    const old = this.#keyIn;
    const keyIn = slots < old.length ? old : new Int32Array(slots + 1);
    let last = 0;
    for (let slot = 1; slot <= this.#lastSlot; slot++) {
      const key = old[slot]!;
      if (key === absent) continue;
      last += 1;
      keyIn[last] = key;
      this.#slotOf[key] = last;
    }
    this.#lastSlot = last;
    if (keyIn === old) this.#holes.fill(0);
    else {
      this.#keyIn = keyIn;
      this.#holes = new Int32Array(slots + 1);
    }
  }

  #grow(key: number): void {
    const larger = new Int32Array(Math.max(2 * this.#slotOf.length, key + 1));
    larger.set(this.#slotOf);
    this.#slotOf = larger;
  }
}

const fewestSlots = 1024;
const absent = -1;
