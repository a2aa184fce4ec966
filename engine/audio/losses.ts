import type { Streams } from '../core/random.ts';
import { batchInputs, fillBatch, knownShares } from './batch.ts';
import type { EmbeddingSpace, Example } from './examples.ts';
import { add, input, mean, multiply, scale, square, subtract, sum, type Tensor, toOnnx } from './graph.ts';
import type { NetworkOutputs } from './network.ts';
import { openSession, type Values } from './session.ts';
import { frozenNetwork, type WeightValues } from './weights.ts';

/** Cross-entropy of tempo and key in nats, mean square of attributes and standardised embedding. */
export interface Losses {
  readonly tempo: number;
  readonly key: number;
  readonly attributes: number;
  readonly embedding: number;
}

const names = ['tempo', 'key', 'attributes', 'embedding'] as const;
const outputOf = (part: keyof Losses): string => `loss of ${part}`;

/** CE(tempo) + CE(key) + 2·MSE(attributes) + 2·MSE(embedding), of numbers. */
export const totalLoss = ({ tempo, key, attributes, embedding }: Losses): number =>
  tempo + key + 2 * (attributes + embedding);

/**
 * The same of tensors, and its parts under the names that they have as outputs of a graph. Inputs are those of `fillBatch`: each
 * part is summed over the rows with their weights.
 */
export function lossTensors(
  outputs: NetworkOutputs,
  rows: number,
): { readonly parts: Readonly<Record<string, Tensor>>; readonly total: Tensor } {
  const shapes = batchInputs(rows, outputs.embedding.shape[1]!);
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
  return {
    parts: Object.fromEntries(names.map((part) => [outputOf(part), losses[part]])),
    total: add(add(losses.tempo, losses.key), scale(add(losses.attributes, losses.embedding), 2)),
  };
}

/** The parts in the outputs of a run. */
export const lossesFrom = (results: Readonly<Record<string, Values>>): Losses =>
  Object.fromEntries(names.map((part) => [part, results[outputOf(part)]!.data[0]!])) as unknown as Losses;

/** @param shares how much each counts; alike where not given. */
export function meanLosses(all: readonly Losses[], shares?: readonly number[]): Losses {
  const total = { tempo: 0, key: 0, attributes: 0, embedding: 0 };
  for (const [i, losses] of all.entries())
    for (const part of names) total[part] += losses[part] * (shares?.[i] ?? 1 / all.length);
  return total;
}

/** Examples per run. */
const atOnce = 32;

/** The losses of some weights on examples; the same examples are turned in the same way at every call. */
export async function lossesOn(
  examples: readonly Example[],
  weights: WeightValues,
  space: EmbeddingSpace,
  streams: Streams,
): Promise<Losses> {
  const outputs = frozenNetwork(space.mean.length, weights);
  const session = await openSession(toOnnx(lossTensors(outputs, 1).parts, { batch: 'N' }));
  const shares = knownShares(examples);
  const parts: Losses[] = [];
  const counts: number[] = [];
  try {
    for (let from = 0; from < examples.length; from += atOnce) {
      const some = examples.slice(from, from + atOnce);
      parts.push(lossesFrom(await session.run(fillBatch(some, space, shares, streams('encoder validation', from)))));
      counts.push(some.length / examples.length);
    }
  } finally {
    await session.close();
  }
  return meanLosses(parts, counts);
}
