import type { Draw } from '../engine/core/random.ts';
import { logisticCurve } from './curve.ts';
import type { Truth } from './truth.ts';

/** The ordered tracks that a listener was shown. */
export interface ServedSlate {
  readonly tracks: Uint32Array;
  /** Generation the slate was made by. */
  readonly generation: number;
  /** Probability that the policy showed the track at each position; 1 everywhere when absent. */
  readonly propensity?: Float32Array | undefined;
}

/** Slots looked at before the listener gives up for this time. */
const looks = 8;
/** At this position one looks further half as often as at the top. */
const halfExamined = 40;
/** Liking what a title promises: most are tried, the better the likelier. */
const trying = logisticCurve({ middle: -0.5, slope: 0.8 });

/**
 * Go down the slate from `cursor` until a track is tried or attention ends: the cascade model with examination that falls
 * with position, 1 / (1 + p / 40).
 *
 * @returns the position tried, or −1 − p when the listener stopped before position p.
 * @see Craswell et al. (2008), An experimental comparison of click position-bias models.
 */
export function lookDown(slate: ServedSlate, cursor: number, listener: number, truth: Truth, draw: Draw): number {
  for (let position = cursor; position < cursor + looks; position++) {
    const examines = draw();
    const tries = draw();
    const track = slate.tracks[position];
    if (track === undefined || examines >= halfExamined / (halfExamined + position)) return -1 - position;
    if (trying.happens(truth.utility(listener, track), tries)) return position;
  }
  return -1 - (cursor + looks);
}
