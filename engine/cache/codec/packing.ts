/** How ids become bytes; the format byte of a value names the packing. One per file beside this one. */
export interface IdPacking {
  readonly name: string;
  /** 0–15, for ever: values written years ago still carry it. */
  readonly format: number;
  readonly largestId: number;
  bytesFor(count: number): number;
  /** @param ids none above `largestId`: whoever packs has looked. */
  pack(ids: Uint32Array, into: DataView): void;
  /** @returns false when `pack` never writes these bytes: an id too large, or bits set after the last one. */
  unpack(from: DataView, ids: Uint32Array): boolean;
}
