import { KeyQueue } from './key-queue.ts';
import type { Policy } from './policy.ts';

/**
 * Least recently used: evicts the key that has not been read or written for the longest time. The miss ratios of all sizes
 * at once are in `miss-ratio-curve.ts`.
 *
 * @param capacity keys that it holds, at least 1.
 * @param keys     keys that there might be.
 * Cost: O(1) for each access; 8 bytes for each key.
 */
export function createLru(capacity: number, keys: number): Policy {
  const queue = new KeyQueue(keys);
  return {
    access: (key) => {
      const isHit = queue.has(key);
      if (isHit) queue.remove(key);
      else if (queue.size === capacity) queue.shift();
      queue.push(key);
      return isHit;
    },
    remove: (key) => {
      if (queue.has(key)) queue.remove(key);
    },
    size: () => queue.size,
  };
}
