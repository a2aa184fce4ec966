import { waveformSamples } from '../core/catalogue.ts';
import { type Matrix, rowOf, zeros } from '../core/matrix.ts';
import type { Progress } from '../core/progress.ts';
import type { Rows } from './design.ts';
import { type EmbeddingSpace, type Example, factorWeight, type Split, standardiseFactor } from './examples.ts';
import { add, constant, input, multiply, type Tensor, toOnnx } from './graph.ts';
import { attributeNames, attributesOf } from './labels.ts';
import { musicalNumbers, musicalRow } from './musical.ts';
import { encoderHeads, levelFeature } from './network.ts';
import { applyMap, errorOf, type LinearMap, pickColumns, ridge, ridgeApart } from './ridge.ts';
import { openSession, type Values } from './session.ts';
import { frozen, frozenNetwork, type WeightValues } from './weights.ts';

/** What the network says about examples ahead of the heads solved here, one row per example. */
export interface Hearing {
  /** Everything heard [n × features]. */
  readonly features: Matrix;
  /** ln p [n × 44] and [n × 24]. */
  readonly tempo: Matrix;
  readonly key: Matrix;
}

export interface Heard {
  readonly train: Hearing;
  readonly validate: Hearing;
}

/** Listen to all examples of both sides, 32 at a time. Nothing of their waveforms is kept. */
export async function hear({ train, validate }: Split, weights: WeightValues, progress: Progress): Promise<Heard> {
  const { features, tempo, key } = frozenNetwork(1, weights);
  const session = await openSession(toOnnx({ features, tempo, key }, { batch: 'N' }));
  const total = train.length + validate.length;
  const read = async (examples: readonly Example[], before: number): Promise<Hearing> => {
    const part = (tensor: Tensor): Matrix => zeros(examples.length, tensor.shape[1]!);
    const hearing = { features: part(features), tempo: part(tempo), key: part(key) };
    for (let from = 0; from < examples.length; from += 32) {
      const batch = examples.slice(from, from + 32);
      const data = new Float32Array(batch.length * waveformSamples);
      batch.forEach((example, i) => {
        data.set(example.waveform(), i * waveformSamples);
      });
      const said = await session.run({ waveform: { data, shape: [batch.length, waveformSamples] } });
      for (const name of ['features', 'tempo', 'key'] as const) {
        hearing[name].data.set(said[name]!.data, from * hearing[name].cols);
      }
      progress('listening to the examples', before + from + batch.length, total);
    }
    return hearing;
  };
  try {
    return { train: await read(train, 0), validate: await read(validate, train.length) };
  } finally {
    await session.close();
  }
}

/** Standardised embeddings as factors: mean + scale · embedding, in the graph. */
export const inSpace = (embedding: Tensor, { mean, scale }: EmbeddingSpace): Tensor =>
  add(
    multiply(embedding, constant(Float32Array.of(scale), [1], 'embedding.scale')),
    constant(mean, [mean.length], 'embedding.mean'),
  );

/**
 * The embeddings of what was heard already: what the encoder of these weights says of the same waveforms, up to rounding,
 * without listening again [n × dim].
 */
export async function embedHeard(
  { features, tempo, key }: Hearing,
  weights: WeightValues,
  space: EmbeddingSpace,
): Promise<Matrix> {
  const dim = space.mean.length;
  const heard = {
    features: input('features', [1, features.cols]),
    tempo: input('tempo', [1, tempo.cols]),
    key: input('key', [1, key.cols]),
  };
  const { embedding } = encoderHeads(heard, dim, frozen(weights));
  const session = await openSession(toOnnx({ embedding: inSpace(embedding, space) }, { batch: 'N' }));
  const values = ({ rows, cols, data }: Matrix): Values => ({ shape: [rows, cols], data });
  try {
    const said = await session.run({ features: values(features), tempo: values(tempo), key: values(key) });
    return { rows: features.rows, cols: dim, data: said.embedding!.data };
  } finally {
    await session.close();
  }
}

/**
 * The head for energy and timbre, solved exactly, in two parts that are added up: what the level alone explains, and what all
 * that is heard explains of the rest, as far as tracks of other artists confirm it. Undefined when no example is annotated.
 */
export function solveAttributes(split: Split, heard: Heard): LinearMap | undefined {
  const target = ({ sound }: Example, out: Float32Array): number => {
    if (!sound) return 0;
    out.set(attributesOf(sound).map((value) => 2 * value - 1));
    return 1;
  };
  const train = rowsOf(split.train, heard.train.features, attributeNames.length, target);
  const check = rowsOf(split.validate, heard.validate.features, attributeNames.length, target);
  if (!train.weights.some((w) => w > 0)) return undefined;
  const level = (rows: Rows): Rows => ({ ...rows, features: pickColumns(rows.features, [levelFeature]) });
  const fromLevel = ridge(level(train), level(check));
  const rest = { ...withoutExplained(level(train), fromLevel), features: train.features };
  const restOfCheck = { ...withoutExplained(level(check), fromLevel), features: check.features };
  const { weight, bias } = ridgeApart(rest, restOfCheck);
  rowOf(weight, levelFeature).forEach((w, k) => {
    rowOf(weight, levelFeature)[k] = w + fromLevel.weight.data[k]!;
  });
  return { weight, bias: bias.map((b, k) => b + fromLevel.bias[k]!) };
}

/** The two parts of the embedding head; `fromFeatures` is absent where it would do harm. */
export interface EmbeddingHead {
  readonly fromMusical: LinearMap;
  readonly fromFeatures: LinearMap | undefined;
}

/**
 * The head for the embedding in standard units, solved exactly, one part after the other: first what the musical
 * description explains, then what everything else that is heard explains of the rest, if tracks of other artists confirm
 * it. Undefined when no factor is known.
 */
export function solveEmbedding(
  split: Split,
  heard: Heard,
  attributes: LinearMap | undefined,
  space: EmbeddingSpace,
): EmbeddingHead | undefined {
  const target = (example: Example, out: Float32Array): number => {
    if (example.factor) standardiseFactor(example.factor, space, out);
    return factorWeight(example);
  };
  const dim = space.mean.length;
  const train = rowsOf(split.train, describe(heard.train, attributes), dim, target);
  const check = rowsOf(split.validate, describe(heard.validate, attributes), dim, target);
  if (!train.weights.some((w) => w > 0)) return undefined;
  const fromMusical = ridge(train, check);
  const rest = { ...withoutExplained(train, fromMusical), features: heard.train.features };
  const restOfCheck = { ...withoutExplained(check, fromMusical), features: heard.validate.features };
  const fromFeatures = ridge(rest, restOfCheck);
  const helps = errorOf(fromFeatures, restOfCheck) < errorOf(fromMusical, check);
  return { fromMusical, fromFeatures: helps ? fromFeatures : undefined };
}

/** @param target writes what a head should say of an example and returns how much it counts. */
function rowsOf(
  examples: readonly Example[],
  features: Matrix,
  outputs: number,
  target: (example: Example, out: Float32Array) => number,
): Rows {
  const targets = zeros(examples.length, outputs);
  const weights = Float32Array.from(examples, (example, row) => target(example, rowOf(targets, row)));
  return { features, targets, weights };
}

/** The musical description of every row, with the attributes as their solved head says them. */
function describe({ features, tempo, key }: Hearing, attributes: LinearMap | undefined): Matrix {
  const description = zeros(features.rows, musicalNumbers);
  const unknown = new Float32Array(attributeNames.length);
  for (let row = 0; row < features.rows; row++) {
    const said = attributes ? applyMap(attributes, rowOf(features, row)) : unknown;
    rowOf(description, row).set(musicalRow(rowOf(tempo, row), rowOf(key, row), said));
  }
  return description;
}

function withoutExplained(rows: Rows, map: LinearMap): Rows {
  const targets = zeros(rows.targets.rows, rows.targets.cols);
  for (let r = 0; r < targets.rows; r++) {
    const explained = applyMap(map, rowOf(rows.features, r));
    rowOf(targets, r).set(rowOf(rows.targets, r).map((y, j) => y - explained[j]!));
  }
  return { ...rows, targets };
}

/** The weights with the attribute head replaced. */
export const withAttributes = (weights: WeightValues, map: LinearMap): WeightValues =>
  new Map([...weights, ...headWeights('attributes', map)]);

/** The weights with the embedding head replaced. */
export function withEmbedding(weights: WeightValues, { fromMusical, fromFeatures }: EmbeddingHead): WeightValues {
  const kept = [...weights].filter(([name]) => !name.startsWith('embedding.')); // a part left out counts as zero
  return new Map([
    ...kept,
    ...headWeights('embedding.musical', fromMusical),
    ...(fromFeatures ? headWeights('embedding', fromFeatures) : []),
  ]);
}

const headWeights = (head: string, { weight, bias }: LinearMap): [string, Float32Array][] => [
  [`${head}.weight`, weight.data],
  [`${head}.bias`, bias],
];
