import type { Streams } from '../engine/core/random.ts';
import { levelOf } from './activity.ts';
import type { Arrivals } from './arrivals.ts';
import { columnOf } from './columns.ts';
import { bell, expExact, pick } from './exact.ts';
import { chronotypes } from './hours.ts';
import type { WorldOptions } from './options.ts';
import { toUint8 } from './units.ts';

/** How each listener lives, whatever anybody recommends: one row per listener. */
export interface People {
  /** How often they listen, as a level of {@link levelOf}. */
  readonly activity: Uint8Array;
  readonly chronotype: Uint8Array;
  /** 0 plays what is known, 255 looks for new music all the time. */
  readonly explore: Uint8Array;
  /** Skips in a row that end a session. */
  readonly patience: Uint8Array;
  /** Row-major [listeners × 3]: favourite scenes, dearest first; a scene may come twice. */
  readonly scenes: Uint8Array;
}

export const favouriteScenes = 3;
/** How much each of the favourite scenes is liked. */
export const sceneWeights = [0.6, 0.3, 0.2] as const;

/** Standard deviation of the logarithm of a listener's activity. */
const activitySpread = 0.7;

export function drawPeople(options: WorldOptions, arrivals: Arrivals, streams: Streams): People {
  const listeners = arrivals.signedUpAt.length;
  const cohorts = arrivals.cohortNames.map((name) => options.cohorts[name]!);
  const cohortOf = arrivals.cohorts();
  const people: People = {
    activity: columnOf('uint8', listeners),
    chronotype: columnOf('uint8', listeners),
    explore: columnOf('uint8', listeners),
    patience: columnOf('uint8', listeners),
    scenes: columnOf('uint8', listeners * favouriteScenes),
  };
  // Each market loves some scenes more than others: the same falling weights, begun at another scene.
  const popularity = Array.from({ length: options.regions }, (_, region) =>
    Array.from({ length: options.scenes }, (_, s) => 1 / (3 + ((s + 3 * region) % options.scenes))),
  );
  for (let l = 0; l < listeners; l++) {
    const cohort = cohorts[cohortOf[l]!]!;
    const draw = streams('person', l);
    // Divided by the mean of the log-normal factor, so that `sessionsPerDay` is the mean.
    const factor = expExact(activitySpread * bell(draw) - (activitySpread * activitySpread) / 2);
    people.activity[l] = levelOf(options.sessionsPerDay * cohort.activity * factor);
    people.chronotype[l] = Math.floor(draw() * chronotypes);
    people.explore[l] = toUint8(255 * (cohort.explore + 0.1 * bell(draw)));
    people.patience[l] = 4 + Math.floor(draw() * 7);
    const weights = popularity[arrivals.region[l]!]!;
    for (let k = 0; k < favouriteScenes; k++) people.scenes[l * favouriteScenes + k] = pick(weights, draw());
  }
  return people;
}
