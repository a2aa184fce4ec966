import { DubplateError } from '../../engine/core/errors.ts';
import { firstPlays, lastDays, someOf, usualPlays } from './cut-sample.ts';
import { concentration, factsOf, median } from './facts.ts';
import { spanInDays } from './listening.ts';
import { type Measurement, measure } from './measure.ts';
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
  /** Of each listener, that repeats and concentration are counted over. */
  readonly plays: number;
  /** Every fact of the part that counts, of the log and of a trial alike; concentration over as many listeners as the log has. */
  readonly measured: (sample: Sample) => Measurement;
  /** Artists heard: of as many listeners, over as many plays of each. */
  readonly artists: (sample: Sample) => number;
  readonly playsPerListenerDay: (sample: Sample) => number;
  readonly gini: (sample: Sample) => number;
  readonly repeatShare: (sample: Sample) => number;
}

/**
 * The last {@link mostDays} of a log, and the figures that dials are fitted to.
 * @throws DubplateError INVALID_INPUT when nobody has 30 plays in that time.
 */
export function aimOf(whole: Sample): Aim {
  const recent = lastDays(whole, mostDays).listeners;
  const isUsed = recent.map(({ track }) => track.length >= fewestPlays);
  const chosen = someOf(
    whole.listeners.filter((_, i) => isUsed[i]),
    mostListeners,
  );
  if (chosen.length === 0) throw tooSmall(whole);
  const days = Math.max(fewestDays, ...lastDays({ ...whole, listeners: chosen }, mostDays).listeners.map(spanInDays));
  const kept = (sample: Sample): Sample => {
    const cut = lastDays(sample, days);
    return lastDays({ ...cut, listeners: cut.listeners.filter(({ track }) => track.length >= fewestPlays) }, days);
  };
  const log = kept({ ...whole, listeners: chosen });
  const plays = Math.min(mostPlays, usualPlays(log.listeners));
  const count = chosen.length;
  const asMany = (sample: Sample): Sample => ({ ...sample, listeners: someOf(sample.listeners, count) });
  const heard = (sample: Sample) =>
    favouriteArtists(firstPlays(asMany(sample).listeners, plays), sample.artistOf ?? []);
  return {
    log,
    listeners: Math.max(fewestListeners, count),
    days,
    plays,
    measured: (sample) => {
      const all = measure(kept(sample));
      const { artists, listeners, facts } = measure(asMany(kept(sample)));
      return { ...all, artists, listeners, facts: { ...all.facts, topShare: facts.topShare, gini: facts.gini } };
    },
    artists: (sample) => heard(sample).artists,
    playsPerListenerDay: (sample) => {
      const { listeners, listenerDays } = kept(sample);
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

const tooSmall = ({ listeners }: Sample): DubplateError =>
  new DubplateError(
    'INVALID_INPUT',
    `None of the ${listeners.length} listeners of the log has ${fewestPlays} plays in the last ${mostDays} days of theirs`,
    { hint: 'Give a longer log: a world cannot be calibrated to so little.' },
  );
