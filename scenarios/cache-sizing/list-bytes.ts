import { bits27, bits30 } from '../../engine/cache/codec/bits.ts';
import { encodeSlate } from '../../engine/cache/codec.ts';
import { pageLayout } from '../../engine/cache/page-layout.ts';
import { redisBytesPerKey, redisPagesBytes } from '../../engine/cache/redis-bytes.ts';

/** How lists lie in Redis: one string each, which may expire; or many in a page, which hold everybody's. */
export type ListLayout = 'strings' | 'pages';

/** `dp:run/arm:l`. */
const keyBytes = 11;

/** What so many lists of L ids take as strings of 30-bit ids with an expiry, tables included; by the closed form. */
export function stringsBytes(lists: number, length: number): number {
  if (lists === 0) return 0;
  const valueBytes = encodeSlate({ generation: 1, tracks: new Uint32Array(length) }, bits30).length;
  return lists * redisBytesPerKey({ keys: lists, keyBytes, valueBytes, expires: true });
}

/** What pages for so many listeners take, by the closed form: all have a slot of L ids of 27 bits. */
export const pagesBytes = (listeners: number, length: number): number =>
  redisPagesBytes({ lists: listeners, keyBytes }, pageLayout(length, bits27));

/** 8 bytes an id and nothing else: what a plan says before anybody measures. */
export const nominalBytes = (lists: number, length: number): number => 8 * lists * length;
