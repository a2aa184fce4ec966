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

/** What the keys of pages begin with, within those of their namespace. */
export const pagePrefix = (namespace: string): string => `${keyPrefix(namespace)}/`;

/** Index of a listener, checked. */
export function listenerIndex(listener: number): number {
  if (listener >>> 0 !== listener) throw new Error(`a listener is a whole number in [0, 2³²), not ${listener}`);
  return listener;
}

/** Remove the keys that begin with a prefix, save those that begin with `kept`, and no others. */
export async function removeKeys(client: CacheClient, prefix: string, kept?: string): Promise<void> {
  // A server finds every key in one pass, unless it was lost on the way and its cursor with it; the embedded cache counts its
  // cursor by position, so removal shifts it.
  let removed: number;
  let connection: number;
  do {
    connection = client.connection;
    removed = await removeOnce(client, prefix, kept);
  } while (removed > 0 || connection !== client.connection);
}

/** One pass over the keys. @returns how many were removed. */
async function removeOnce(client: CacheClient, prefix: string, kept?: string): Promise<number> {
  let removed = 0;
  let cursor = '0';
  do {
    const from = cursor;
    const [next, found] = await client.attempt('clearing', (redis) =>
      redis.scan(from, 'MATCH', `${prefix}*`, 'COUNT', 1000),
    );
    const keys = kept === undefined ? found : found.filter((key) => !key.startsWith(kept));
    if (keys.length > 0) removed += await client.attempt('clearing', (redis) => redis.unlink(...keys));
    cursor = next;
  } while (cursor !== '0');
  return removed;
}
