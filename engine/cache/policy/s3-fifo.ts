import { KeyQueue } from './key-queue.ts';
import type { Policy } from './policy.ts';

/**
 * S3-FIFO: three queues in the order of writing. New keys go through a small one S, a tenth of the capacity; those read more
 * than once there move to the main one M, the others leave the cache and only their names are kept, in a ghost queue G as
 * long as M. A key that is missed while it is in G is written to M at once. In M, a key that was read since goes round again,
 * once for each read up to three.
 *
 * S holds ⌊capacity / 10⌋ keys, at least 1. A key that moves to M begins there with no reads counted; one that is found in G
 * leaves it: the paper leaves both to its text and code.
 *
 * @param capacity keys that it holds, at least 1.
 * @param keys     keys that there might be.
 * @see Yang et al. (2023), FIFO queues are all you need for cache eviction, algorithm 1.
 * Cost: O(1) for each access, eviction amortised; 25 bytes for each key.
 */
export function createS3Fifo(capacity: number, keys: number): Policy {
  const small = new KeyQueue(keys);
  const main = new KeyQueue(keys);
  const ghost = new KeyQueue(keys);
  const smallCapacity = Math.max(1, Math.floor(capacity / 10));
  const mainCapacity = capacity - smallCapacity;
  /** Reads of each cached key since it came to its queue, at most 3: two bits. */
  const reads = new Uint8Array(keys);

  const evictFromMain = (): void => {
    while (main.size > 0) {
      const key = main.shift();
      if (reads[key] === 0) return;
      reads[key]! -= 1;
      main.push(key);
    }
  };
  const evictFromSmall = (): void => {
    while (small.size > 0) {
      const key = small.shift();
      if (reads[key]! <= 1) {
        if (mainCapacity > 0 && ghost.size === mainCapacity) ghost.shift();
        if (mainCapacity > 0) ghost.push(key);
        return;
      }
      reads[key] = 0;
      main.push(key);
      if (main.size > mainCapacity) evictFromMain();
    }
  };
  const size = (): number => small.size + main.size;

  return {
    access: (key) => {
      if (small.has(key) || main.has(key)) {
        if (reads[key]! < 3) reads[key]! += 1;
        return true;
      }
      while (size() >= capacity) {
        if (small.size >= smallCapacity) evictFromSmall();
        else evictFromMain();
      }
      if (ghost.has(key)) {
        ghost.remove(key);
        main.push(key);
      } else small.push(key);
      reads[key] = 0;
      return false;
    },
    remove: (key) => {
      if (small.has(key)) small.remove(key);
      else if (main.has(key)) main.remove(key);
    },
    size,
  };
}
