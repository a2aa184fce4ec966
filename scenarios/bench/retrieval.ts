import { median } from 'simple-statistics';
import type { Kernel, TrackIndex } from '../../engine/als/kernel.ts';
import { trainAls } from '../../engine/als/train.ts';
import { DubplateError } from '../../engine/core/errors.ts';
import type { Matrix } from '../../engine/core/matrix.ts';
import type { Progress } from '../../engine/core/progress.ts';
import { type Csr, interactionMatrix } from '../../engine/interactions/csr.ts';
import type { AlsOptions } from '../../engine/options.ts';
import { prepareRetrieval, retrieveAll } from '../../engine/retrieval/retrieve.ts';
import { generateProblem, type ProblemSize, sizeText } from './problem.ts';
import { type BenchRow, threadsText } from './rows.ts';
import { startStopwatch } from './stopwatch.ts';

export interface RetrievalBench {
  readonly size: ProblemSize;
  readonly seed: string;
  readonly als: AlsOptions;
  /** Tracks per list. */
  readonly n: number;
  readonly repetitions: number;
}

/** Trains a little on generated data, then makes every listener's list of the n best tracks they have not heard, exactly. */
export async function benchRetrieval(bench: RetrievalBench, kernel: Kernel, progress: Progress): Promise<BenchRow[]> {
  if (bench.n > bench.size.tracks) {
    throw new DubplateError(
      'INVALID_OPTIONS',
      `--n ${bench.n} is more than the ${bench.size.tracks} tracks there are`,
      {
        hint: 'Give fewer, or more --tracks.',
      },
    );
  }
  const { byUser, start } = generateProblem(bench.size, bench.seed, progress);
  const { users, tracks } = await trainAls(interactionMatrix(byUser), start, bench.als, { kernel, progress });
  const rates: number[] = [];
  const indexSeconds: number[] = [];
  for (let repetition = 0; repetition < bench.repetitions; repetition++) {
    const elapsed = startStopwatch();
    const index = await prepareRetrieval(kernel, users, tracks);
    indexSeconds.push(elapsed().seconds);
    rates.push(users.rows / (await timeRetrieval(index, users, byUser, bench.n)));
    progress('making lists', repetition + 1, bench.repetitions);
  }
  const on = `${sizeText(bench.size)}, n=${bench.n}, ${threadsText(kernel)}`;
  return [
    {
      what: 'retrieval.usersPerSecond',
      size: on,
      value: median(rates),
      unit: 'users/s',
      provenance: 'measured',
    },
    { what: 'retrieval.indexSeconds', size: on, value: median(indexSeconds), unit: 's', provenance: 'measured' },
  ];
}

/** Seconds for the lists of all these users; `onBlock` sees each block of them, and its time counts. */
export async function timeRetrieval(
  index: TrackIndex,
  users: Matrix,
  heard: Csr,
  n: number,
  onBlock: (rows: Uint32Array) => void = () => {},
): Promise<number> {
  const elapsed = startStopwatch();
  for await (const block of retrieveAll(index, users, n, { heard })) onBlock(block.rows);
  return elapsed().seconds;
}
