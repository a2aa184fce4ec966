import { bits27 } from '../../engine/cache/codec/bits.ts';
import type { IdPacking } from '../../engine/cache/codec/packing.ts';
import { packings } from '../../engine/cache/codec/packings.ts';
import { type CachedSlate, decodeSlate, encodeSlate } from '../../engine/cache/codec.ts';
import type { CacheClient } from '../../engine/cache/connect.ts';
import { keyPrefix } from '../../engine/cache/keys.ts';
import { decodeSlot, encodeSlot, pageLayout } from '../../engine/cache/page-layout.ts';
import { createSlatePages } from '../../engine/cache/pages.ts';
import { redisEntryBytes, redisPagesBytes, redisTableBytes, type StringEntry } from '../../engine/cache/redis-bytes.ts';
import { createSlateStore, type ListenerSlate } from '../../engine/cache/slate-store.ts';

export interface ListShape {
  /** Ids are drawn from so many tracks. */
  readonly tracks: number;
  readonly length: number;
  /** Lists expire by the clock of the server after so many hours; default: never. */
  readonly ttl?: number;
}

/** Where lists are written and read back. */
interface Store {
  write(generation: number, lists: Iterable<ListenerSlate>): Promise<number>;
  read(listeners: Uint32Array): Promise<(CachedSlate | undefined)[]>;
  clear(): Promise<void>;
}

/** One way of keeping lists. */
export interface Layout {
  readonly name: string;
  readonly packing: IdPacking;
  encode(slate: CachedSlate): Buffer;
  decode(value: Buffer): CachedSlate | undefined;
  open(client: CacheClient): Store;
  /** By the closed form, for listeners 0 to n − 1, on a server that holds nothing else. */
  bytesOf(lists: number): number;
}

/** Every run has the same keys, so that the next one removes what an interrupted one has left. */
const namespace = 'bench/cache';
export const benchKeys = `${keyPrefix(namespace)}*`;

/** One of each packing and one of pages; those whose ids are wide enough for the catalogue. */
export function layoutsFor({ tracks, length, ttl }: ListShape): Layout[] {
  const expires = ttl !== undefined;
  const strings = Object.values(packings).map((packing): Layout => {
    const valueBytes = encodeSlate({ generation: 1, tracks: new Uint32Array(length) }, packing).length;
    return {
      name: expires ? `${packing.name} for ${ttl} h` : packing.name,
      packing,
      encode: (slate) => encodeSlate(slate, packing),
      decode: (value) => decodeSlate(value, 'the value'),
      open: (client) =>
        createSlateStore(client, { namespace, packing, ttl: expires ? { hours: ttl, isSent: true } : undefined }),
      bytesOf: (lists) =>
        stringsBytes(lists, { valueBytes, expires }) +
        redisTableBytes(lists + 1) + // 1: the generations written
        (expires ? redisTableBytes(lists) : 0),
    };
  });
  const layout = pageLayout(length, bits27);
  const pages: Layout = {
    name: 'pages of bits27',
    packing: bits27,
    encode: (slate) => encodeSlot(slate, layout),
    decode: (value) => decodeSlot(value, layout, 'the slot'),
    open: (client) => createSlatePages(client, { namespace, length }),
    // Two digits of the slot's size and two of the page: all keys of 15 to 30 bytes are of one class.
    bytesOf: (lists) => redisPagesBytes({ lists, keyBytes: keyPrefix(namespace).length + '/xx.xx'.length }, layout),
  };
  // A page expires as a whole, which is of no use to its lists.
  return [...strings, ...(expires ? [] : [pages])].filter(({ packing }) => tracks - 1 <= packing.largestId);
}

/** Entries of listeners 0 to n − 1; their keys end with the index in base 36, which has d digits from 36^(d−1) on. */
function stringsBytes(lists: number, value: Omit<StringEntry, 'keyBytes'>): number {
  let bytes = 0;
  for (let digits = 1, from = 0; from < lists; digits++) {
    const until = Math.min(lists, 36 ** digits);
    bytes += (until - from) * redisEntryBytes({ keyBytes: keyPrefix(namespace).length + digits, ...value });
    from = until;
  }
  return bytes;
}
