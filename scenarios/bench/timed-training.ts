import type { Kernel } from '../../engine/als/kernel.ts';
import { type TrainedFactors, type TrainOptions, trainAls } from '../../engine/als/train.ts';
import { type Progress, silent } from '../../engine/core/progress.ts';
import type { InteractionMatrix } from '../../engine/interactions/csr.ts';
import type { Problem } from './problem.ts';
import { type Elapsed, startStopwatch } from './stopwatch.ts';

/** A training, and when it was how far: by the clock, and by the processor time of all threads. */
export interface TimedTraining extends TrainedFactors {
  /** Since the start, at the end of each sweep. */
  readonly ends: readonly Elapsed[];
}

/** Trains, and notes the time at the end of each sweep; momentum and all that happens between two belongs to the later one. */
export async function timeTraining(
  matrix: InteractionMatrix,
  start: Problem['start'],
  options: TrainOptions,
  kernel: Kernel,
  progress: Progress = silent,
): Promise<TimedTraining> {
  const ends: Elapsed[] = [];
  let halves = 0;
  const elapsed = startStopwatch();
  const watched: Kernel = {
    ...kernel,
    halfSweep: async (...work) => {
      const report = await kernel.halfSweep(...work);
      halves += 1;
      if (halves % 2 === 0) ends.push(elapsed());
      return report;
    },
  };
  const trained = await trainAls(matrix, start, options, { kernel: watched, progress });
  return { ...trained, ends };
}

/** How long each sweep took, from the times at their ends. */
export const durations = (ends: readonly number[]): number[] => ends.map((end, i) => end - (ends[i - 1] ?? 0));

/** The sweeps after the first, which also pays for memory that is touched for the first time; where it is alone, that one. */
export const warmSweeps = (ends: readonly number[]): number[] => durations(ends).slice(ends.length > 1 ? 1 : 0);
