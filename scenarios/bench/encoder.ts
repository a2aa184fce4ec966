import { median } from 'simple-statistics';
import { createAdam } from '../../engine/audio/adam.ts';
import { fillBatch, knownShares } from '../../engine/audio/batch.ts';
import { encoderFile, loadEncoder } from '../../engine/audio/encoder.ts';
import { type EmbeddingSpace, type Example, embeddingSpace } from '../../engine/audio/examples.ts';
import { openTrainingStep } from '../../engine/audio/training-step.ts';
import { type TrainableNetwork, trainableNetwork } from '../../engine/audio/weights.ts';
import type { Progress } from '../../engine/core/progress.ts';
import { createStreams, normalFrom } from '../../engine/core/random.ts';
import { synthesiseTracks } from '../synthesised-tracks.ts';
import type { BenchRow } from './rows.ts';
import { type Elapsed, peakMemoryBytes, startStopwatch } from './stopwatch.ts';

export interface EncoderBench {
  /** Tracks to listen to; training goes round them. */
  readonly tracks: number;
  readonly batch: number;
  /** Length of the embedding. */
  readonly factors: number;
  /** Steps of training that are timed. */
  readonly steps: number;
  readonly repetitions: number;
  readonly seed: string;
}

/** Steps, and batches, before the timed ones. */
const warmUp = 3;

/** What training and listening are timed on: the same tracks, targets and start weights for the same seed and sizes. */
export interface EncoderProblem {
  readonly examples: readonly Example[];
  readonly space: EmbeddingSpace;
  readonly network: TrainableNetwork;
}

/** Synthesised tracks with factors drawn by chance: how long a step takes does not depend on what there is to learn. */
export function encoderProblem({ tracks, batch, factors, seed }: EncoderBench, progress: Progress): EncoderProblem {
  const streams = createStreams(seed);
  const examples = synthesiseTracks(tracks, streams, { progress }).map((track, i) => {
    const draw = streams('bench factor', i);
    return { ...track, factor: Float32Array.from({ length: factors }, () => normalFrom(draw)), group: String(i) };
  });
  const network = trainableNetwork({ batch, dim: factors }, streams);
  return { examples, space: embeddingSpace(examples, factors)!, network };
}

/** How long training and listening take once. */
export const timeEncoder = async (
  problem: EncoderProblem,
  bench: EncoderBench,
): Promise<{ readonly training: Elapsed; readonly listening: Elapsed }> => ({
  training: await timeTraining(problem, bench),
  listening: await timeListening(problem),
});

/** All timed steps, each with its batch filled, its gradients and its step of Adam. */
async function timeTraining(
  { examples, space, network }: EncoderProblem,
  { batch, steps, seed }: EncoderBench,
): Promise<Elapsed> {
  const step = await openTrainingStep(network, batch);
  const adam = createAdam(network.weights.map(({ weight }) => weight));
  const shares = knownShares(examples);
  const draw = createStreams(seed)('bench batches', 0);
  let elapsed = startStopwatch();
  try {
    for (let s = -warmUp; s < steps; s++) {
      if (s === 0) elapsed = startStopwatch();
      const rows = Array.from({ length: batch }, (_, i) => examples[((s + warmUp) * batch + i) % examples.length]!);
      const { gradient } = await step.run(fillBatch(rows, space, shares, draw));
      adam.step(gradient, 1e-4);
    }
    return elapsed();
  } finally {
    await step.close();
  }
}

/** All outputs of all tracks. */
async function timeListening({ examples, space, network }: EncoderProblem): Promise<Elapsed> {
  const weights = new Map(network.weights.map(({ weight }) => [weight.name, weight.data]));
  const encoder = await loadEncoder(encoderFile(weights, space));
  const waveforms = examples.map(({ waveform }) => waveform());
  try {
    await encoder.read(waveforms.slice(0, warmUp * 32));
    const elapsed = startStopwatch();
    await encoder.read(waveforms);
    return elapsed();
  } finally {
    await encoder.close();
  }
}

/** Measures how many tracks a second the encoder is trained on, and how many it listens to. */
export async function benchEncoder(bench: EncoderBench, progress: Progress): Promise<BenchRow[]> {
  const { tracks, batch, steps, repetitions } = bench;
  const problem = encoderProblem(bench, progress);
  const times: Awaited<ReturnType<typeof timeEncoder>>[] = [];
  for (let repetition = 0; repetition < repetitions; repetition++) {
    progress('training and listening', repetition, repetitions);
    times.push(await timeEncoder(problem, bench));
  }
  progress('training and listening', repetitions, repetitions);
  const parameters = problem.network.weights.reduce((sum, { weight }) => sum + weight.data.length, 0);
  const on = `${parameters} weights, dim ${bench.factors}, 2 threads`;
  const rates = (name: string, size: string, count: number, times: readonly Elapsed[]): BenchRow[] => [
    {
      what: `encoder.${name}TracksPerSecond`,
      size,
      value: median(times.map(({ seconds }) => count / seconds)),
      unit: 'tracks/s',
      provenance: 'measured',
    },
    {
      what: `encoder.${name}CpuMsPerTrack`,
      size,
      value: median(times.map(({ cpuSeconds }) => (1000 * cpuSeconds) / count)),
      unit: 'ms',
      provenance: 'measured',
    },
  ];
  return [
    ...rates(
      'train',
      `${steps} steps of ${batch}, ${on}`,
      steps * batch,
      times.map(({ training }) => training),
    ),
    ...rates(
      'infer',
      `${tracks} tracks, ${on}`,
      tracks,
      times.map(({ listening }) => listening),
    ),
    { what: 'encoder.peakMemoryBytes', size: on, value: peakMemoryBytes(), unit: 'B', provenance: 'measured' },
  ];
}
