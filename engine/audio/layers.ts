import {
  add,
  concat,
  convolve,
  matmul,
  mean,
  multiply,
  pad,
  relu,
  reshape,
  scalar,
  slice,
  sqrt,
  square,
  subtract,
  type Tensor,
} from './graph.ts';

/** How a weight begins: all zeros, the given values, or normal with this variance. */
export type Start = 'zeros' | Float32Array | { readonly variance: number };

/**
 * Gives a layer its weight of that name and shape. While training, weights are inputs; in the exported file, constants.
 * @param rate learning rate relative to the others, default 1.
 */
export type Weights = (name: string, shape: readonly number[], start: Start, rate?: number) => Tensor;

/** x·W + b of rows [n × depth]; W starts with variance gain / depth. */
export function dense(weights: Weights, name: string, depth: number, width: number, gain = 2): (x: Tensor) => Tensor {
  const W = weights(`${name}.weight`, [depth, width], gain === 0 ? 'zeros' : { variance: gain / depth });
  const b = weights(`${name}.bias`, [width], 'zeros');
  return (x) => add(matmul(x, W), b);
}

/** A bank of filters: where they are centred, in cycles per sample, and how many samples long they are. */
export interface Filterbank {
  readonly centres: readonly number[];
  readonly width: number;
}

/** The filters start at the physics; they may drift, slowly: their entries are about 0.03, which Adam's full rate would wipe out. */
const filterRate = 0.03;

/** The filters of a bank as two learned weights [width × bands]. */
export function filterPairs(weights: Weights, name: string, bank: Filterbank): [cosines: Tensor, sines: Tensor] {
  const shape = [bank.width, bank.centres.length];
  const [cosines, sines] = gaborPairs(bank);
  return [weights(`${name}.cosine`, shape, cosines, filterRate), weights(`${name}.sine`, shape, sines, filterRate)];
}

/**
 * Power of frames in bands: with filter pairs c, s that are, or start as, Gabor functions,
 *
 *     P[r, j] = (f_r·c_j)² + (f_r·s_j)²
 *
 * @returns the function from frames [rows × width] to powers [rows × bands].
 */
export const bandPower =
  ([cosines, sines]: readonly [Tensor, Tensor]) =>
  (frames: Tensor): Tensor =>
    add(square(matmul(frames, cosines)), square(matmul(frames, sines)));

/**
 * Apply `f` to half-overlapping frames of a signal: [N × T × C], of which m whole frames are used, gives
 * [N × 2m - 1 × out]. The even frames are the signal itself, cut up; the odd ones start half a frame later.
 *
 * @param width length of a frame in time steps, even.
 * @param f from frames [rows × width·C] to [rows × out].
 */
export function overFrames(signal: Tensor, width: number, f: (frames: Tensor) => Tensor): Tensor {
  const [N, time, channels] = [signal.shape[0]!, signal.shape[1]!, signal.shape[2]!];
  const m = Math.floor(time / width);
  const half = width / 2;
  const frames = (from: number, count: number): Tensor =>
    reshape(slice(signal, 1, from, from + count * width), [N * count, width * channels]);
  const even = f(frames(0, m));
  const odd = f(frames(half, m - 1));
  const out = even.shape[1]!;
  const padded = pad(reshape(odd, [N, m - 1, out]), 1, 0, 1); // the frame that would stick out
  const interleaved = reshape(concat([reshape(even, [N, m, out]), padded], 2), [N, 2 * m, out]);
  return slice(interleaved, 1, 0, 2 * m - 1);
}

/** Hann-windowed cosines and sines of unit norm, each [width × bands]. */
export function gaborPairs({ width, centres }: Filterbank): [cosines: Float32Array, sines: Float32Array] {
  const bank = (wave: (phase: number) => number): Float32Array => {
    const filters = new Float32Array(width * centres.length);
    centres.forEach((centre, j) => {
      const values = Array.from({ length: width }, (_, i) => {
        const hann = 0.5 - 0.5 * Math.cos((2 * Math.PI * (i + 0.5)) / width);
        return hann * wave(2 * Math.PI * centre * (i - width / 2));
      });
      const norm = Math.sqrt(values.reduce((total, v) => total + v * v, 0));
      values.forEach((v, i) => {
        filters[i * centres.length + j] = v / norm;
      });
    });
    return filters;
  };
  return [bank(Math.cos), bank(Math.sin)];
}

/** relu(x·W + b) with its weights, ready to be applied more than once. */
export function hidden(weights: Weights, name: string, depth: number, width: number): (x: Tensor) => Tensor {
  const layer = dense(weights, name, depth, width);
  return (x) => relu(layer(x));
}

/** relu of a convolution over three time steps with zeros around: [N × T × C] -> [N × T × width]. */
export function convolveTime(weights: Weights, name: string, x: Tensor, width: number): Tensor {
  const [N, time, channels] = [x.shape[0]!, x.shape[1]!, x.shape[2]!];
  const padded = pad(x, 1, 1, 1);
  const shifted = concat(
    [0, 1, 2].map((i) => slice(padded, 1, i, i + time)),
    2,
  );
  const y = hidden(weights, name, 3 * channels, width)(reshape(shifted, [N * time, 3 * channels]));
  return reshape(y, [N, time, width]);
}

/**
 * relu of a convolution along the last axis, channels first: [N × C × M] -> [N × width × n].
 * Inside the axis n = M - taps + 1; around it, as on the circle of pitch classes, n = M.
 */
export function convolveAxis(
  weights: Weights,
  name: string,
  x: Tensor,
  { taps, width, edge }: { readonly taps: number; readonly width: number; readonly edge: 'inside' | 'around' },
): Tensor {
  const [channels, size] = [x.shape[1]!, x.shape[2]!];
  const w = weights(`${name}.weight`, [width, channels, taps], { variance: 2 / (channels * taps) });
  const b = weights(`${name}.bias`, [width, 1], 'zeros');
  const wrapped = edge === 'inside' ? x : concat([x, slice(x, 2, 0, taps - 1)], 2);
  if (taps > size) throw new Error(`${name}: ${taps} taps do not fit an axis of ${size}`);
  return relu(add(convolve(wrapped, w), b));
}

/** Mean and standard deviation over axis 1: [N × M × C] -> two of [N × C]. */
export function moments(x: Tensor): [mean: Tensor, deviation: Tensor] {
  const centre = mean(x, [1], 'kept');
  const variance = mean(square(subtract(x, centre)), [1]);
  return [reshape(centre, [x.shape[0]!, x.shape[2]!]), sqrt(add(variance, scalar(1e-4)))];
}

/** (x + shift)·factor */
export const affine = (x: Tensor, shift: number, factor: number): Tensor =>
  multiply(add(x, scalar(shift)), scalar(factor));
