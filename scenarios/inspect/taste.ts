import type { TasteParts } from '../../sim/truth.ts';
import type { World } from '../../sim/world.ts';

/** A true utility and what it is made of. In standard deviations of a listener's taste over tracks. */
export interface Taste extends TasteParts {
  readonly utility: number;
}

/** The utility of a day, and its parts. */
export function tasteOf({ truth }: Pick<World, 'truth'>, day: number, listener: number, track: number): Taste {
  const today = truth.on(day);
  return { utility: today.utility(listener, track), ...today.parts(listener, track) };
}

/** The `n` tracks of the whole catalogue that a listener would like best on that day, best first. */
export function favouritesOf({ truth, releases }: World, day: number, listener: number, n: number): number[] {
  const utilities = new Float64Array(releases.releasedAt.length);
  truth.on(day).utilities(listener, utilities.length, utilities);
  return Array.from(utilities.keys())
    .sort((a, b) => utilities[b]! - utilities[a]! || a - b)
    .slice(0, n);
}
