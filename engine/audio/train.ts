import { rmSync } from 'node:fs';
import { digestOf } from '../core/digest.ts';
import { rowOf } from '../core/matrix.ts';
import { type Progress, silent } from '../core/progress.ts';
import type { Streams } from '../core/random.ts';
import type { EncoderOptions } from '../options.ts';
import { descend } from './descent.ts';
import { type Encoder, encoderFile, encoderVersion, loadEncoder, spaceOf, weightsOf } from './encoder.ts';
import { chooseForEpoch, type Example, embeddingSpace, factorWeight, type Split, splitByGroup } from './examples.ts';
import {
  embedHeard,
  type Heard,
  hear,
  solveAttributes,
  solveEmbedding,
  withAttributes,
  withEmbedding,
} from './heads.ts';
import { attributesOf } from './labels.ts';
import { type Losses, lossesOn } from './losses.ts';
import { type EncoderQuality, encoderQuality } from './quality.ts';
import { type TrainableNetwork, trainableNetwork, type WeightValues } from './weights.ts';

export type { Example } from './examples.ts';

/** How a training went. */
export interface TrainingReport {
  readonly trained: number;
  readonly validated: number;
  readonly parameters: number;
  readonly steps: number;
  /** Losses of each epoch on what it was trained on. */
  readonly epochs: readonly Losses[];
  /** The epoch that was kept, counted from 1. */
  readonly best: number;
  /** On tracks of artists that were not trained on; undefined when there are too few tracks to keep some back. */
  readonly validation: EncoderQuality | undefined;
}

export interface TrainedEncoder {
  readonly encoder: Encoder;
  readonly report: TrainingReport;
  /** What the encoder makes of each example, in their order: it has just listened to them all. */
  readonly embeddings: readonly Float32Array[];
  /** Which examples were learnt from; to those kept back the embeddings are those of tracks that the encoder does not know. */
  readonly split: Split;
}

export type TrainingOptions = Pick<EncoderOptions, 'epochs' | 'batch'> &
  Partial<Pick<EncoderOptions, 'tracksPerEpoch' | 'patience'>> & { readonly dim: number };

/** What a training goes on from, and who follows it. */
export interface TrainingRun {
  readonly progress?: Progress;
  /** An earlier encoder, from whose weights the descent starts. */
  readonly startFrom?: Pick<Encoder, 'bytes'> | undefined;
  /** A file where the state is kept after each epoch: an interrupted training of the same examples and options goes on from it. */
  readonly checkpoint?: string | undefined;
}

/** So many of the examples kept back are enough to tell one epoch from another. */
const mostJudged = 96;

/**
 * Train the encoder: first all of it, by gradient descent (AdamW, cosine learning rate) on
 *
 *     loss = CE(tempo) + CE(key) + 2·MSE(attributes) + 2·MSE(embedding)
 *
 * each over the tracks that have that target, each epoch over at most `tracksPerEpoch` of them: the annotated ones teach
 * the most; of all epochs the one is kept that did best on artists kept back. Then its linear heads once more, exactly, from all
 * tracks, by ridge regression on what the trained network hears, with a penalty that validation chooses. So an encoder of few
 * tracks and steps still makes the best of what it hears. The same examples, options and streams give the same bytes (on one CPU
 * type and runtime version), interrupted or not.
 *
 * Factors may have any scale: they are standardised inside, and the exported graph undoes it. Without a single factor the
 * embedding is all zeros, or close to that of `startFrom`.
 *
 * @param examples at least one.
 */
export async function trainEncoder(
  examples: readonly Example[],
  options: TrainingOptions,
  streams: Streams,
  { progress = silent, startFrom, checkpoint }: TrainingRun = {},
): Promise<TrainedEncoder> {
  if (examples.length === 0) throw new Error('There is nothing to train on');
  const { dim, epochs, patience = epochs, tracksPerEpoch = examples.length } = options;
  const split = splitByGroup(examples, streams);
  const earlier = startFrom ? weightsOf(startFrom.bytes) : undefined;
  const space = embeddingSpace(split.train, dim) ?? spaceOf(earlier, dim);
  const batch = Math.min(options.batch, tracksPerEpoch, split.train.length);
  const network = trainableNetwork({ batch, dim }, streams, earlier);
  const judged = chooseForEpoch(split.validate, mostJudged, streams('encoder judged', 0));

  const descended = await descend(network, split.train, { epochs, patience, batch, tracksPerEpoch }, space, streams, {
    progress,
    checkpoint:
      checkpoint === undefined
        ? undefined
        : { path: checkpoint, key: keyOf(examples, options, startFrom, network, streams) },
    validate: judged.length === 0 ? undefined : (weights) => lossesOn(judged, weights, space, streams),
  });
  const heard = await hear(split, descended.weights, progress);
  const trained = solveHeads(descended.weights, heard);
  const encoder = await loadEncoder(encoderFile(trained, space));
  try {
    const report: TrainingReport = {
      trained: split.train.length,
      validated: split.validate.length,
      parameters: network.weights.reduce((count, { weight }) => count + weight.data.length, 0),
      steps: descended.steps,
      epochs: descended.epochs,
      best: descended.best,
      validation: split.validate.length === 0 ? undefined : await validateOn(encoder, split.validate),
    };
    const embeddings = await embeddingsOf(trained, heard);
    if (checkpoint !== undefined) rmSync(checkpoint, { force: true });
    return { encoder, report, embeddings, split };
  } catch (error) {
    await encoder.close();
    throw error;
  }

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

/** What tells one training from another: everything but the waveforms, which would take as long as an epoch. */
const keyOf = (
  examples: readonly Example[],
  options: TrainingOptions,
  startFrom: TrainingRun['startFrom'],
  network: TrainableNetwork,
  streams: Streams,
): string =>
  digestOf(
    `encoder checkpoint 2 of network ${encoderVersion}`,
    JSON.stringify(options),
    JSON.stringify(network.weights.map(({ weight }) => [weight.name, weight.shape])),
    String(streams('encoder checkpoint', 0)()),
    startFrom ? digestOf(startFrom.bytes) : 'new',
    ...examples.flatMap((example) => [
      JSON.stringify([
        example.group,
        example.sound && attributesOf(example.sound),
        example.sound?.tempoBpm,
        example.sound?.key,
      ]),
      String(factorWeight(example)),
      example.factor ?? new Float32Array(0),
    ]),
  );

async function validateOn(encoder: Encoder, examples: readonly Example[]): Promise<EncoderQuality> {
  const waveforms = function* () {
    for (const example of examples) yield example.waveform();
  };
  return encoderQuality(await encoder.read(waveforms()), examples);
}
