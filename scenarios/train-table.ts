import { z } from 'zod';
import { seedFactors } from '../engine/als/seed-factors.ts';
import { type TrainedFactors, type TrainRun, trainAls } from '../engine/als/train.ts';
import { createStreams } from '../engine/core/random.ts';
import { type Csr, interactionMatrix } from '../engine/interactions/csr.ts';
import { alsOptionsSchema } from '../engine/options.ts';
import { isSet, parseSettings } from './set-option.ts';

/** What `train` and `evaluate` can set: the part of the engine that works on a table of interactions. */
const tableOptionsSchema = z.strictObject({
  als: alsOptionsSchema.prefault({}),
  /**
   * `log`: r = log₂(1 + weight), because counts over a lifetime are heavy-tailed; a weight of 1 stays 1. `raw`: as written.
   */
  weights: z.enum(['log', 'raw']).default('log'),
});

/** The options of a training on a table, complete. */
export type TableOptions = z.output<typeof tableOptionsSchema>;

export const sweepsHelp =
  'training starts from nothing: als.firstSweeps sweeps are run, or als.sweeps where that is set and the former is not';

/** The options behind `--set`; `sweeps` is the number of sweeps that will be run. */
export function tableOptions(settings: readonly string[]): TableOptions {
  const { als, weights } = parseSettings(tableOptionsSchema, settings);
  const sweeps = isSet(settings, 'als.sweeps') && !isSet(settings, 'als.firstSweeps') ? als.sweeps : als.firstSweeps;
  return { als: { ...als, sweeps, firstSweeps: sweeps }, weights };
}

/** Train on a table from factors seeded by id: the same file and seed give the same factors, bit for bit. */
export function trainTable(
  table: { readonly users: readonly string[]; readonly tracks: readonly string[]; readonly weights: Csr },
  { als, weights }: TableOptions,
  seed: string,
  run: TrainRun,
): Promise<TrainedFactors> {
  const streams = createStreams(seed);
  const start = {
    users: seedFactors(table.users, als.factors, 'users', streams),
    tracks: seedFactors(table.tracks, als.factors, 'tracks', streams),
  };
  const scaled =
    weights === 'raw'
      ? table.weights
      : { ...table.weights, weights: table.weights.weights.map((w) => Math.log2(1 + w)) };
  return trainAls(interactionMatrix(scaled), start, als, run);
}
