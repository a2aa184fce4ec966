import { mostSessionsPerDay } from '../../sim/activity.ts';
import { mostPopularityExponent, type WorldOptions } from '../../sim/options.ts';
import type { Aim } from './aim.ts';

/** Where the dials stand; `explore` is the factor for all cohorts. */
export type Settings = Readonly<Record<DialName, number>>;

export interface Ends {
  readonly low: number;
  readonly high: number;
}

interface Dial {
  /** What it is fitted to, in words, and how that is counted. */
  what(aim: Aim): string;
  of(aim: Aim): (sample: Aim['log']) => number;
  /** Searched by equal steps, or by equal ratios. */
  readonly scale: 'linear' | 'log';
  /** The range of the setting. */
  ends(start: WorldOptions): Ends;
  /** What stands in a world, by path; of `explore` a value for each cohort. */
  values(world: WorldOptions): readonly (readonly [path: string, value: number])[];
}

export const dials = {
  sessionsPerDay: {
    what: () => 'plays per listener and day',
    of: (aim) => aim.playsPerListenerDay,
    scale: 'log',
    ends: () => ({ low: 0.05, high: mostSessionsPerDay }),
    values: ({ sessionsPerDay }) => [['sessionsPerDay', sessionsPerDay]],
  },
  popularityExponent: {
    what: ({ plays }) => `Gini of the first ${plays} plays of each listener over artists`,
    of: (aim) => aim.gini,
    scale: 'linear',
    ends: () => ({ low: 0, high: mostPopularityExponent }),
    values: ({ popularityExponent }) => [['popularityExponent', popularityExponent]],
  },
  explore: {
    what: ({ plays }) => `repeat share of a listener's first ${plays} plays`,
    of: (aim) => aim.repeatShare,
    scale: 'linear',
    /** Up to where every cohort explores all the time. */
    ends: (start) => ({ low: 0, high: 1 / Math.min(...exploreOf(start).filter((explore) => explore > 0)) }),
    values: ({ cohorts }) =>
      Object.entries(cohorts).map(([name, { explore }]) => [`cohorts.${name}.explore`, explore] as const),
  },
} as const satisfies Readonly<Record<string, Dial>>;

export type DialName = keyof typeof dials;

const exploreOf = ({ cohorts }: WorldOptions): number[] => Object.values(cohorts).map(({ explore }) => explore);

/** Two digits: more would promise what a log and small worlds cannot tell. */
export const rounded = (x: number): number => Number(x.toPrecision(2));

export const worldWith = (
  start: WorldOptions,
  { sessionsPerDay, popularityExponent, explore }: Settings,
): WorldOptions => ({
  ...start,
  sessionsPerDay,
  popularityExponent,
  cohorts: Object.fromEntries(
    Object.entries(start.cohorts).map(([name, cohort]) => [
      name,
      { ...cohort, explore: Math.min(1, rounded(cohort.explore * explore)) },
    ]),
  ),
});
