import { median, quantile } from 'simple-statistics';
import type { Kernel } from '../../engine/als/kernel.ts';
import { trainAls } from '../../engine/als/train.ts';
import type { Progress } from '../../engine/core/progress.ts';
import { createStreams } from '../../engine/core/random.ts';
import { interactionMatrix, sparseRow } from '../../engine/interactions/csr.ts';
import type { AlsOptions } from '../../engine/options.ts';
import { checkSize, generateListening } from './generate-listening.ts';
import { hiddenTaste } from './hidden-taste.ts';
import { generateProblem, type ProblemSize } from './problem.ts';
import { type BenchRow, shortCount, threadsText } from './rows.ts';
import { startStopwatch } from './stopwatch.ts';

export interface FoldInBench {
  /** Of the training before. */
  readonly size: ProblemSize;
  readonly seed: string;
  readonly als: AlsOptions;
  /** New listeners, and how many interactions each of them has. */
  readonly listeners: number;
  readonly history: number;
  readonly repetitions: number;
}

/** Single calls before the measured ones. */
const warmUp = 50;

/** Trains a little on generated data, then folds in listeners whom the training has not seen: one by one, and together. */
export async function benchFoldIn(bench: FoldInBench, kernel: Kernel, progress: Progress): Promise<BenchRow[]> {
  const { size, seed, als, listeners, history, repetitions } = bench;
  checkSize({ users: listeners, tracks: size.tracks, interactions: listeners * history });
  const { byUser, start } = generateProblem(size, seed, progress);
  const { tracks } = await trainAls(interactionMatrix(byUser), start, als, { kernel, progress });
  const newcomers = generateListening(
    hiddenTaste(size.tracks, createStreams(seed)),
    new Uint32Array(listeners).fill(history),
    { first: size.users },
  );
  const foldIn = await kernel.prepareFoldIn(tracks, await kernel.gramMatrix(tracks), als);

  for (let i = 0; i < warmUp; i++) foldIn.one(sparseRow(newcomers, i % listeners));
  const milliseconds = Array.from({ length: listeners }, (_, listener) => {
    const before = performance.now();
    foldIn.one(sparseRow(newcomers, listener));
    return performance.now() - before;
  });
  const rates: number[] = [];
  for (let repetition = 0; repetition < repetitions; repetition++) {
    const elapsed = startStopwatch();
    await foldIn.all(newcomers);
    rates.push(listeners / elapsed().seconds);
    progress('folding in', repetition + 1, repetitions);
  }
  const on = `${history} interactions each, ${shortCount(size.tracks)} tracks, k=${size.factors}`;
  const single = (name: string, value: number): BenchRow => ({
    what: 'foldin.milliseconds',
    size: `${on}, ${name}`,
    value,
    unit: 'ms',
    provenance: 'measured',
  });
  return [
    single('p50', quantile(milliseconds, 0.5)),
    single('p99', quantile(milliseconds, 0.99)),
    {
      what: 'foldin.perSecond',
      size: `${on}, ${shortCount(listeners)} at once, ${threadsText(kernel)}`,
      value: median(rates),
      unit: 'users/s',
      provenance: 'measured',
    },
  ];
}
