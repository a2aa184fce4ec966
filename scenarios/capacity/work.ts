import { flopsPerSweep } from '../../engine/als/conjugate-gradient.ts';
import { secondsPerDay, secondsPerHour } from '../../engine/core/time.ts';
import type { Inputs } from './inputs.ts';
import { hoursPerMonth } from './line.ts';

/** Pairs of a listener and a track that training sees. */
export const interactions = ({ listeners, tracksPerListener }: Inputs): number => listeners * tracksPerListener;

/** FLOP of a sweep by the solver of engine/als, or exactly by Cholesky. */
export const sweepFlops = (inputs: Inputs, solver: 'cg' | 'cholesky' = 'cg'): number =>
  flopsPerSweep({
    users: inputs.listeners,
    tracks: inputs.tracks,
    interactions: interactions(inputs),
    factors: inputs.factors,
    solver,
    cgSteps: inputs.cgSteps,
  });

/** FLOP of the training of a refresh. */
export const alsFlops = (inputs: Inputs): number => inputs.sweeps * sweepFlops(inputs);

/**
 * FLOP to train a two-tower model over all interactions: per example 2 per weight forwards, 4 backwards, and 6·d for each other
 * of its batch, whose scores are its negatives. Embedding look-ups are not counted: they move bytes and compute nothing.
 */
export const deepFlops = (inputs: Inputs): number =>
  interactions(inputs) * inputs.deepEpochs * (6 * inputs.deepWeights + 6 * inputs.factors * inputs.deepBatch);

/** FLOP of every listener's inner product with every track. */
export const exactFlops = ({ listeners, tracks, factors }: Inputs): number => 2 * listeners * tracks * factors;

/** FLOP of one listener's search in an inverted file: all cells' centres, then the tracks of the probed ones. */
export const annFlopsPerListener = ({ tracks, factors, annLists, annProbes }: Inputs): number =>
  2 * factors * (annLists + (tracks * annProbes) / annLists);

/** FLOP to assign all tracks to cells anew: their factors change at every refresh. */
export const annIndexFlops = ({ tracks, factors, annLists, annPasses }: Inputs): number =>
  annPasses * 2 * tracks * annLists * factors;

/** FLOP of everybody's search, and of the index that it searches. */
export const annFlops = (inputs: Inputs): number =>
  inputs.listeners * annFlopsPerListener(inputs) + annIndexFlops(inputs);

/** Core-hours (or GPU-hours) of so many FLOP at a rate in GFLOP/s. */
export const unitHours = (flops: number, gigaflops: number): number => flops / (1e9 * gigaflops) / secondsPerHour;

/** Hours to write every list once. */
export const writeHours = ({ listeners, setsPerSecond, writers }: Inputs): number =>
  listeners / (setsPerSecond * writers) / secondsPerHour;

/** Core-seconds for the encoder to hear one track. */
const hearingSeconds = ({ encodeSeconds, decodeSeconds }: Inputs): number => encodeSeconds + decodeSeconds;

/** Core-hours to hear so many tracks. */
export const hearingCoreHours = (tracks: number, inputs: Inputs): number =>
  (tracks * hearingSeconds(inputs)) / secondsPerHour;

export const releasesPerRefresh = ({ releasesPerDay, refreshHours }: Inputs): number =>
  (releasesPerDay * refreshHours) / 24;

/** Hours of a refresh without retrieval: training, hearing what is new, writing, one after the other. */
export const hoursBesideRetrieval = (inputs: Inputs): number =>
  (unitHours(alsFlops(inputs), inputs.alsRate) + hearingCoreHours(releasesPerRefresh(inputs), inputs)) / inputs.cores +
  writeHours(inputs);

export const refreshesPerMonth = ({ refreshHours }: Inputs): number => hoursPerMonth / refreshHours;

/** Reads a second of everybody's lists in the busiest hour. */
export const peakReads = ({ listeners, dailyActive, readsPerActiveDay, peakFactor }: Inputs): number =>
  (listeners * dailyActive * readsPerActiveDay * peakFactor) / secondsPerDay;

/** Hosts that the cores of a refresh come in. */
export const hosts = ({ cores, coresPerHost }: Inputs): number => Math.ceil(cores / coresPerHost);
