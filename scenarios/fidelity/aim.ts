import { DubplateError } from '../../engine/core/errors.ts';
import { firstPlays, lastDays, someOf, usualPlays } from './cut-sample.ts';
import { concentration, factsOf, median } from './facts.ts';
import { type Listening, spanInDays } from './listening.ts';
import { favouriteArtists, type Sample } from './sample.ts';

/** Days of a log that count, and days of a trial at most and at least. */
const mostDays = 60;
const fewestDays = 7;
/** Who has fewer plays in them is left out. */
const fewestPlays = 30;
/** A listener's plays that repeats and concentration are counted over, at most. */
const mostPlays = 300;
/** Listeners of a trial: a longer log is thinned, a shorter one is held against as many of the trial's. */
const fewestListeners = 100;
const mostListeners = 400;
/** The favourites of fewer people do not tell what is popular. */
export const enoughForPopularity = 50;

/** What a log asks of a trial world, and how both are counted: the same plays of as many listeners. */
export interface Aim {
  /** The part of the log that counts. */
  readonly log: Sample;
  /** Listeners and days of a trial. */
  readonly listeners: number;
  readonly days: number;
  /** Artists heard: of as many listeners, over as many plays of each. */
  readonly artists: (sample: Sample) => number;
  /** From the first day to the last of everybody: a log does not know of other days. */
  readonly playsPerListenerDay: (sample: Sample) => number;
  readonly gini: (sample: Sample) => number;
  readonly repeatShare: (sample: Sample) => number;
}

/**
 * The last {@link mostDays} of a log, and the figures that dials are fitted to.
 * @throws DubplateError INVALID_INPUT when nobody has 30 plays in that time.
 */
export function aimOf(whole: Sample): Aim {
  const recent = lastDays(whole, mostDays);
  const isUsed = recent.listeners.map(({ track }) => track.length >= fewestPlays);
  const chosen = someOf(
    whole.listeners.filter((_, i) => isUsed[i]),
    mostListeners,
  );
  if (chosen.length === 0) throw tooSmall(whole);
  const log = lastDays({ ...whole, listeners: chosen }, mostDays);
  const plays = Math.min(mostPlays, usualPlays(log.listeners));
  const count = chosen.length;
  const heard = ({ listeners, artistOf }: Sample) =>
    favouriteArtists(firstPlays(someOf(listeners, count), plays), artistOf ?? []);
  return {
    log,
    listeners: Math.max(fewestListeners, count),
    days: Math.max(fewestDays, ...log.listeners.map(spanInDays)),
    artists: (sample) => heard(sample).artists,
    playsPerListenerDay: (sample) => {
      const { listeners, listenerDays } = lastDays({ ...sample, listeners: enough(sample.listeners) }, mostDays);
      return listeners.reduce((sum, { track }) => sum + track.length, 0) / Math.max(1, listenerDays);
    },
    gini: (sample) => {
      const { listeners, artists } = heard(sample);
      return concentration(listeners, artists).gini;
    },
    repeatShare: ({ listeners }) =>
      median(
        firstPlays(
          listeners.filter(({ track }) => track.length >= plays),
          plays,
        ).map((listening) => factsOf(listening).repeatShare),
      ),
  };
}

const enough = (listeners: readonly Listening[]): Listening[] =>
  listeners.filter(({ track }) => track.length >= fewestPlays);

const tooSmall = ({ listeners }: Sample): DubplateError =>
  new DubplateError(
    'INVALID_INPUT',
    `None of the ${listeners.length} listeners of the log has ${fewestPlays} plays in the last ${mostDays} days of theirs`,
    { hint: 'Give a longer log: a world cannot be calibrated to so little.' },
  );
