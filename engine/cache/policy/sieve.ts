import { KeyQueue } from './key-queue.ts';
import type { Policy } from './policy.ts';

/**
 * SIEVE: a queue in the order of writing, where a read only marks its key. A hand goes from the oldest key to the newest and
 * round again; it takes marks away until it comes to a key that has none, which is evicted. The hand stays where it was, so
 * that keys which survived are not moved among the new ones.
 *
 * @param capacity keys that it holds, at least 1.
 * @param keys     keys that there might be.
 * @see Zhang et al. (2024), SIEVE is simpler than LRU: an efficient turn-key eviction algorithm for web caches, algorithm 1.
 * Cost: O(1) for each access, eviction amortised; 9 bytes for each key.
 */
export function createSieve(capacity: number, keys: number): Policy {
  const queue = new KeyQueue(keys);
  const isVisited = new Uint8Array(keys);
  let hand = queue.none;

  const evict = (): void => {
    let key = hand === queue.none ? queue.newerThan(queue.none) : hand;
    while (isVisited[key] === 1) {
      isVisited[key] = 0;
      key = queue.newerThan(key);
      if (key === queue.none) key = queue.newerThan(key);
    }
    hand = queue.newerThan(key);
    queue.remove(key);
  };

  return {
    access: (key) => {
      if (queue.has(key)) {
        isVisited[key] = 1;
        return true;
      }
      if (queue.size === capacity) evict();
      queue.push(key);
      isVisited[key] = 0;
      return false;
    },
    remove: (key) => {
      if (!queue.has(key)) return;
      if (key === hand) hand = queue.newerThan(key);
      queue.remove(key);
    },
    size: () => queue.size,
  };
}
