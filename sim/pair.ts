import { type Key, wordAt } from '../engine/core/random.ts';
import { unit } from './units.ts';

/** Random bits that belong to a pair: nothing is stored, and the same pair always has the same. */
export const pairWord = (key: Key, a: number, b: number): number => wordAt(firstWord(key, a), key[1], b);

/** The half of it that all pairs with `a` have in common. */
export const firstWord = (key: Key, a: number): number => wordAt(key[0], key[1], a);

/** Deviation of the sum of four bytes. */
const deviation = Math.sqrt((4 * (256 * 256 - 1)) / 12);
const scale = Math.round((256 * unit) / deviation);

/** A bell-shaped number in 1/4096, mean 0, variance 1, within ±3.45: the sum of the four bytes of a word. */
export const bellOf = (word: number): number =>
  Math.imul((word & 255) + ((word >>> 8) & 255) + ((word >>> 16) & 255) + (word >>> 24) - 510, scale) >> 8;
