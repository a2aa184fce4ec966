import { unit } from '../../sim/units.ts';
import type { World } from '../../sim/world.ts';

/** What a true utility is made of; the parts add up to it. In standard deviations of a listener's taste over tracks. */
export interface Taste {
  readonly utility: number;
  /** What the sound match, the hidden match and fame contribute, each with its weight. */
  readonly sound: number;
  readonly hidden: number;
  readonly fame: number;
  /** What belongs to this listener and this track alone: the rest. */
  readonly chance: number;
}

/**
 * Takes the utility of a day apart:
 *
 *     u = √a · S + √((1−a)(1−m)) · H + f · fame + chance        a `acousticShare`, m `idiosyncrasy`, f `fameWeight`
 */
export function tasteOf(
  { truth: trueTaste, options, artists }: World,
  day: number,
  listener: number,
  track: number,
): Taste {
  const truth = trueTaste.on(day);
  const { acousticShare: a, idiosyncrasy: m, fameWeight } = options;
  const utility = truth.utility(listener, track);
  const sound = weight(Math.sqrt(a)) * truth.soundMatch(listener, track);
  const hidden = weight(Math.sqrt((1 - a) * (1 - m))) * truth.hiddenMatch(listener, track);
  const fame = (weight(fameWeight) * (artists.fame[track] ?? 0)) / unit;
  return { utility, sound, hidden, fame, chance: utility - sound - hidden - fame };
}

/** Truth mixes with whole 1/256. */
const weight = (exact: number): number => Math.round(256 * exact) / 256;

/** The `n` tracks of the whole catalogue that a listener would like best on that day, best first. */
export function favouritesOf({ truth, releases }: World, day: number, listener: number, n: number): number[] {
  const utilities = new Float64Array(releases.releasedAt.length);
  truth.on(day).utilities(listener, utilities.length, utilities);
  return Array.from(utilities.keys())
    .sort((a, b) => (utilities[b] ?? 0) - (utilities[a] ?? 0) || a - b)
    .slice(0, n);
}
