import { KeyQueue } from './key-queue.ts';
import type { Policy } from './policy.ts';

/**
 * W-TinyLFU: a small LRU window W, a hundredth of the capacity, before a main cache in two segments. What falls out of the window
 * is admitted to the main cache only if it was read more often of late than what would have to leave:
 *
 *     count(candidate) > count(victim)        else the candidate leaves
 *
 * In the main cache a key begins on probation P and is protected Q (four fifths of the main cache) once it is read there; what
 * falls out of Q goes back to P, and the victim is the least recent of P, or of Q where P is empty. Counts go up to 15, and all are
 * halved after as many accesses as ten times the capacity.
 *
 * The window holds ⌊capacity / 100⌋ keys, at least 1. The paper counts in a sketch; here each key has a count of its own, since
 * keys are small numbers: what a sketch would err is left out.
 *
 * @param capacity keys that it holds, at least 1.
 * @param keys     keys that there might be.
 * @see Einziger, Friedman & Manes (2017), TinyLFU: a highly efficient cache admission policy, section 4.
 * Cost: O(1) for each access, halving amortised; 25 bytes for each key.
 */
export function createWTinyLfu(capacity: number, keys: number): Policy {
  const window = new KeyQueue(keys);
  const probation = new KeyQueue(keys);
  const protectedKeys = new KeyQueue(keys);
  const windowCapacity = Math.max(1, Math.floor(capacity / 100));
  const mainCapacity = capacity - windowCapacity;
  const protectedCapacity = Math.floor(0.8 * mainCapacity + 1e-9);
  const counts = new Uint8Array(keys);
  let counted = 0;

  const count = (key: number): void => {
    if (counts[key]! < mostCounted) counts[key]! += 1;
    counted += 1;
    if (counted < 10 * capacity) return;
    for (let other = 0; other < keys; other++) counts[other] = counts[other]! >>> 1;
    counted = 0;
  };
  const protect = (key: number): void => {
    protectedKeys.push(key);
    if (protectedKeys.size > protectedCapacity) probation.push(protectedKeys.shift());
  };
  const admit = (candidate: number): void => {
    if (probation.size + protectedKeys.size < mainCapacity) {
      probation.push(candidate);
      return;
    }
    const segment = probation.size > 0 ? probation : protectedKeys;
    if (segment.size === 0) return; // there is no main cache
    const victim = segment.newerThan(segment.none);
    if (counts[candidate]! <= counts[victim]!) return;
    segment.remove(victim);
    probation.push(candidate);
  };

  return {
    access: (key) => {
      count(key);
      if (window.has(key)) {
        window.remove(key);
        window.push(key);
        return true;
      }
      for (const segment of [probation, protectedKeys]) {
        if (!segment.has(key)) continue;
        segment.remove(key);
        protect(key);
        return true;
      }
      window.push(key);
      if (window.size > windowCapacity) admit(window.shift());
      return false;
    },
    remove: (key) => {
      for (const segment of [window, probation, protectedKeys]) if (segment.has(key)) segment.remove(key);
    },
    size: () => window.size + probation.size + protectedKeys.size,
  };
}

/** Four bits. */
const mostCounted = 15;
