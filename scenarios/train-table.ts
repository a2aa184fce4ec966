import { z } from 'zod';
import { seedFactors } from '../engine/als/seed-factors.ts';
import { type TrainedFactors, trainAls } from '../engine/als/train.ts';
import type { Progress } from '../engine/core/progress.ts';
import { createStreams } from '../engine/core/random.ts';
import { type Csr, interactionMatrix } from '../engine/interactions/csr.ts';
import { type AlsOptions, alsOptionsSchema } from '../engine/options.ts';
import { parseSettings } from './set-option.ts';

/** What `train` and `evaluate` can set: the part of the engine that works on a table of interactions. */
const tableOptionsSchema = z.strictObject({ als: alsOptionsSchema.prefault({}) });

export const sweepsHelp =
  'training starts from nothing: als.firstSweeps sweeps are run, or als.sweeps where that is set and the former is not';

/** The options behind `--set`; `sweeps` is the number of sweeps that will be run. */
export function tableOptions(settings: readonly string[]): AlsOptions {
  const { als } = parseSettings(tableOptionsSchema, settings);
  const isSet = (name: string): boolean => settings.some((setting) => setting.trim().startsWith(`als.${name}=`));
  return isSet('sweeps') && !isSet('firstSweeps')
    ? { ...als, firstSweeps: als.sweeps }
    : { ...als, sweeps: als.firstSweeps };
}

/** Train on a table from factors seeded by id: the same file and seed give the same factors, bit for bit. */
export function trainTable(
  table: { readonly users: readonly string[]; readonly tracks: readonly string[]; readonly weights: Csr },
  options: AlsOptions,
  seed: string,
  progress: Progress,
): TrainedFactors {
  const streams = createStreams(seed);
  const start = {
    users: seedFactors(table.users, options.factors, 'users', streams),
    tracks: seedFactors(table.tracks, options.factors, 'tracks', streams),
  };
  return trainAls(interactionMatrix(table.weights), start, options, progress);
}
