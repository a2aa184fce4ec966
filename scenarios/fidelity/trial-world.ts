import { EventBuffer, type EventColumns } from '../../engine/core/events.ts';
import { openCrew } from '../../sim/crew.ts';
import { createCrowd } from '../../sim/crowd.ts';
import type { FamilyName, WorldOptions } from '../../sim/options.ts';
import { createWorld } from '../../sim/world.ts';
import { listenersOf, scaleCohorts } from '../cohort-sizes.ts';
import { nobodyServes } from '../past.ts';
import { sampleOf } from './run-log.ts';
import type { Sample } from './sample.ts';

export interface TrialSpan {
  readonly seed: string;
  readonly family: FamilyName;
  /** Days of organic listening, as of the past of a run. */
  readonly days: number;
}

/** The organic listening of a small world. The same dials and seed give the same sample. Cost: about a million plays a second. */
export async function liveTrial(options: WorldOptions, { seed, family, days }: TrialSpan): Promise<Sample> {
  const world = createWorld(options, { seed, family, historyDays: days, days: 1 });
  const crowd = createCrowd(world);
  const crew = openCrew(world, 1);
  const log: EventColumns[] = [];
  try {
    for (let day = -days; day < 0; day++) {
      const today = new EventBuffer();
      await crew.live(crowd, day, 'organic', { ...nobodyServes, log: (stretch) => today.append(stretch) });
      log.push(today.slice());
    }
  } finally {
    await crew.close();
  }
  const { artist, releasedAt } = world.releases;
  return sampleOf(log, -days, -1, { artist, releasedAt });
}

/**
 * A world of another size with the same habits: cohorts keep their proportions, releases and sign-ups theirs to the catalogue and
 * the listeners.
 */
export function resized(
  options: WorldOptions,
  size: { readonly listeners: number; readonly tracks: number },
): WorldOptions {
  const share = size.listeners / listenersOf(options.cohorts);
  return {
    ...options,
    tracks: size.tracks,
    releasesPerDay: (options.releasesPerDay * size.tracks) / options.tracks,
    signupsPerDay: options.signupsPerDay * share,
    cohorts: scaleCohorts(options.cohorts, size.listeners),
  };
}
