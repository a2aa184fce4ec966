import type { IdPacking } from './packing.ts';

/** The largest word is `noTrack`, not an id. */
const noTrack = 0xffff_ffff;

/** Ids as plain 32-bit words, little-endian: 4 bytes an id, order kept. */
export const u32: IdPacking = {
  name: 'u32',
  format: 1,
  largestId: noTrack - 1,
  bytesFor: (count) => 4 * count,
  pack: (ids, into) => {
    for (let i = 0; i < ids.length; i++) into.setUint32(4 * i, ids[i]!, true);
  },
  unpack: (from, ids) => {
    for (let i = 0; i < ids.length; i++) ids[i] = from.getUint32(4 * i, true);
    return !ids.includes(noTrack);
  },
};
