import { type EventColumns, noTrack } from '../../engine/core/events.ts';

/** Listeners whose tables share their memory. */
const blockBits = 13;
const blockListeners = 1 << blockBits;
const firstBits = 4;

/**
 * Which tracks every listener has met, by the log: played, skipped, or picked at onboarding. One open-addressing hash table
 * per listener, all tables of a block of listeners in one arena; a table that is three quarters full moves to twice the room
 * at the arena's end. About 8 bytes a pair.
 */
export class Heard {
  readonly #arenas: readonly Arena[];

  constructor(listeners: number) {
    this.#arenas = Array.from({ length: Math.ceil(listeners / blockListeners) }, (_, b) =>
      createArena(Math.min(blockListeners, listeners - b * blockListeners)),
    );
  }

  /** Takes note of what a day has logged. */
  observe({ length, user, track }: EventColumns): void {
    for (let row = 0; row < length; row++) if (track[row] !== noTrack) this.add(user[row]!, track[row]!);
  }

  add(listener: number, track: number): void {
    const arena = this.#arenas[listener >>> blockBits]!;
    const row = listener & (blockListeners - 1);
    const at = find(arena, arena.offset[row]!, arena.bits[row]!, track + 1);
    if (arena.keys[at] !== 0) return;
    arena.keys[at] = track + 1;
    arena.count[row]! += 1;
    if (arena.count[row]! * 4 > 3 << arena.bits[row]!) grow(arena, row);
  }

  /** All that a listener has met, ascending. */
  tracks(listener: number): Uint32Array {
    const { keys, offset, bits, count } = this.#arenas[listener >>> blockBits]!;
    const row = listener & (blockListeners - 1);
    const tracks = new Uint32Array(count[row]!);
    const end = offset[row]! + (1 << bits[row]!);
    let n = 0;
    for (let at = offset[row]!; at < end; at++) if (keys[at] !== 0) tracks[n++] = keys[at]! - 1;
    return tracks.sort();
  }
}

/** Keys are track + 1, 0 is free. Table of row r: 2^bits[r] entries from offset[r], `count[r]` of them in use. */
interface Arena {
  keys: Uint32Array;
  used: number;
  readonly offset: Uint32Array;
  readonly bits: Uint8Array;
  readonly count: Uint32Array;
}

function createArena(rows: number): Arena {
  const size = 1 << firstBits;
  return {
    keys: new Uint32Array(rows * size),
    used: rows * size,
    offset: Uint32Array.from({ length: rows }, (_, row) => row * size),
    bits: new Uint8Array(rows).fill(firstBits),
    count: new Uint32Array(rows),
  };
}

/** Where `key` is, or the free entry where it belongs. Fibonacci hashing, linear probing. */
function find({ keys }: Arena, offset: number, bits: number, key: number): number {
  const mask = (1 << bits) - 1;
  let slot = Math.imul(key, 0x9e3779b1) >>> (32 - bits);
  for (;;) {
    const found = keys[offset + slot]!;
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
    arena.keys = keys;
  }
  for (let i = from; i < from + size; i++) {
    const key = arena.keys[i]!;
    if (key !== 0) arena.keys[find(arena, offset, bits, key)] = key;
  }
  arena.offset[row] = offset;
  arena.bits[row] = bits;
}

/** Looks up the heard tracks of some listeners. */
export interface HeardLists {
  hasHeard(listener: number, track: number): boolean;
  heardBy(listener: number): Uint32Array;
}

/** @param lists what each of `listeners` has met, ascending. */
export function heardLists(listeners: Uint32Array, lists: readonly Uint32Array[]): HeardLists {
  const sets = new Map(Array.from(listeners, (listener, i) => [listener, new Set(lists[i])]));
  const ordered = new Map(Array.from(listeners, (listener, i) => [listener, lists[i]!]));
  return {
    hasHeard: (listener, track) => sets.get(listener)?.has(track) ?? false,
    heardBy: (listener) => ordered.get(listener) ?? new Uint32Array(0),
  };
}
