import { wordAt } from '../core/random.ts';

/** Any two words do: lifetimes only have to differ among listeners, and to be the same in every process. */
const key0 = 0x64756270;
const key1 = 0x6c617465;

/**
 * How long the list of a listener lives, where lists live for some hours: lists that were written together do not end
 * together, when all of them would have to be made at once.
 *
 *     lifetime = hours · (0.9 + 0.2·u),   u uniform in [0, 1), drawn by the listener's index
 *
 * @returns whole milliseconds, from 0.9 to 1.1 times the hours; the same for a listener always.
 */
export const lifetimeMs = (listener: number, hours: number): number =>
  Math.round(hours * 3_600_000 * (0.9 + 0.2 * (wordAt(key0, key1, listener) >>> 0) * 2 ** -32));
