import { wordAt } from '../engine/core/random.ts';
import { logisticCurve } from './curve.ts';
import type { Moment } from './moment.ts';
import { wordsPerPosition } from './steps.ts';
import type { Truth } from './truth.ts';

/** What a batch of listeners is shown: row i is tracks[start[i] … start[i] + length[i]), best first. */
export interface Slates {
  readonly tracks: Uint32Array;
  readonly start: Uint32Array;
  readonly length: Uint16Array;
  /** Generation that each list was made by. */
  readonly generation: Int32Array;
  /** Probability that the policy showed the track at each position, entry for entry of `tracks`; 1 everywhere when absent. */
  readonly propensity?: Float32Array;
  /** 1 where a list was made for this look: it is read from the top, whatever its generation; nowhere when absent. */
  readonly isFresh?: Uint8Array;
}

/** Slots looked at before the listener gives up for this time: each takes one of the words of the position. */
const looks = wordsPerPosition;
/** At this position one looks further half as often as at the top. Chances by position, of 65,536. */
const halfExamined = 40;
const examined = Uint32Array.from({ length: 1024 }, (_, position) =>
  Math.round((65_536 * halfExamined) / (halfExamined + position)),
);
/** Liking what a title promises: most are tried, the better the likelier. */
const trying = logisticCurve({ middle: -0.5, slope: 0.8 });

/**
 * Go down slate `row` from `cursor` until a track is tried or attention ends: the cascade model with examination that falls
 * with position, 1 / (1 + p / 40). Takes a word for every position.
 *
 * @param word0 number of the first word of the key.
 * @returns the position tried, or −1 − p when the listener stopped before position p.
 * @see Craswell et al. (2008), An experimental comparison of click position-bias models.
 */
export function lookDown(
  slates: Slates,
  row: number,
  cursor: number,
  listener: number,
  truth: Truth,
  moment: Moment,
  key0: number,
  key1: number,
  word0: number,
): number {
  const start = slates.start[row]!;
  const length = slates.length[row]!;
  for (let position = cursor; position < cursor + looks; position++) {
    const word = wordAt(key0, key1, word0 + position - cursor);
    if (position >= length || word >>> 16 >= examined[position]!) return -1 - position;
    if (trying.happens(truth.liking(listener, slates.tracks[start + position]!, moment), word & 0xffff))
      return position;
  }
  return -1 - (cursor + looks);
}
