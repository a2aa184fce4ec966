import { waveformSamples } from '../core/catalogue.ts';
import { normalFrom, type Streams } from '../core/random.ts';
import { constant, input, type Tensor } from './graph.ts';
import type { Start, Weights } from './layers.ts';
import { encoderNetwork, type NetworkOutputs } from './network.ts';

/** The values of trained weights by name. */
export type WeightValues = ReadonlyMap<string, Float32Array>;

/** One trained tensor of the network. */
export interface Weight {
  readonly name: string;
  readonly shape: readonly number[];
  readonly data: Float32Array;
  /** Learning rate relative to the others. */
  readonly rate: number;
}

/** The network with its weights as inputs, to be trained on batches of this size. */
export interface TrainableNetwork {
  readonly outputs: NetworkOutputs;
  readonly weights: readonly { readonly weight: Weight; readonly tensor: Tensor }[];
}

/**
 * Describe the network and draw its weights; those found in `known` under the same name and size are taken from there,
 * which is how training goes on from an earlier encoder.
 */
export function trainableNetwork(
  size: { readonly batch: number; readonly dim: number },
  streams: Streams,
  known: WeightValues = new Map(),
): TrainableNetwork {
  const weights: { weight: Weight; tensor: Tensor }[] = [];
  const declare: Weights = (name, shape, start, rate = 1) => {
    const tensor = input(name, shape);
    const length = shape.reduce((product, n) => product * n, 1);
    const found = known.get(name);
    const data = found?.length === length ? found.slice() : drawStart(start, length, streams, weights.length);
    weights.push({ weight: { name, shape, data, rate }, tensor });
    return tensor;
  };
  const waveform = input('waveform', [size.batch, waveformSamples]);
  return { outputs: encoderNetwork(waveform, size.dim, declare), weights };
}

function drawStart(start: Start, length: number, streams: Streams, index: number): Float32Array {
  if (start === 'zeros') return new Float32Array(length);
  if (start instanceof Float32Array) return start.slice();
  const draw = streams('encoder weights', index);
  const deviation = Math.sqrt(start.variance);
  return Float32Array.from({ length }, () => deviation * normalFrom(draw));
}

/** The network with its weights fixed, for any batch. An embedding head of another size counts as zero. */
export const frozenNetwork = (dim: number, weights: WeightValues): NetworkOutputs =>
  encoderNetwork(input('waveform', [1, waveformSamples]), dim, frozen(weights));

/** Weights as constants. */
export const frozen =
  (weights: WeightValues): Weights =>
  (name, shape) => {
    const length = shape.reduce((product, n) => product * n, 1);
    const data = weights.get(name);
    if (data?.length === length) return constant(data, shape, name);
    if (!name.startsWith('embedding.'))
      throw new Error(`The network asks for ${name} [${shape}], which was never trained`);
    return constant(new Float32Array(length), shape, name);
  };
