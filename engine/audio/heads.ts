import { type Matrix, rowOf, zeros } from '../core/matrix.ts';
import type { Progress } from '../core/progress.ts';
import { type EmbeddingSpace, type Example, factorWeight, type Split, standardiseFactor } from './examples.ts';
import { toOnnx } from './graph.ts';
import { attributeNames, attributesOf } from './labels.ts';
import { type LinearMap, type Rows, ridge } from './ridge.ts';
import { openSession } from './session.ts';
import { frozenNetwork, type WeightValues } from './weights.ts';

/** Everything the network hears in each example, ahead of the linear heads [n × features]. */
export interface Heard {
  readonly train: Matrix;
  readonly validate: Matrix;
}

export async function hear({ train, validate }: Split, weights: WeightValues, progress: Progress): Promise<Heard> {
  const { outputs, waveform } = frozenNetwork(1, weights);
  const session = await openSession(toOnnx({ features: outputs.features }, { batch: 'N' }));
  const total = train.length + validate.length;
  const cols = outputs.features.shape[1]!;
  const samples = waveform.shape[1]!;
  const read = async (examples: readonly Example[], before: number): Promise<Matrix> => {
    const features = zeros(examples.length, cols);
    for (let from = 0; from < examples.length; from += 32) {
      const batch = examples.slice(from, from + 32);
      const data = new Float32Array(batch.length * samples);
      batch.forEach((example, i) => {
        data.set(example.waveform(), i * samples);
      });
      const { features: heard } = await session.run({ waveform: { data, shape: [batch.length, samples] } });
      features.data.set(heard!.data, from * cols);
      progress('listening to the examples', before + from + batch.length, total);
    }
    return features;
  };
  try {
    return { train: await read(train, 0), validate: await read(validate, train.length) };
  } finally {
    await session.close();
  }
}

/** The head for energy and timbre, solved exactly; undefined when no example is annotated. */
export const solveAttributes = (split: Split, heard: Heard): LinearMap | undefined =>
  solveHead(split, heard, attributeNames.length, ({ sound }, out) => {
    if (!sound) return 0;
    out.set(attributesOf(sound).map((value) => 2 * value - 1));
    return 1;
  });

/** The head for the embedding in standard units, solved exactly; undefined when no factor is known. */
export const solveEmbedding = (split: Split, heard: Heard, space: EmbeddingSpace): LinearMap | undefined =>
  solveHead(split, heard, space.mean.length, (example, out) => {
    if (example.factor) standardiseFactor(example.factor, space, out);
    return factorWeight(example);
  });

/** @param target writes what the head should say of an example and returns how much it counts. */
function solveHead(
  split: Split,
  heard: Heard,
  outputs: number,
  target: (example: Example, out: Float32Array) => number,
): LinearMap | undefined {
  const rows = (examples: readonly Example[], features: Matrix): Rows => {
    const targets = zeros(examples.length, outputs);
    const weights = Float32Array.from(examples, (example, row) => target(example, rowOf(targets, row)));
    return { features, targets, weights };
  };
  const train = rows(split.train, heard.train);
  return train.weights.some((w) => w > 0) ? ridge(train, rows(split.validate, heard.validate)) : undefined;
}

/** The weights with one head replaced. */
export const withHead = (weights: WeightValues, head: 'attributes' | 'embedding', map: LinearMap): WeightValues =>
  new Map([...weights, [`${head}.weight`, map.weight.data], [`${head}.bias`, map.bias]]);
