import type { CacheClient } from './connect.ts';

/**
 * What every key of a namespace begins with: `dp:<namespace>:`.
 *
 * @param namespace letters, digits, `.`, `_`, `/`, `-`; short, since every key repeats it.
 */
export function keyPrefix(namespace: string): string {
  if (!/^[\w./-]{1,64}$/.test(namespace)) {
    throw new Error(`a namespace is 1–64 of A–Z a–z 0–9 . _ / -, not '${namespace}'`);
  }
  return `dp:${namespace}:`;
}

/** Index of a listener, checked. */
export function listenerIndex(listener: number): number {
  if (listener >>> 0 !== listener) throw new Error(`a listener is a whole number in [0, 2³²), not ${listener}`);
  return listener;
}

/** Remove the keys that begin with a prefix, and no others. */
export async function removeKeys(client: CacheClient, prefix: string): Promise<void> {
  // A server finds every key in one pass; the embedded cache counts its cursor by position, so removal shifts it.
  while ((await removeOnce(client, prefix)) > 0);
}

/** One pass over the keys. @returns how many were removed. */
async function removeOnce({ redis, failure }: CacheClient, prefix: string): Promise<number> {
  let removed = 0;
  let cursor = '0';
  try {
    do {
      const [next, keys] = await redis.scan(cursor, 'MATCH', `${prefix}*`, 'COUNT', 1000);
      if (keys.length > 0) removed += await redis.unlink(...keys);
      cursor = next;
    } while (cursor !== '0');
  } catch (cause) {
    throw failure('clearing', cause);
  }
  return removed;
}
