/** How often every listener met every track: played, skipped or picked. Only pairs that met take room. */
export interface Heard {
  exposures(listener: number, track: number): number;
  /** Count one more meeting; how many there were before. */
  add(listener: number, track: number): number;
  /** Different tracks that a listener met: how many, and which, ascending. */
  distinct(listener: number): number;
  tracks(listener: number): Uint32Array;
  /** All meetings of a listener. */
  total(listener: number): number;
  clone(): Heard;
  /** Where it is all kept: plain data. */
  readonly arenas: readonly Arena[];
}

/** The unit of work and of log: fixed, so that results do not depend on how many workers there are. */
export const blockListeners = 8192;

const firstBits = 4;

/**
 * One open-addressing hash table per listener, all tables of a block of listeners in one arena; a table that is three
 * quarters full moves to twice the room at the arena's end. About 12 bytes a pair.
 */
export function createHeard(listeners: number): Heard {
  const arenas = Array.from({ length: Math.ceil(listeners / blockListeners) }, (_, b) =>
    createArena(Math.min(blockListeners, listeners - b * blockListeners)),
  );
  return heardFrom(arenas);
}

/** Keys are track + 1, 0 is free. Table of row r: 2^bits[r] entries from offset[r]. */
export interface Arena {
  keys: Uint32Array;
  counts: Uint16Array;
  used: number;
  readonly offset: Uint32Array;
  readonly bits: Uint8Array;
  readonly distinct: Uint32Array;
  readonly total: Uint32Array;
}

/** The meetings kept in these arenas, which it goes on to write to. */
export function heardFrom(arenas: readonly Arena[]): Heard {
  return {
    arenas,
    exposures(listener, track) {
      const arena = arenas[listener >>> 13]!;
      const row = listener & (blockListeners - 1);
      const at = find(arena, arena.offset[row]!, arena.bits[row]!, track + 1);
      return arena.keys[at] === 0 ? 0 : arena.counts[at]!;
    },
    add(listener, track) {
      const arena = arenas[listener >>> 13]!;
      const row = listener & (blockListeners - 1);
      arena.total[row]! += 1;
      const at = find(arena, arena.offset[row]!, arena.bits[row]!, track + 1);
      if (arena.keys[at] !== 0) {
        const before = arena.counts[at]!;
        if (before < 65_535) arena.counts[at] = before + 1;
        return before;
      }
      arena.keys[at] = track + 1;
      arena.counts[at] = 1;
      arena.distinct[row]! += 1;
      if (arena.distinct[row]! * 4 > 3 << arena.bits[row]!) grow(arena, row);
      return 0;
    },
    distinct: (listener) => arenas[listener >>> 13]!.distinct[listener & (blockListeners - 1)]!,
    tracks: (listener) => keysOf(arenas[listener >>> 13]!, listener & (blockListeners - 1)),
    total: (listener) => arenas[listener >>> 13]!.total[listener & (blockListeners - 1)]!,
    clone: () => heardFrom(arenas.map(copyArena)),
  };
}

function keysOf(arena: Arena, row: number): Uint32Array {
  const tracks = new Uint32Array(arena.distinct[row]!);
  const end = arena.offset[row]! + (1 << arena.bits[row]!);
  let n = 0;
  for (let at = arena.offset[row]!; at < end; at++) if (arena.keys[at] !== 0) tracks[n++] = arena.keys[at]! - 1;
  return tracks.sort();
}

function createArena(rows: number): Arena {
  const size = 1 << firstBits;
  return {
    keys: new Uint32Array(rows * size),
    counts: new Uint16Array(rows * size),
    used: rows * size,
    offset: Uint32Array.from({ length: rows }, (_, row) => row * size),
    bits: new Uint8Array(rows).fill(firstBits),
    distinct: new Uint32Array(rows),
    total: new Uint32Array(rows),
  };
}

const copyArena = (arena: Arena): Arena => ({
  keys: arena.keys.slice(),
  counts: arena.counts.slice(),
  used: arena.used,
  offset: arena.offset.slice(),
  bits: arena.bits.slice(),
  distinct: arena.distinct.slice(),
  total: arena.total.slice(),
});

/** Where `key` is, or the free entry where it belongs. Fibonacci hashing, linear probing. */
function find(arena: Arena, offset: number, bits: number, key: number): number {
  const mask = (1 << bits) - 1;
  let slot = Math.imul(key, 0x9e3779b1) >>> (32 - bits);
  for (;;) {
    const found = arena.keys[offset + slot]!;
    if (found === key || found === 0) return offset + slot;
    slot = (slot + 1) & mask;
  }
}

function grow(arena: Arena, row: number): void {
  const from = arena.offset[row]!;
  const size = 1 << arena.bits[row]!;
  const bits = arena.bits[row]! + 1;
  const offset = arena.used;
  arena.used += 2 * size;
  if (arena.used > arena.keys.length) {
    const keys = new Uint32Array(Math.max(arena.used, 2 * arena.keys.length));
    keys.set(arena.keys);
    const counts = new Uint16Array(keys.length);
    counts.set(arena.counts);
    arena.keys = keys;
    arena.counts = counts;
  }
  for (let i = from; i < from + size; i++) {
    const key = arena.keys[i]!;
    if (key === 0) continue;
    const at = find(arena, offset, bits, key);
    arena.keys[at] = key;
    arena.counts[at] = arena.counts[i]!;
  }
  arena.offset[row] = offset;
  arena.bits[row] = bits;
}
