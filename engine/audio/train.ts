import { rowOf } from '../core/matrix.ts';
import { type Progress, silent } from '../core/progress.ts';
import type { Streams } from '../core/random.ts';
import type { EncoderOptions } from '../options.ts';
import { createAdam } from './adam.ts';
import { batchInputs, fillBatch, knownShares } from './batch.ts';
import { type Encoder, encoderFile, loadEncoder, spaceOf, weightsOf } from './encoder.ts';
import {
  chooseForEpoch,
  dealEvenly,
  type EmbeddingSpace,
  type Example,
  embeddingSpace,
  splitByGroup,
} from './examples.ts';
import { add, gradients, input, mean, multiply, scale, square, subtract, sum, type Tensor, toOnnx } from './graph.ts';
import {
  embedHeard,
  type Heard,
  hear,
  solveAttributes,
  solveEmbedding,
  withAttributes,
  withEmbedding,
} from './heads.ts';
import { type EncoderQuality, encoderQuality } from './quality.ts';
import { openSession, type Values } from './session.ts';
import { type TrainableNetwork, trainableNetwork, type WeightValues } from './weights.ts';

export type { Example } from './examples.ts';

/** Mean losses of one epoch: cross-entropy of tempo and key in nats, mean square of attributes and standardised embedding. */
export interface Losses {
  readonly tempo: number;
  readonly key: number;
  readonly attributes: number;
  readonly embedding: number;
}

export interface TrainingReport {
  readonly trained: number;
  readonly validated: number;
  readonly parameters: number;
  readonly steps: number;
  readonly epochs: readonly Losses[];
  /** On tracks of artists that were not trained on; undefined when there are too few tracks to keep some back. */
  readonly validation: EncoderQuality | undefined;
}

export interface TrainedEncoder {
  readonly encoder: Encoder;
  readonly report: TrainingReport;
  /** What the encoder makes of each example, in their order: it has just listened to them all. */
  readonly embeddings: readonly Float32Array[];
}

export type TrainingOptions = Pick<EncoderOptions, 'epochs' | 'batch'> &
  Partial<Pick<EncoderOptions, 'tracksPerEpoch'>> & { readonly dim: number };

const learningRate = 2e-3;
const warmupSteps = 30;

/**
 * Train the encoder: first all of it, by gradient descent (AdamW, cosine learning rate) on
 *
 *     loss = CE(tempo) + CE(key) + 2·MSE(attributes) + 2·MSE(embedding)
 *
 * each over the tracks that have that target, each epoch over at most `tracksPerEpoch` of them: the annotated ones teach
 * the most; then its linear heads once more, exactly, from all tracks, by ridge regression on what the trained
 * network hears, with a penalty that validation chooses. So an encoder of few tracks and steps still makes the best of
 * what it hears. The same examples, options and streams give the same bytes (on one CPU type and runtime version).
 *
 * Factors may have any scale: they are standardised inside, and the exported graph undoes it. Without a single factor the
 * embedding is all zeros, or that of `startFrom`.
 *
 * @param examples  at least one.
 * @param startFrom an earlier encoder to go on from.
 */
export async function trainEncoder(
  examples: readonly Example[],
  options: TrainingOptions,
  streams: Streams,
  progress: Progress = silent,
  startFrom?: Pick<Encoder, 'bytes'>,
): Promise<TrainedEncoder> {
  if (examples.length === 0) throw new Error('There is nothing to train on');
  const { dim } = options;
  const split = splitByGroup(examples, streams('encoder split', 0));
  const earlier = startFrom ? weightsOf(startFrom.bytes) : undefined;
  const space = embeddingSpace(split.train, dim) ?? spaceOf(earlier, dim);
  const batch = Math.min(options.batch, options.tracksPerEpoch ?? Number.POSITIVE_INFINITY, split.train.length);
  const network = trainableNetwork({ batch, dim }, streams, earlier);

  const descended = await descend(network, split.train, { ...options, batch }, space, streams, progress);
  const heard = await hear(split, descended.weights, progress);
  const trained = solveHeads(descended.weights, heard);
  const encoder = await loadEncoder(encoderFile(trained, space));
  const report: TrainingReport = {
    trained: split.train.length,
    validated: split.validate.length,
    parameters: network.weights.reduce((count, { weight }) => count + weight.data.length, 0),
    steps: descended.steps,
    epochs: descended.epochs,
    validation: split.validate.length === 0 ? undefined : await validateOn(encoder, split.validate),
  };
  return { encoder, report, embeddings: await embeddingsOf(trained, heard) };

  function solveHeads(weights: WeightValues, heard: Heard): WeightValues {
    const attributes = solveAttributes(split, heard);
    const embedding = solveEmbedding(split, heard, attributes, space);
    const told = attributes ? withAttributes(weights, attributes) : weights;
    return embedding ? withEmbedding(told, embedding) : told;
  }

  async function embeddingsOf(weights: WeightValues, heard: Heard): Promise<Float32Array[]> {
    const found = new Map<Example, Float32Array>();
    for (const side of ['train', 'validate'] as const) {
      if (split[side].length === 0) continue;
      const embedded = await embedHeard(heard[side], weights, space);
      for (const [row, example] of split[side].entries()) found.set(example, rowOf(embedded, row));
    }
    return examples.map((example) => found.get(example)!);
  }
}

async function validateOn(encoder: Encoder, examples: readonly Example[]): Promise<EncoderQuality> {
  const waveforms = function* () {
    for (const example of examples) yield example.waveform();
  };
  return encoderQuality(await encoder.read(waveforms()), examples);
}

interface Descended {
  readonly weights: WeightValues;
  readonly steps: number;
  readonly epochs: readonly Losses[];
}

/** Gradient descent over all weights, in place. Batches of one size; what is left over at the end of an epoch waits for the next. */
async function descend(
  { outputs, weights: trainable }: TrainableNetwork,
  examples: readonly Example[],
  { epochs, batch, tracksPerEpoch = examples.length }: Omit<TrainingOptions, 'dim'>,
  space: EmbeddingSpace,
  streams: Streams,
  progress: Progress,
): Promise<Descended> {
  const weights = trainable.map(({ weight }) => weight);
  const session = await openSession(trainingGraph(outputs, trainable, batch));
  const stepsPerEpoch = Math.floor(Math.min(tracksPerEpoch, examples.length) / batch);
  const steps = epochs * stepsPerEpoch;
  const adam = createAdam(weights);
  const history: Losses[] = [];
  try {
    for (let epoch = 0; epoch < epochs; epoch++) {
      const draw = streams('encoder epoch', epoch);
      const seen = chooseForEpoch(examples, tracksPerEpoch, draw);
      const shares = knownShares(seen);
      const order = dealEvenly(seen, draw);
      const losses = { tempo: 0, key: 0, attributes: 0, embedding: 0 };
      for (let s = 0; s < stepsPerEpoch; s++) {
        const feeds: Record<string, Values> = fillBatch(order.slice(s * batch, (s + 1) * batch), space, shares, draw);
        for (const { name, data, shape } of weights) feeds[name] = { data, shape };
        const results = await session.run(feeds);
        const step = epoch * stepsPerEpoch + s;
        adam.step((name) => results[gradientOf(name)]!.data, learningRate * schedule(step, steps));
        for (const part of lossNames) losses[part] += results[lossOf(part)]!.data[0]! / stepsPerEpoch;
        progress('training the encoder', (step + 1) * batch, steps * batch);
      }
      history.push(losses);
    }
  } finally {
    await session.close();
  }
  return { weights: new Map(weights.map(({ name, data }) => [name, data])), steps, epochs: history };
}

/** Rises over the first steps, then falls along half a cosine to 2 %. */
function schedule(step: number, steps: number): number {
  const rise = Math.min(1, (step + 1) / Math.min(warmupSteps, steps / 4));
  return rise * (0.02 + 0.98 * 0.5 * (1 + Math.cos((Math.PI * (step + 1)) / steps)));
}

const lossNames = ['tempo', 'key', 'attributes', 'embedding'] as const;
const lossOf = (part: keyof Losses): string => `loss of ${part}`;
const gradientOf = (weight: string): string => `gradient of ${weight}`;

/** One run of this graph gives the four parts of the loss and the gradient of every weight. */
function trainingGraph(
  outputs: TrainableNetwork['outputs'],
  weights: TrainableNetwork['weights'],
  batch: number,
): Uint8Array {
  const shapes = batchInputs(batch, outputs.embedding.shape[1]!);
  const annotated = input('annotatedWeight', shapes.annotatedWeight);
  const known = input('factorWeight', shapes.factorWeight);
  const crossEntropy = (part: 'tempo' | 'key'): Tensor =>
    scale(sum(multiply(multiply(input(part, shapes[part]), outputs[part]), annotated), [0, 1]), -1);
  const meanSquare = (part: 'attributes' | 'embedding', weight: Tensor): Tensor =>
    sum(multiply(mean(square(subtract(outputs[part], input(part, shapes[part]))), [1], 'kept'), weight), [0, 1]);
  const losses: Record<keyof Losses, Tensor> = {
    tempo: crossEntropy('tempo'),
    key: crossEntropy('key'),
    attributes: meanSquare('attributes', annotated),
    embedding: meanSquare('embedding', known),
  };
  const loss = add(add(losses.tempo, losses.key), scale(add(losses.attributes, losses.embedding), 2));
  const slopes = gradients(
    loss,
    weights.map(({ tensor }) => tensor),
  );
  return toOnnx({
    ...Object.fromEntries(lossNames.map((part) => [lossOf(part), losses[part]])),
    ...Object.fromEntries(weights.map(({ weight }, i) => [gradientOf(weight.name), slopes[i]!])),
  });
}
