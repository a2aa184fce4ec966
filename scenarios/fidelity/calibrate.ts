import { DubplateError } from '../../engine/core/errors.ts';
import type { Progress } from '../../engine/core/progress.ts';
import type { FamilyName, WorldOptions } from '../../sim/options.ts';
import { type Aim, aimOf, enoughForPopularity } from './aim.ts';
import { bisect, type Trial as Tried } from './bisect.ts';
import { type DialName, dials, type Ends, rounded, type Settings, worldWith } from './dials.ts';
import { type Measurement, pooled } from './measure.ts';
import { type Sample, withoutPlayedTime } from './sample.ts';
import { meanOver, type Trial, type Trials, trialsOf, usualWorlds } from './trials.ts';
import { deviation, jackknifeError, slopeOf } from './uncertainty.ts';

export interface CalibrationOptions {
  readonly seed: string;
  readonly family: FamilyName;
  /** Follow the log's plays a day too. Those who keep one listen more than most. */
  readonly volume: boolean;
  readonly progress: Progress;
}

/** A dial that was fitted: what was aimed at, what trial worlds that listen as much gave before and after, and how surely it is known. */
export interface FittedDial {
  readonly dial: DialName;
  readonly what: string;
  readonly target: number;
  readonly before: number;
  readonly after: number;
  /** What was set, by path below `world`, and between what it lies: see {@link errorOf}. */
  readonly values: readonly FittedValue[];
}

export interface FittedValue {
  readonly path: string;
  readonly value: number;
  readonly low: number;
  readonly high: number;
}

export interface Calibration {
  /** As it was given, but for the dials that were fitted. */
  readonly world: WorldOptions;
  readonly dials: readonly FittedDial[];
  /** How much of the log counted: of each listener at most so many days. */
  readonly used: { readonly listeners: number; readonly plays: number; readonly days: number };
  /** The part of the log that counted, and the trial worlds before and after, counted in the same way. */
  readonly log: Measurement;
  readonly before: Measurement;
  readonly after: Measurement;
  readonly notes: readonly string[];
}

/**
 * Fit the dials of a world to a log of listening: `sessionsPerDay` to its plays a day, `popularityExponent` to the Gini coefficient
 * of plays over artists, and the cohorts' `explore`, all by one factor, to the repeat share. One dial after the other on small
 * organic worlds, and all of them again, since each moves the figures of the others a little. `popularityExponent` moves its figure
 * so little that it stays where it is while that is within two standard errors of the log's.
 *
 * Trial worlds listen as much as the log in any case, since those who listen less within the same days meet more releases per
 * play; without `volume` the world keeps its own `sessionsPerDay` all the same.
 *
 * @param start the dials to begin with.
 * @returns the same for the same log, dials, family and seed. Cost: 60 to 75 settings of dials, half a second each.
 * @throws DubplateError INVALID_INPUT when the log is too small, or no trial has the plays to tell a figure from.
 */
export async function calibrate(log: Sample, start: WorldOptions, options: CalibrationOptions): Promise<Calibration> {
  const aim = aimOf(log);
  const tellsPopularity = aim.log.listeners.length >= enoughForPopularity;
  const trials = trialsOf(aim, start, { ...options, trials: tellsPopularity ? 75 : 60 });
  const { live, size } = trials;
  await size(start);
  const first = await live(start);
  const task = { aim, start, trials };
  const volume = await search({ ...task, names: ['sessionsPerDay'] }, settingsOf(start));
  await size(worldWith(start, volume.settings));
  const asMuch = await surroundings(worldWith(start, volume.settings), trials);
  const { of } = dials.popularityExponent;
  const popularityMoves =
    tellsPopularity &&
    Math.abs(meanOver(asMuch.seeds, of(aim)) - of(aim)(aim.log)) > 2 * chanceOf(aim.log, asMuch, of(aim));
  const names: DialName[] = [...(popularityMoves ? (['popularityExponent'] as const) : []), 'explore'];
  const { settings, tried } = await search({ ...task, names: ['sessionsPerDay', ...names] }, volume.settings);
  const found = await surroundings(worldWith(start, settings), trials);
  const world = worldWith(start, options.volume ? settings : { ...settings, sessionsPerDay: start.sessionsPerDay });
  const last = options.volume ? found.trial : await live(world);
  const measured = (trial: Trial): Measurement =>
    pooled(trial.map((sample) => aim.measured(log.playedTime === 'none' ? withoutPlayedTime(sample) : sample)));
  const fitted: DialName[] = options.volume ? ['sessionsPerDay', ...names] : names;
  return {
    world,
    used: {
      listeners: aim.log.listeners.length,
      plays: aim.log.listeners.reduce((sum, { track }) => sum + track.length, 0),
      days: aim.days,
    },
    dials: fitted.map((dial) => {
      const figure = dials[dial].of(aim);
      const ends = dials[dial].ends(start);
      // A dial that moves nothing is not known at all.
      const reach = (2 * errorOf(aim.log, found, figure)) / Math.abs(slopeOf(tried[dial]));
      const worldAt = (x: number): WorldOptions => worldWith(start, { ...settings, [dial]: rounded(x) });
      const low = dials[dial].values(worldAt(Math.max(ends.low, settings[dial] - reach)));
      const high = dials[dial].values(worldAt(Math.min(ends.high, settings[dial] + reach)));
      return {
        dial,
        what: dials[dial].what(aim),
        target: figure(aim.log),
        before: meanOver(dial === 'sessionsPerDay' ? first : asMuch.trial, figure),
        after: meanOver(found.trial, figure),
        values: dials[dial].values(world).map(([path, value], i) => ({
          path,
          value,
          low: low[i]?.[1] ?? value,
          high: high[i]?.[1] ?? value,
        })),
      };
    }),
    log: aim.measured(aim.log),
    before: measured(first),
    after: measured(last),
    notes: [
      ...fitted.flatMap((name) => noteOnEnd(name, settings[name], { aim, start, trial: found.trial }) ?? []),
      ...(popularityMoves ? [] : [noteOnPopularity(aim, asMuch.seeds)]),
    ],
  };
}

/** How far around its present place a dial is looked for, as a share of its range, and how finely. */
interface Round {
  readonly share: number;
  readonly halvings: number;
}

const rounds: readonly Round[] = [
  { share: 1, halvings: 5 },
  { share: 0.15, halvings: 3 },
];

interface Task {
  readonly aim: Aim;
  readonly start: WorldOptions;
  readonly trials: Trials;
  readonly names: readonly DialName[];
}

const settingsOf = ({ sessionsPerDay, popularityExponent }: WorldOptions): Settings => ({
  sessionsPerDay,
  popularityExponent,
  explore: 1,
});

/** @returns where the dials ended up, and all that was tried of each in the last round; the catalogue fits them. */
async function search({ aim, start, trials, names }: Task, begin: Settings) {
  let settings = begin;
  const tried: Record<DialName, Tried[]> = { sessionsPerDay: [], popularityExponent: [], explore: [] };
  for (const round of rounds) {
    for (const name of names) {
      const figure = dials[name].of(aim);
      tried[name] = [];
      const { to, from } = scales[dials[name].scale];
      const { low, high } = dials[name].ends(start);
      const found = await bisect(
        {
          ...within({ low: to(low), high: to(high) }, to(settings[name]), round),
          target: figure(aim.log),
          steps: round.halvings,
        },
        async (scaled) => {
          const setting = rounded(from(scaled));
          const y = meanOver(await trials.live(worldWith(start, { ...settings, [name]: setting })), figure);
          if (Number.isFinite(y)) tried[name].push({ x: setting, y });
          return y;
        },
      );
      if (found === undefined) throw unmeasured(name, dials[name].what(aim));
      settings = { ...settings, [name]: rounded(from(found.x)) };
      await trials.size(worldWith(start, settings));
    }
  }
  return { settings, tried };
}

const unmeasured = (dial: DialName, what: string): DubplateError =>
  new DubplateError('INVALID_INPUT', `No trial world had the plays to tell its ${what} from, whatever ${dial} was`, {
    hint: 'Give a log whose listeners play less, or begin with a world whose listeners play more (`sessionsPerDay`).',
  });

const same = (x: number): number => x;
const scales = { linear: { to: same, from: same }, log: { to: Math.log, from: Math.exp } };

const within = ({ low, high }: Ends, present: number, { share }: Round): Ends => ({
  low: share === 1 ? low : Math.max(low, present - share * (high - low)),
  high: share === 1 ? high : Math.min(high, present + share * (high - low)),
});

/** Trials with the dials that were found: as they are, with more seeds, and with half and twice the releases. */
interface Surroundings {
  readonly trial: Trial;
  readonly seeds: Trial;
  readonly fewReleases: Trial;
  readonly manyReleases: Trial;
}

async function surroundings(world: WorldOptions, { live }: Trials): Promise<Surroundings> {
  const seeds = await live(world, 2 * usualWorlds);
  const [one, ...more] = seeds;
  return {
    trial: [one, ...more.slice(0, usualWorlds - 1)],
    seeds,
    fewReleases: await live({ ...world, releasesPerDay: world.releasesPerDay / 2 }),
    manyReleases: await live({ ...world, releasesPerDay: world.releasesPerDay * 2 }),
  };
}

type Figure = (sample: Sample) => number;

/**
 * Standard error, by chance, of the difference between the log's figure and that of trial worlds with the right dials: of the
 * listeners in the log, and of the seed on both sides.
 */
const chanceOf = (log: Sample, { seeds }: Surroundings, figure: Figure): number =>
  Math.hypot(jackknifeError(log, figure), deviation(seeds.map(figure)) * Math.sqrt(1 + 1 / usualWorlds));

/** The same, and of the releases a day, which no log tells and which may well be half or twice as many. */
const errorOf = (log: Sample, around: Surroundings, figure: Figure): number =>
  Math.hypot(
    chanceOf(log, around, figure),
    (meanOver(around.manyReleases, figure) - meanOver(around.fewReleases, figure)) / 2,
  );

/** Why popularityExponent was not fitted. */
function noteOnPopularity(aim: Aim, trial: Trial): string {
  const { what, of } = dials.popularityExponent;
  const why =
    aim.log.listeners.length < enoughForPopularity
      ? `it takes ${enoughForPopularity} listeners to tell what is popular`
      : `${what(aim)} ${meanOver(trial, of(aim)).toFixed(2)} in the trial worlds and ${of(aim)(aim.log).toFixed(2)} in the log may be chance`;
  return `popularityExponent is left as it is: ${why}.`;
}

/** What to know of a dial that ended up at an end of its range. */
function noteOnEnd(
  name: DialName,
  setting: number,
  { aim, start, trial }: Pick<Task, 'aim' | 'start'> & { readonly trial: Trial },
): string | undefined {
  const { low, high } = dials[name].ends(start);
  const end = setting <= rounded(low) ? 'lower' : setting >= rounded(high) ? 'upper' : undefined;
  if (end === undefined) return undefined;
  const figure = dials[name].of(aim);
  const reached = `${dials[name].what(aim)} ${meanOver(trial, figure).toFixed(2)} in the trial worlds, ${figure(aim.log).toFixed(2)} in the log`;
  const why =
    name === 'explore' ? ' Catalogue and releases move that too, and are not fitted: it may be them that differ.' : '';
  return `${name} is at the ${end} end of what was searched: ${reached}.${why}`;
}
