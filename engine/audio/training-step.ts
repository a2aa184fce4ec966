import { gradients, toOnnx } from './graph.ts';
import { type Losses, lossesFrom, lossTensors } from './losses.ts';
import { openSession, type Values } from './session.ts';
import type { TrainableNetwork } from './weights.ts';

/** What one batch says of the weights as they are. */
export interface StepResult {
  readonly losses: Losses;
  /** ∂loss/∂weight, by name of the weight. */
  gradient(weight: string): Float32Array;
}

/** The network with its loss and all gradients, ready to run on batches. */
export interface TrainingStep {
  /** The graph as a file. */
  readonly onnx: Uint8Array;
  /** @param inputs from `fillBatch`. */
  run(inputs: Readonly<Record<string, Values>>): Promise<StepResult>;
  close(): Promise<void>;
}

const gradientOf = (weight: string): string => `gradient of ${weight}`;

/** One run of one graph gives the four parts of the loss and the gradient of every weight. */
export async function openTrainingStep({ outputs, weights }: TrainableNetwork, batch: number): Promise<TrainingStep> {
  const { parts, total } = lossTensors(outputs, batch);
  const slopes = gradients(
    total,
    weights.map(({ tensor }) => tensor),
  );
  const onnx = toOnnx({
    ...parts,
    ...Object.fromEntries(weights.map(({ weight }, i) => [gradientOf(weight.name), slopes[i]!])),
  });
  const session = await openSession(onnx);
  return {
    onnx,
    async run(inputs) {
      const feeds: Record<string, Values> = { ...inputs };
      for (const { weight } of weights) feeds[weight.name] = { data: weight.data, shape: weight.shape };
      const results = await session.run(feeds);
      return { losses: lossesFrom(results), gradient: (weight) => results[gradientOf(weight)]!.data };
    },
    close: () => session.close(),
  };
}
