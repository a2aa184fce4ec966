import { dayOf, secondsPerHour, startOfDay } from '../../engine/core/time.ts';
import { type FactName, factForms, forEachFact } from './fact-names.ts';
import { concentration, factsOf, type ListenerFacts, median, secondWeekShare, sundayToFriday } from './facts.ts';
import { daysBetween, type Listening } from './listening.ts';
import { favouriteArtists, type Sample } from './sample.ts';

/** One fact of a sample. */
export interface Measured {
  /** Not a number where the sample does not tell. */
  readonly value: number;
  /** Of each listener used, in ascending order; none for facts of everybody together. */
  readonly perListener: Float64Array;
}

/** All facts of a sample, and what they were computed from. */
export interface Measurement {
  readonly facts: Readonly<Record<FactName, Measured>>;
  /** Everybody, and those with at least `fewestPlays`, over whom the facts of single listeners are summed up. */
  readonly listeners: number;
  readonly used: number;
  readonly fewestPlays: number;
  readonly plays: number;
  /** Artists over whom concentration is counted: somebody's favourites; 0 when the sample does not tell artists. */
  readonly artists: number;
  /** Days from the first play to the last, both included. */
  readonly days: number;
  /** The hour of the listeners' clocks, 0–23, in which everybody together played most. */
  readonly busiestAt: number;
}

/** A listener with fewer plays says little of repeats and sessions; where hardly anybody has so many, the next will do. */
const enoughPlays = [300, 100, 30] as const;
const anything = 1;
const hardlyAnybody = 5;

/** Measure every fact. Pure; the cost is a few passes over all plays. */
export function measure(sample: Sample): Measurement {
  const { listeners, playedTime } = sample;
  const fewestPlays = fewestFor(listeners);
  const used = listeners.filter(({ track }) => track.length >= fewestPlays);
  const single = used.map(factsOf);
  const plays = listeners.reduce((sum, { track }) => sum + track.length, 0);
  const everybody = factsOfEverybody(sample, plays);
  const needsHeard = (fact: FactName): boolean => fact === 'under5s' || fact === 'under30s';
  return {
    facts: forEachFact((fact) => {
      if (factForms[fact].of === 'everybody') return { value: everybody.facts[fact] ?? Number.NaN, perListener: none };
      if (needsHeard(fact) && playedTime !== 'heard') return { value: Number.NaN, perListener: none };
      const values = Float64Array.from(single, (facts) => facts[fact as keyof ListenerFacts]);
      const perListener = values.filter((value) => Number.isFinite(value)).sort();
      return { value: median(perListener), perListener };
    }),
    listeners: listeners.length,
    used: used.length,
    fewestPlays,
    plays,
    artists: everybody.artists,
    days: spanOf(listeners),
    busiestAt: busiestHourOf(listeners),
  };
}

/** Several samples as one: listeners of all of them, and the means of what is counted over everybody. At least one. */
export function pooled(samples: readonly Measurement[]): Measurement {
  const [one] = samples;
  if (!one) throw new Error('nothing to pool');
  const mean = (of: (sample: Measurement) => number): number =>
    samples.reduce((sum, sample) => sum + of(sample), 0) / samples.length;
  return {
    ...one,
    artists: Math.round(mean(({ artists }) => artists)),
    facts: forEachFact((fact) => {
      if (factForms[fact].of === 'everybody')
        return { value: mean(({ facts }) => facts[fact].value), perListener: none };
      const perListener = Float64Array.from(samples.flatMap(({ facts }) => [...facts[fact].perListener])).sort();
      return { value: median(perListener), perListener };
    }),
  };
}

const none = new Float64Array(0);

/** How many plays a listener must have to be used: the most that five listeners have, or else anybody. */
function fewestFor(listeners: readonly Listening[]): number {
  const firstWith = (least: number): number | undefined =>
    enoughPlays.find((fewest) => listeners.filter(({ track }) => track.length >= fewest).length >= least);
  return firstWith(hardlyAnybody) ?? firstWith(1) ?? anything;
}

interface Everybody {
  readonly facts: Readonly<Partial<Record<FactName, number>>>;
  readonly artists: number;
}

function factsOfEverybody({ listeners, listenerDays, artistOf, releases }: Sample, plays: number): Everybody {
  const facts: Partial<Record<FactName, number>> = {
    playsPerListenerDay: plays / listenerDays,
    fridayPeak: sundayToFriday(listeners),
  };
  if (releases) {
    facts.releaseDecay = secondWeekShare(listeners, releases.releasedAt, releases.from, releases.until);
  }
  if (!artistOf || plays === 0) return { facts, artists: 0 };
  const favourites = favouriteArtists(listeners, artistOf);
  return {
    facts: { ...facts, ...concentration(favourites.listeners, favourites.artists) },
    artists: favourites.artists,
  };
}

function busiestHourOf(listeners: readonly Listening[]): number {
  const plays = new Float64Array(24);
  for (const { time } of listeners)
    for (const t of time) plays[Math.floor((t - startOfDay(dayOf(t))) / secondsPerHour)]! += 1;
  return plays.indexOf(Math.max(...plays));
}

function spanOf(listeners: readonly Listening[]): number {
  let first = Number.POSITIVE_INFINITY;
  let last = Number.NEGATIVE_INFINITY;
  for (const { time } of listeners) {
    if (time.length === 0) continue;
    first = Math.min(first, time[0]!);
    last = Math.max(last, time[time.length - 1]!);
  }
  return last < first ? 0 : daysBetween(first, last);
}
