import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fillBatch, knownShares } from '../../../engine/audio/batch.ts';
import { totalLoss } from '../../../engine/audio/losses.ts';
import { readOnnx } from '../../../engine/audio/onnx-file.ts';
import type { Values } from '../../../engine/audio/session.ts';
import { openTrainingStep } from '../../../engine/audio/training-step.ts';
import { createStreams, normalFrom } from '../../../engine/core/random.ts';
import type { EncoderBench, EncoderProblem } from '../../../scenarios/bench/encoder.ts';

/** What another program has to agree with before it is timed: the loss of one batch, and the length of every gradient. */
export interface Agreement {
  readonly loss: number;
  readonly gradients: Readonly<Record<string, number>>;
}

interface Named extends Values {
  readonly name: string;
}

/**
 * Writes a problem for `encoder_torch.py`: tensors as NAME.json (names and shapes) and NAME.f32 (values, one after the other).
 * @returns what comes out of it here.
 */
export async function writeEncoderProblem(
  folder: string,
  { examples, space, network }: EncoderProblem,
  { batch, seed }: Pick<EncoderBench, 'batch' | 'seed'>,
): Promise<Agreement> {
  mkdirSync(folder, { recursive: true });
  const write = (name: string, tensors: readonly Named[]): void => {
    writeFileSync(join(folder, `${name}.json`), JSON.stringify(tensors.map((t) => ({ name: t.name, shape: t.shape }))));
    writeFileSync(join(folder, `${name}.f32`), Buffer.concat(tensors.map(({ data }) => bytesOf(data))));
  };
  const weights = network.weights.map(({ weight }) => weight);
  // Heads begin at zero, and nothing flows back through zeros: every weight gets a value, so that every gradient is compared.
  const draw = createStreams(seed)('every weight', 0);
  for (const { data } of weights) for (let i = 0; i < data.length; i++) data[i]! += 0.02 * normalFrom(draw);
  const inputs = fillBatch(
    examples.slice(0, batch),
    space,
    knownShares(examples.slice(0, batch)),
    createStreams(seed)('agreement', 0),
  );
  const step = await openTrainingStep(network, batch);
  const { losses, gradient } = await step.run(inputs);
  await step.close();
  write('weights', weights);
  write(
    'batch',
    Object.entries(inputs).map(([name, values]) => ({ name, ...values })),
  );
  write(
    'constants',
    readOnnx(step.onnx).constants.flatMap(({ name, shape, data }) =>
      data instanceof Float32Array && !name.startsWith('constant_') ? [{ name, shape, data }] : [],
    ),
  );
  writeFileSync(join(folder, 'waveforms.f32'), Buffer.concat(examples.map(({ waveform }) => bytesOf(waveform()))));
  const rates = Object.fromEntries(weights.map(({ name, rate }) => [name, rate]));
  writeFileSync(join(folder, 'meta.json'), JSON.stringify({ batch, rates }));
  return {
    loss: totalLoss(losses),
    gradients: Object.fromEntries(
      weights.map(({ name }) => [name, Math.sqrt(gradient(name).reduce((sum, g) => sum + g * g, 0))]),
    ),
  };
}

const bytesOf = (values: Float32Array): Buffer => Buffer.from(values.buffer, values.byteOffset, values.byteLength);
