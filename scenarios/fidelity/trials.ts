import type { Progress } from '../../engine/core/progress.ts';
import type { FamilyName, WorldOptions } from '../../sim/options.ts';
import type { Aim } from './aim.ts';
import type { Sample } from './sample.ts';
import { liveTrial, resized } from './trial-world.ts';

/** The samples of a few worlds that differ by their seeds alone: who happens to be famous moves every figure. */
export type Trial = readonly [Sample, ...Sample[]];

/** Trial worlds of a catalogue in which as many artists are heard as in the log. */
export interface Trials {
  /** Lives a trial with these dials and the present catalogue. */
  live(world: WorldOptions, worlds?: number): Promise<Trial>;
  /**
   * Changes the catalogue so that with these dials as many artists are heard as in the log: how many there are that nobody hears, no
   * log tells. While a dial is searched for it stays the same, or else its figure would jump.
   */
  size(world: WorldOptions): Promise<void>;
}

export const meanOver = (trial: Trial, figure: (sample: Sample) => number): number =>
  trial.reduce((sum, sample) => sum + figure(sample), 0) / trial.length;

/** Worlds of a trial, unless more are asked for. */
export const usualWorlds = 2;
/** Heard artists of a trial that differ by less than this share are as many. */
const sameSize = 0.02;
/** Catalogues tried at one time, and their tracks. */
const sizings = 6;
const fewestTracks = 200;
const mostTracks = 20_000;

export interface TrialOptions {
  readonly seed: string;
  readonly family: FamilyName;
  readonly progress: Progress;
  /** How many there will be at most, for the progress. */
  readonly trials: number;
}

export function trialsOf(aim: Aim, { tracksPerArtist }: WorldOptions, options: TrialOptions): Trials {
  const artists = aim.artists(aim.log);
  const bounded = (tracks: number): number => Math.round(Math.max(fewestTracks, Math.min(mostTracks, tracks)));
  let tracks = bounded(tracksPerArtist * artists);
  let lived = 0;
  const live = async (world: WorldOptions, worlds = usualWorlds): Promise<Trial> => {
    options.progress('calibrating, settings tried', Math.min(++lived, options.trials), options.trials);
    const span = { family: options.family, days: aim.days };
    const sized = resized(world, { listeners: aim.listeners, tracks });
    const trial: [Sample, ...Sample[]] = [await liveTrial(sized, { ...span, seed: `${options.seed}/0` })];
    for (let i = 1; i < worlds; i++) trial.push(await liveTrial(sized, { ...span, seed: `${options.seed}/${i}` }));
    return trial;
  };
  const size = async (world: WorldOptions): Promise<void> => {
    for (let sizing = 0; sizing < sizings; sizing++) {
      const ratio = artists / meanOver(await live(world), aim.artists);
      // Twice the catalogue is not twice as many artists heard.
      const next = bounded(tracks * ratio ** 1.5);
      if (Math.abs(ratio - 1) < sameSize || next === tracks) return;
      tracks = next;
    }
  };
  return { live, size };
}
