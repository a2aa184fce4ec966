import { KeyHeap } from './key-heap.ts';
import type { Policy } from './policy.ts';

/**
 * Belady's optimal policy: evicts the key whose next read is farthest in the future. No policy that writes what it misses has
 * fewer misses, so it is the floor for all others; it must be told the future, and so is for traces only.
 *
 * @param capacity keys that it holds, at least 1.
 * @param keys     keys that there might be.
 * @param refs     all keys that will be accessed [n]; they must be, in this order. Removing keys in between is allowed, but
 *   the floor holds without it.
 * @throws Error when another key is accessed.
 * @see Belady (1966), A study of replacement algorithms for a virtual-storage computer; Mattson et al. (1970) for the proof.
 * Cost: O(log capacity) for each access; 16 bytes for each key, 4 for each read.
 */
export function createBelady(capacity: number, keys: number, refs: Uint32Array): Policy {
  const next = nextReads(keys, refs);
  const heap = new KeyHeap(keys);
  let now = 0;
  return {
    access: (key) => {
      if (key !== refs[now]) throw new Error(`read ${now} is of key ${key}, but the trace has ${refs[now]} there`);
      const isHit = heap.has(key);
      if (!isHit && heap.size === capacity) heap.remove(heap.top);
      heap.set(key, next[now]!);
      now += 1;
      return isHit;
    },
    remove: (key) => {
      if (heap.has(key)) heap.remove(key);
    },
    size: () => heap.size,
  };
}

/** For each read the place of the next read of the same key; n where there is none [n]. */
function nextReads(keys: number, refs: Uint32Array): Uint32Array {
  const next = new Uint32Array(refs.length);
  const upcoming = new Uint32Array(keys).fill(refs.length);
  for (let i = refs.length - 1; i >= 0; i--) {
    next[i] = upcoming[refs[i]!]!;
    upcoming[refs[i]!] = i;
  }
  return next;
}
