import type { SimTime } from '../../engine/core/time.ts';
import { rateOf } from '../../sim/activity.ts';
import type { FamilyName } from '../../sim/options.ts';
import { favouriteScenes } from '../../sim/people.ts';
import type { World } from '../../sim/world.ts';

/** Who a listener truly is: what no recommendation changes. */
export interface Portrait {
  readonly id: string;
  readonly signedUpAt: SimTime;
  readonly region: number;
  readonly cohort: string;
  /** Mean. */
  readonly sessionsPerDay: number;
  readonly chronotype: string;
  /** 0 plays what is known, 1 looks for new music all the time. */
  readonly explore: number;
  /** Skips in a row that end a session. */
  readonly patience: number;
  /** Dearest first; a scene may come twice. */
  readonly scenes: readonly number[];
  readonly family: FamilyName;
}

/** In the order of sim/hours.ts. */
const chronotypeNames = ['early bird', 'working hours', 'evening', 'night owl'];

export function portraitOf({ arrivals, people, family }: World, listener: number): Portrait {
  const at = (column: ArrayLike<number>): number => column[listener]!;
  return {
    id: `u${listener}`,
    signedUpAt: at(arrivals.signedUpAt),
    region: at(arrivals.region),
    cohort: arrivals.cohortNames[at(arrivals.cohorts())]!,
    sessionsPerDay: rateOf(at(people.activity)),
    chronotype: chronotypeNames[at(people.chronotype)]!,
    explore: at(people.explore) / 255,
    patience: at(people.patience),
    scenes: Array.from({ length: favouriteScenes }, (_, n) => people.scenes[listener * favouriteScenes + n]!),
    family,
  };
}
