import { bits27 } from '../../engine/cache/codec/bits.ts';
import type { IdPacking } from '../../engine/cache/codec/packing.ts';
import { packings } from '../../engine/cache/codec/packings.ts';
import { encodeSlate } from '../../engine/cache/codec.ts';
import { type PageLayout, pageLayout } from '../../engine/cache/page-layout.ts';
import { redisBytesPerKey, redisPagesBytes } from '../../engine/cache/redis-bytes.ts';
import type { Inputs } from './inputs.ts';

/** A way of keeping lists in Redis, and what a server takes for `lists` of them by the closed form, in bytes. */
export interface CacheLayout {
  readonly name: string;
  readonly packing: IdPacking;
  bytesOf(lists: number, inputs: Inputs): number;
}

/** Values of their own: one key a listener. Our value has 9 bytes of header beside the ids. */
export const stringsOf = (packing: IdPacking, { expires = false } = {}): CacheLayout => ({
  name: packing.name,
  packing,
  bytesOf: (lists, { keyBytes, slate }) =>
    lists * redisBytesPerKey({ keys: lists, keyBytes, valueBytes: valueBytes(slate, packing), expires }),
});

export const u64Strings = stringsOf(packings.u64);
export const packed30 = stringsOf(packings.bits30);

/** Pages of lists of 27 bits, as engine/cache/pages.ts writes them: stamp and check of 10 bytes in each slot. */
export const pages: CacheLayout = {
  name: 'pages of bits27',
  packing: bits27,
  bytesOf: (lists, { keyBytes, slate }) => redisPagesBytes({ lists, keyBytes }, pageLayout(slate, bits27)),
};

/** The same without stamp and check: what the ids alone would take, 485 lists of 200 to a page. */
export const barePages: CacheLayout = {
  name: 'bare pages of bits27',
  packing: bits27,
  bytesOf: (lists, { keyBytes, slate }) => redisPagesBytes({ lists, keyBytes }, bareLayout(slate)),
};

function bareLayout(slate: number): PageLayout {
  const slotBytes = bits27.bytesFor(slate);
  const largestPage = 327_680 - 9 - 1; // the class of jemalloc that our pages fill, less header and closing NUL
  const slots = Math.floor(largestPage / slotBytes);
  return { length: slate, packing: bits27, slotBytes, slots, pageBytes: slots * slotBytes };
}

/** One list in a page of ours, and so in a flat file of such slots: it checks itself. */
export const slotBytes = ({ slate }: Inputs): number => pageLayout(slate, bits27).slotBytes;

/** A value with a list of `slate` ids, in bytes: as it is encoded, not as it is said to be. */
export const valueBytes = (slate: number, packing: IdPacking): number => emptyValue(packing) + packing.bytesFor(slate);

const emptyValue = (packing: IdPacking): number =>
  encodeSlate({ generation: 1, tracks: new Uint32Array(0) }, packing).length;
