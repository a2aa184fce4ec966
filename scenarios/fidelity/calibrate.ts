import type { Progress } from '../../engine/core/progress.ts';
import { mostSessionsPerDay } from '../../sim/activity.ts';
import { type FamilyName, mostPopularityExponent, type WorldOptions } from '../../sim/options.ts';
import { type Aim, aimOf, enoughForPopularity } from './aim.ts';
import { bisect } from './bisect.ts';
import { type Measurement, measure } from './measure.ts';
import { type Sample, withoutPlayedTime } from './sample.ts';
import { liveTrial, resized } from './trial-world.ts';

export interface CalibrationOptions {
  readonly seed: string;
  readonly family: FamilyName;
  /** Follow the log's plays a day too. Those who keep one listen more than most. */
  readonly volume: boolean;
  readonly progress: Progress;
}

/** A dial that was fitted: what was aimed at, and what trial worlds gave before and after. */
export interface FittedDial {
  readonly dial: DialName;
  readonly what: string;
  readonly target: number;
  readonly before: number;
  readonly after: number;
}

export interface Calibration {
  /** As it was given, but for the dials that were fitted. */
  readonly world: WorldOptions;
  readonly dials: readonly FittedDial[];
  /** The part of the log that counted, and the trial worlds before and after. */
  readonly log: Measurement;
  readonly before: Measurement;
  readonly after: Measurement;
  readonly notes: readonly string[];
}

/**
 * Fit the dials of a world to a log of listening: `sessionsPerDay` to its plays a day (only with `volume`), `popularityExponent` to
 * the Gini coefficient of plays over artists, and the cohorts' `explore`, all by one factor, to the repeat share. One dial after
 * the other on small organic worlds, and all of them a second time, since each moves the figures of the others a little.
 *
 * @param start the dials to begin with.
 * @returns the same for the same log, dials, family and seed. Cost: some 30 settings of dials, a second or two each.
 * @throws DubplateError INVALID_INPUT when the log is too small.
 */
export async function calibrate(log: Sample, start: WorldOptions, options: CalibrationOptions): Promise<Calibration> {
  const aim = aimOf(log);
  const tellsPopularity = aim.log.listeners.length >= enoughForPopularity;
  const names: DialName[] = [
    ...(options.volume ? (['sessionsPerDay'] as const) : []),
    ...(tellsPopularity ? (['popularityExponent'] as const) : []),
    'explore',
  ];
  const rounds = names.length === 1 ? [wide] : [wide, narrow];
  const trials = rounds.reduce((sum, { halvings }) => sum + names.length * (2 + halvings), 2);
  const live = trialsOf(aim, start, options, trials);
  let settings: Settings = {
    sessionsPerDay: start.sessionsPerDay,
    popularityExponent: start.popularityExponent,
    explore: 1,
  };
  const first = await live(start);
  for (const round of rounds) {
    for (const name of names) {
      const { of, ends } = dials[name];
      const figure = of(aim);
      const { x } = await bisect(
        { ...within(ends(start), settings[name], round), target: figure(aim.log), steps: round.halvings },
        async (setting) => meanOver(await live(worldWith(start, { ...settings, [name]: setting })), figure),
        rounded,
      );
      settings = { ...settings, [name]: x };
    }
  }
  const world = worldWith(start, settings);
  const last = await live(world);
  const shown = ([sample]: Trial): Measurement =>
    measure(log.playedTime === 'none' ? withoutPlayedTime(sample) : sample);
  return {
    world,
    dials: names.map((dial) => {
      const { what, of } = dials[dial];
      const figure = of(aim);
      return { dial, what, target: figure(aim.log), before: meanOver(first, figure), after: meanOver(last, figure) };
    }),
    log: measure(aim.log),
    before: shown(first),
    after: shown(last),
    notes: [
      ...names.flatMap((name) => dials[name].noteOn(world) ?? []),
      ...(tellsPopularity
        ? []
        : [`popularityExponent is left as it is: it takes ${enoughForPopularity} listeners to tell what is popular.`]),
    ],
  };
}

/** The samples of a few worlds that differ by their seeds alone: who happens to be famous moves every figure. */
type Trial = readonly [Sample, ...Sample[]];
type Live = (world: WorldOptions) => Promise<Trial>;

const meanOver = (trial: Trial, figure: (sample: Sample) => number): number =>
  trial.reduce((sum, sample) => sum + figure(sample), 0) / trial.length;

/** Worlds of a trial. */
const worlds = 2;
/** Heard artists of a trial that differ by less than this share are as many. */
const sameSize = 0.05;
/** Catalogues tried for one setting of the dials, and their tracks. */
const sizings = 4;
const fewestTracks = 200;
const mostTracks = 20_000;

/**
 * Trial worlds in which as many artists are heard as in the log. How many there are that nobody hears, no log tells: the catalogue
 * grows or shrinks until the number fits, and the next trial begins with its size.
 */
function trialsOf(aim: Aim, { tracksPerArtist }: WorldOptions, options: CalibrationOptions, trials: number): Live {
  const artists = aim.artists(aim.log);
  const bounded = (tracks: number): number => Math.round(Math.max(fewestTracks, Math.min(mostTracks, tracks)));
  let tracks = bounded(tracksPerArtist * artists);
  let lived = 0;
  return async (world) => {
    options.progress('calibrating, settings tried', ++lived, trials);
    const span = { family: options.family, days: aim.days };
    for (let sizing = 1; ; sizing++) {
      const sized = resized(world, { listeners: aim.listeners, tracks });
      const trial: [Sample, ...Sample[]] = [await liveTrial(sized, { ...span, seed: `${options.seed}/0` })];
      for (let i = 1; i < worlds; i++) trial.push(await liveTrial(sized, { ...span, seed: `${options.seed}/${i}` }));
      const ratio = artists / meanOver(trial, aim.artists);
      // Twice the catalogue is not twice as many artists heard.
      const next = bounded(tracks * ratio ** 1.5);
      if (Math.abs(ratio - 1) < sameSize || sizing === sizings || next === tracks) return trial;
      tracks = next;
    }
  };
}

/** Where the dials stand; `explore` is the factor for all cohorts. */
type Settings = Readonly<Record<DialName, number>>;

interface Ends {
  readonly low: number;
  readonly high: number;
}

/** How far around its present place a dial is looked for, as a share of its range, and how finely. */
interface Round {
  readonly share: number;
  readonly halvings: number;
}

const wide: Round = { share: 1, halvings: 5 };
const narrow: Round = { share: 0.15, halvings: 3 };

const within = ({ low, high }: Ends, present: number, { share }: Round): Ends => ({
  low: share === 1 ? low : Math.max(low, present - share * (high - low)),
  high: share === 1 ? high : Math.min(high, present + share * (high - low)),
});

/** Four digits: more would promise what a small world cannot tell. */
const rounded = (x: number): number => Number(x.toPrecision(4));

interface Dial {
  readonly what: string;
  of(aim: Aim): (sample: Sample) => number;
  /** The range of the setting. */
  ends(start: WorldOptions): Ends;
  /** What to know of where it ended up. */
  noteOn(world: WorldOptions): string | undefined;
}

const dials = {
  sessionsPerDay: {
    what: 'plays per listener and day',
    of: (aim) => aim.playsPerListenerDay,
    ends: () => ({ low: 0.1, high: mostSessionsPerDay }),
    noteOn: ({ sessionsPerDay }) =>
      sessionsPerDay === mostSessionsPerDay
        ? 'sessionsPerDay is at its largest: the log has still more plays.'
        : undefined,
  },
  popularityExponent: {
    what: 'Gini of plays over artists',
    of: (aim) => aim.gini,
    ends: () => ({ low: 0, high: mostPopularityExponent }),
    noteOn: ({ popularityExponent: x }) =>
      x === 0 || x === mostPopularityExponent
        ? 'popularityExponent is at the end of its range: the log lies beyond what it can do.'
        : undefined,
  },
  explore: {
    what: 'repeat share',
    of: (aim) => aim.repeatShare,
    /** Up to where every cohort explores all the time. */
    ends: (start) => ({ low: 0, high: 1 / Math.min(...exploreOf(start).filter((explore) => explore > 0)) }),
    noteOn: (world) => {
      const explore = exploreOf(world);
      if (explore.every((share) => share === 0)) return 'explore is 0: the log repeats more than the world can.';
      return explore.every((share) => share === 1)
        ? 'explore is 1: the log repeats less than the world can.'
        : undefined;
    },
  },
} as const satisfies Readonly<Record<string, Dial>>;

export type DialName = keyof typeof dials;

const exploreOf = ({ cohorts }: WorldOptions): number[] => Object.values(cohorts).map(({ explore }) => explore);

const worldWith = (start: WorldOptions, { sessionsPerDay, popularityExponent, explore }: Settings): WorldOptions => ({
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
