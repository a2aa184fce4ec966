import { KeyQueue } from './key-queue.ts';
import type { Policy } from './policy.ts';

/**
 * First in, first out: evicts the key that was written first, however often it was read since.
 *
 * @param capacity keys that it holds, at least 1.
 * @param keys     keys that there might be.
 * Cost: O(1) for each access; 8 bytes for each key.
 */
export function createFifo(capacity: number, keys: number): Policy {
  const queue = new KeyQueue(keys);
  return {
    access: (key) => {
      if (queue.has(key)) return true;
      if (queue.size === capacity) queue.shift();
      queue.push(key);
      return false;
    },
    remove: (key) => {
      if (queue.has(key)) queue.remove(key);
    },
    size: () => queue.size,
  };
}
