import { mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import type { Progress } from '../core/progress.ts';
import type { Streams } from '../core/random.ts';
import { createAdam } from './adam.ts';
import { fillBatch, knownShares } from './batch.ts';
import { type Checkpoint, readCheckpoint, writeCheckpoint } from './checkpoint.ts';
import { chooseForEpoch, dealEvenly, type EmbeddingSpace, type Split } from './examples.ts';
import { type Losses, meanLosses, totalLoss } from './losses.ts';
import { openTrainingStep } from './training-step.ts';
import type { TrainableNetwork, Weight, WeightValues } from './weights.ts';

export interface Descended {
  /** Those of the epoch that did best on the validation examples; of the last where there are none. */
  readonly weights: WeightValues;
  readonly steps: number;
  readonly epochs: readonly Losses[];
  /** The epoch that the weights are from, counted from 1. */
  readonly best: number;
}

export interface DescentOptions {
  /** At most so many. */
  readonly epochs: number;
  /** Training ends early after so many epochs that did no better on the validation examples. */
  readonly patience: number;
  readonly batch: number;
  /** Most examples that one epoch looks at. */
  readonly tracksPerEpoch: number;
}

export interface DescentRun {
  readonly progress: Progress;
  /** A file where the state is kept after each epoch, and taken up from when there is one of the same `key`; left to the caller. */
  readonly checkpoint?: { readonly path: string; readonly key: string } | undefined;
  /** The losses of weights on the validation examples; absent where there are none. */
  readonly validate?: ((weights: WeightValues) => Promise<Losses>) | undefined;
}

const learningRate = 2e-3;
const warmupSteps = 30;

/**
 * Gradient descent over all weights, in place: AdamW on {@link totalLoss}, each part over the examples that have that truth.
 * Batches of one size; what is left over at the end of an epoch waits for the next. What an epoch draws depends on its
 * number alone, so training that goes on from a checkpoint ends at the same bits as training that was never interrupted.
 */
export async function descend(
  network: TrainableNetwork,
  examples: Split['train'],
  options: DescentOptions,
  space: EmbeddingSpace,
  streams: Streams,
  { progress, checkpoint, validate }: DescentRun,
): Promise<Descended> {
  const { epochs, patience, batch, tracksPerEpoch } = options;
  const weights = network.weights.map(({ weight }) => weight);
  const stepsPerEpoch = Math.floor(Math.min(tracksPerEpoch, examples.length) / batch);
  const before = checkpoint && readCheckpoint(checkpoint.path, checkpoint.key, weights);
  const state = before ?? { history: [], validated: [], adam: undefined, best: undefined };
  const adam = createAdam(weights, state.adam);
  const history: Losses[] = [...state.history];
  const validated: number[] = [...state.validated];
  let best: WeightValues | undefined = state.best;
  const trainingStep = await openTrainingStep(network, batch);
  try {
    while (history.length < epochs && epochsSinceBest(validated) < patience) {
      const epoch = history.length;
      const draw = streams('encoder epoch', epoch);
      const seen = chooseForEpoch(examples, tracksPerEpoch, draw);
      const shares = knownShares(seen);
      const order = dealEvenly(seen, draw);
      const parts: Losses[] = [];
      for (let s = 0; s < stepsPerEpoch; s++) {
        const inputs = fillBatch(order.slice(s * batch, (s + 1) * batch), space, shares, draw);
        const { losses, gradient } = await trainingStep.run(inputs);
        const step = epoch * stepsPerEpoch + s;
        adam.step(gradient, learningRate * schedule(step, epochs * stepsPerEpoch));
        parts.push(losses);
        progress('training the encoder', (step + 1) * batch, epochs * stepsPerEpoch * batch);
      }
      history.push(meanLosses(parts));
      if (validate) {
        validated.push(totalLoss(await validate(valuesOf(weights))));
        if (epochsSinceBest(validated) === 0) best = copyOf(weights);
      }
      if (checkpoint) keep(checkpoint, weights, { history, validated, adam: adam.state(), best });
    }
  } finally {
    await trainingStep.close();
  }
  return {
    weights: best ?? valuesOf(weights),
    steps: history.length * stepsPerEpoch,
    epochs: history,
    best: history.length - (best ? epochsSinceBest(validated) : 0),
  };
}

const valuesOf = (weights: readonly Weight[]): WeightValues => new Map(weights.map(({ name, data }) => [name, data]));

const copyOf = (weights: readonly Weight[]): WeightValues =>
  new Map(weights.map(({ name, data }) => [name, data.slice()]));

/** How many epochs came after the one of the least loss. */
const epochsSinceBest = (losses: readonly number[]): number =>
  losses.length === 0 ? 0 : losses.length - 1 - losses.indexOf(Math.min(...losses));

function keep(
  { path, key }: NonNullable<DescentRun['checkpoint']>,
  weights: readonly Weight[],
  state: Checkpoint,
): void {
  mkdirSync(dirname(path), { recursive: true });
  writeCheckpoint(path, key, weights, state);
}

/** Rises over the first steps, then falls along half a cosine to 2 %. */
function schedule(step: number, steps: number): number {
  const rise = Math.min(1, (step + 1) / Math.min(warmupSteps, steps / 4));
  return rise * (0.02 + 0.98 * 0.5 * (1 + Math.cos((Math.PI * (step + 1)) / steps)));
}
