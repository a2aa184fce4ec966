import type { IdPacking } from './packing.ts';
import { u32 } from './u32.ts';

/**
 * Ids as 64-bit words, little-endian: 8 bytes an id, order kept. What a plan of 200 × 8 bytes a listener means; here to be
 * compared with, since no catalogue fills more than the low half, and the high half is always 0.
 */
export const u64: IdPacking = {
  name: 'u64',
  format: 2,
  largestId: u32.largestId,
  bytesFor: (count) => 8 * count,
  pack: (ids, into) => {
    for (let i = 0; i < ids.length; i++) {
      into.setUint32(8 * i, ids[i]!, true);
      into.setUint32(8 * i + 4, 0, true);
    }
  },
  unpack: (from, ids) => {
    let high = 0;
    for (let i = 0; i < ids.length; i++) {
      ids[i] = from.getUint32(8 * i, true);
      high |= from.getUint32(8 * i + 4, true);
    }
    return high === 0 && ids.every((id) => id <= u32.largestId);
  },
};
