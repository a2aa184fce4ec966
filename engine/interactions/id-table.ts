import { checkCount } from './csr.ts';

/**
 * Numbers ids in order of first appearance, straight from the bytes of a file: no string is made until all are known.
 *
 * A hash table with open addressing. An id of up to 11 bytes is its own key and stands in its slot, so that finding it costs
 * one look at memory; a longer one has hashes there, and its bytes are compared as well. Memory: the bytes of the ids, and
 * for each 4 to know where they are and 24 to 48 in slots; half as much again while it grows.
 */
export class IdTable {
  /** For each slot the row + 1, or 0 where it is free, and the three words of the key. */
  #slots = new Int32Array(4 * 1024);
  /** Where the bytes of each id begin: where those of the one before end. */
  #offsets = new Uint32Array(1024);
  #bytes = Buffer.alloc(16 * 1024);
  #length = 0;

  /** How many ids have been numbered. */
  get length(): number {
    return this.#length;
  }

  /**
   * The row of the id that is written in [begin, end) of `bytes`; a new row for a new id.
   * @throws DubplateError INVALID_INPUT when the bytes of all ids are more than 32 bits number.
   */
  rowOf(bytes: DataView, begin: number, end: number): number {
    const length = end - begin;
    const isShort = length < keyBytes;
    if (isShort && begin + keyBytes > bytes.byteLength) return this.#rowOfCopy(bytes, begin, end);
    const mask = 3 * length;
    const a = isShort ? bytes.getInt32(begin, true) & keyMasks[mask]! : hashOfLong(bytes, begin, end);
    const b = isShort ? bytes.getInt32(begin + 4, true) & keyMasks[mask + 1]! : length;
    const c = isShort ? (bytes.getInt32(begin + 8, true) & keyMasks[mask + 2]!) | (length << 24) : keyBytes << 24;
    const slots = this.#slots;
    const last = slots.length - 4;
    let at = slotOf(a, b, c) & last;
    for (; slots[at] !== 0; at = (at + 4) & last) {
      if (slots[at + 1] !== a || slots[at + 2] !== b || slots[at + 3] !== c) continue;
      const row = slots[at]! - 1;
      if (isShort || this.#isAt(row, bytes, begin, end)) return row;
    }
    this.#keep(bytes, begin, end);
    slots[at] = this.#length;
    slots[at + 1] = a;
    slots[at + 2] = b;
    slots[at + 3] = c;
    if (6 * this.#length > slots.length) this.#spread();
    return this.#length - 1;
  }

  /** The row of an id that had to be made into a string. */
  rowOfText(id: string): number {
    const bytes = Buffer.from(id);
    return this.rowOf(viewOf(bytes), 0, bytes.length);
  }

  /** All ids, by row. */
  all(): string[] {
    return Array.from({ length: this.#length }, (_, row) =>
      this.#bytes.toString('utf8', this.#offsets[row], this.#offsets[row + 1]),
    );
  }

  /** As {@link rowOf}, for a short id so near the end of `bytes` that no whole key can be read there. */
  #rowOfCopy(bytes: DataView, begin: number, end: number): number {
    const copy = new DataView(new ArrayBuffer(2 * keyBytes));
    for (let at = begin; at < end; at++) copy.setUint8(at - begin, bytes.getUint8(at));
    return this.rowOf(copy, 0, end - begin);
  }

  #isAt(row: number, bytes: DataView, begin: number, end: number): boolean {
    const first = this.#offsets[row]!;
    if (this.#offsets[row + 1]! - first !== end - begin) return false;
    for (let at = begin; at < end; at++) if (this.#bytes[first + at - begin] !== bytes.getUint8(at)) return false;
    return true;
  }

  /** Keep the bytes of a new id. */
  #keep(bytes: DataView, begin: number, end: number): void {
    const first = this.#offsets[this.#length]!;
    const next = first + end - begin;
    checkCount('bytes of ids', next);
    if (next > this.#bytes.length) {
      const larger = Buffer.alloc(Math.min(2 ** 32 - 1, 2 * next));
      this.#bytes.copy(larger);
      this.#bytes = larger;
    }
    for (let at = begin; at < end; at++) this.#bytes[first + at - begin] = bytes.getUint8(at);
    this.#length += 1;
    if (this.#length === this.#offsets.length) {
      const larger = new Uint32Array(2 * this.#length);
      larger.set(this.#offsets);
      this.#offsets = larger;
    }
    this.#offsets[this.#length] = next;
  }

  /** Twice as many slots. */
  #spread(): void {
    const old = this.#slots;
    const slots = new Int32Array(2 * old.length);
    const last = slots.length - 4;
    for (let from = 0; from < old.length; from += 4) {
      if (old[from] === 0) continue;
      let at = slotOf(old[from + 1]!, old[from + 2]!, old[from + 3]!) & last;
      while (slots[at] !== 0) at = (at + 4) & last;
      slots[at] = old[from]!;
      slots[at + 1] = old[from + 1]!;
      slots[at + 2] = old[from + 2]!;
      slots[at + 3] = old[from + 3]!;
    }
    this.#slots = slots;
  }
}

/** A view of the same bytes. */
export const viewOf = (bytes: Uint8Array): DataView => new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);

/** Bytes of a key. A shorter id fits, its length in the last of them. */
const keyBytes = 12;

/** For each length of a short id, the masks that leave its bytes of the three words. */
const keyMasks = Int32Array.from({ length: 3 * keyBytes }, (_, i) => {
  const count = Math.floor(i / 3) - 4 * (i % 3);
  return count >= 4 ? -1 : count <= 0 ? 0 : 2 ** (8 * count) - 1;
});

/** The place of a key's slot, all bits of which depend on all bits of the key; the lowest two are left out by a mask. */
function slotOf(a: number, b: number, c: number): number {
  let h = Math.imul(a, 0x9e3779b1) ^ Math.imul(b ^ (a >>> 15), 0x85ebca6b) ^ Math.imul(c, 0xc2b2ae35);
  h = Math.imul(h ^ (h >>> 16), 0x7feb352d);
  return h ^ (h >>> 15);
}

/** All bytes of an id of at least a key's length, by words; the last word may overlap the one before. */
function hashOfLong(bytes: DataView, begin: number, end: number): number {
  let h = bytes.getInt32(end - 4, true);
  for (let at = begin; at < end - 4; at += 4) {
    h = Math.imul(h ^ bytes.getInt32(at, true), 0x9e3779b1);
    h ^= h >>> 15;
  }
  return h;
}
