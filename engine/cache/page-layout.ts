import { DubplateError } from '../core/errors.ts';
import type { IdPacking } from './codec/packing.ts';
import { type CachedSlate, checkWidth } from './codec.ts';

/** How lists of one length lie in pages. Sizes in bytes. */
export interface PageLayout {
  /** Most tracks of a list. */
  readonly length: number;
  readonly packing: IdPacking;
  /** One list with its stamp; all slots are of one size, so that the place of a listener is known beforehand. */
  readonly slotBytes: number;
  /** Lists of a page: listener u lies in page ⌊u / slots⌋ at (u mod slots) · slotBytes. */
  readonly slots: number;
  /** All slots and one byte more, which is always 0: writing it first makes the page, in its full size, at once. */
  readonly pageBytes: number;
}

/** Check, generation and count of a slot. */
const headerBytes = 10;

/** The class of jemalloc that a page fills: 327,680, less the header and the closing NUL of Redis' own string. */
const largestPage = 327_680 - 9 - 1;

/**
 * As many slots as a page holds. 200 ids of 27 bits take 675 bytes, and 485 bare lists would fill a page; with stamp and check
 * (10 bytes) it is 478 lists of 685. 485 of those would need the next class, 393,216, and so 18 % more for each.
 */
export function pageLayout(length: number, packing: IdPacking): PageLayout {
  if (!(length >= 1 && length <= 0xffff)) throw new Error(`a slot holds 1 to 65,535 tracks, not ${length}`);
  const slotBytes = headerBytes + packing.bytesFor(length);
  const slots = Math.floor((largestPage - 1) / slotBytes);
  return { length, packing, slotBytes, slots, pageBytes: slots * slotBytes + 1 };
}

/**
 * Pack a list into its slot, little-endian, the rest zeros:
 *
 *     check u32 · generation u32 · n u16 · n packed ids
 *
 * @param slate at most `length` tracks; a slot has no room for propensities, so each must be 1.
 * @throws DubplateError INVALID_OPTIONS when an id is too large for the packing. Cost: about 2 µs for 200 ids.
 */
export function encodeSlot({ generation, tracks, propensity }: CachedSlate, layout: PageLayout): Buffer {
  if (tracks.length > layout.length) throw new Error(`${tracks.length} tracks for a slot of ${layout.length}`);
  if (propensity?.some((probability) => probability !== 1)) throw new Error('a slot holds no propensities');
  if (generation >>> 0 !== generation) throw new Error(`a generation is in [0, 2³²), not ${generation}`);
  checkWidth(tracks, layout.packing);
  const bytes = Buffer.allocUnsafe(layout.slotBytes);
  bytes.writeUInt32LE(checkOf(generation, tracks), 0);
  bytes.writeUInt32LE(generation, 4);
  bytes.writeUInt16LE(tracks.length, 8);
  layout.packing.pack(tracks, idsOf(bytes, tracks.length, layout));
  return bytes.fill(0, headerBytes + layout.packing.bytesFor(tracks.length));
}

/**
 * Unpack what {@link encodeSlot} packed. A list of an older generation says so by its stamp, as everywhere.
 *
 * @param where page and slot, for the error.
 * @returns undefined for a slot that was never written.
 * @throws DubplateError INVALID_INPUT when the slot is torn, cut short, or lies otherwise than the layout says.
 */
export function decodeSlot(bytes: Buffer, layout: PageLayout, where: string): CachedSlate | undefined {
  if (bytes.length === 0) return undefined; // the page is not there
  if (bytes.length !== layout.slotBytes) throw torn(where, `${bytes.length} of ${layout.slotBytes} bytes`);
  const check = bytes.readUInt32LE(0);
  const generation = bytes.readUInt32LE(4);
  const length = bytes.readUInt16LE(8);
  if (check === 0 && bytes.every((byte) => byte === 0)) return undefined;
  if (length > layout.length) throw torn(where, `${length} tracks in a slot of ${layout.length}`);
  const tracks = new Uint32Array(length);
  const isSound = layout.packing.unpack(idsOf(bytes, length, layout), tracks);
  const rest = bytes.subarray(headerBytes + layout.packing.bytesFor(length));
  if (!isSound || rest.some((byte) => byte !== 0) || checkOf(generation, tracks) !== check) {
    throw torn(where, `a stamp of generation ${generation} and ids that do not belong together`);
  }
  return { generation, tracks };
}

const idsOf = (bytes: Buffer, count: number, { packing }: PageLayout): DataView =>
  new DataView(bytes.buffer, bytes.byteOffset + headerBytes, packing.bytesFor(count));

/**
 * FNV-1a over 32-bit words: h ← (h ⊕ word) · p mod 2³². Every step is one to one, so a single changed word is always
 * noticed, and a slot put together from two lists is missed once in 2³².
 *
 * @see Fowler, Noll & Vo, The FNV non-cryptographic hash algorithm (IETF draft-eastlake-fnv), there over bytes.
 */
function checkOf(generation: number, tracks: Uint32Array): number {
  const prime = 0x0100_0193;
  let h = Math.imul(0x811c_9dc5 ^ generation, prime);
  h = Math.imul(h ^ tracks.length, prime);
  for (let i = 0; i < tracks.length; i++) h = Math.imul(h ^ tracks[i]!, prime);
  return h >>> 0;
}

const torn = (where: string, found: string): DubplateError =>
  new DubplateError('INVALID_INPUT', `${where} holds no list: ${found}`, {
    hint: 'The page is damaged, or was written for lists of another length: delete it; the next refresh writes it again.',
    details: { slot: where },
  });
