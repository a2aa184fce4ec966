import { linearRegression, median } from 'simple-statistics';
import { chooseKernel } from '../../engine/als/choose-kernel.ts';
import { flopsPerSweep } from '../../engine/als/conjugate-gradient.ts';
import type { Kernel } from '../../engine/als/kernel.ts';
import { DubplateError } from '../../engine/core/errors.ts';
import { type Progress, silent } from '../../engine/core/progress.ts';
import { type InteractionMatrix, interactionMatrix } from '../../engine/interactions/csr.ts';
import type { AlsOptions } from '../../engine/options.ts';
import { checkSize } from './generate-listening.ts';
import { generateProblem, type Problem, type ProblemSize, sizeText } from './problem.ts';
import { writeProblem } from './problem-files.ts';
import { type BenchRow, threadsText } from './rows.ts';
import { peakMemoryBytes } from './stopwatch.ts';
import { timeTraining, warmSweeps } from './timed-training.ts';

export interface AlsBench {
  readonly size: ProblemSize;
  readonly seed: string;
  readonly als: AlsOptions;
  /** A folder to write the problem to. */
  readonly exportTo?: string | undefined;
  /** Also with one thread. */
  readonly scaling: boolean;
  /** Also with so many interactions, users and tracks in proportion. */
  readonly growth: readonly number[];
}

/** Sweeps where only their time counts: the first is not measured. */
const timedSweeps = 4;

/** How long the machine's own peak is looked for. */
const peakMs = 500;

/** Trains on generated data, and says how long a sweep takes, how low the loss gets and how close to the machine's peak that is. */
export async function benchAls(bench: AlsBench, kernel: Kernel, progress: Progress): Promise<BenchRow[]> {
  const { size, seed, als } = bench;
  checkExtras(bench, kernel);
  const peakBefore = await kernel.peakFlops?.(peakMs);
  const problem = generateProblem(size, seed, progress);
  if (bench.exportTo !== undefined) writeProblem(bench.exportTo, problem, seed, als);
  const matrix = interactionMatrix(problem.byUser);
  const { losses, ends } = await timeTraining(matrix, problem.start, als, kernel, progress);
  const memory = peakMemoryBytes();
  const peakAfter = await kernel.peakFlops?.(peakMs);

  const seconds = median(warmSweeps(ends.map((end) => end.seconds)));
  const flops = flopsPerSweep({ ...size, ...als }) / seconds;
  const peak = Math.max(peakBefore ?? 0, peakAfter ?? 0); // other programs only ever lower it
  const on = `${sizeText(size)}, ${threadsText(kernel)}`;
  const measured = (what: string, value: number, unit: string, of = on): BenchRow => ({
    what,
    size: of,
    value,
    unit,
    provenance: 'measured',
  });
  return [
    measured('als.secondsPerSweep', seconds, 's'),
    measured('als.cpuSecondsPerSweep', median(warmSweeps(ends.map((end) => end.cpuSeconds))), 's'),
    { ...measured('als.gflops', flops / 1e9, 'GFLOP/s'), provenance: 'derived' },
    ...(peak === 0
      ? []
      : [
          measured('machine.peakGflops', peak / 1e9, 'GFLOP/s', threadsText(kernel)),
          { ...measured('als.shareOfPeak', flops / peak, '1'), provenance: 'derived' as const },
        ]),
    measured('als.peakMemoryBytes', memory, 'B'),
    ...(bench.scaling ? await scaling(size, matrix, problem.start, als, kernel) : []),
    ...(bench.growth.length > 0 ? await growth(bench, { interactions: size.interactions, seconds }, kernel) : []),
    ...losses.flatMap((loss, i) => [
      measured('als.loss', loss, '1', `${on}, sweep ${i + 1}`),
      measured('als.secondsSoFar', ends[i]?.seconds ?? 0, 's', `${on}, sweep ${i + 1}`),
    ]),
  ];
}

function checkExtras({ scaling, growth, size }: AlsBench, kernel: Kernel): void {
  if (scaling && kernel.threads === 1) {
    throw new DubplateError('INVALID_OPTIONS', '--scaling compares with one thread, and there is only one', {
      hint: 'Give --threads 2 or more.',
    });
  }
  if (growth.length > 0 && growth.every((interactions) => interactions === size.interactions)) {
    throw new DubplateError('INVALID_OPTIONS', '--growth names no size but the one of --interactions', {
      hint: 'A slope needs two sizes: --growth 1000000,5000000.',
    });
  }
  for (const interactions of growth) checkSize(inProportion(size, interactions));
}

/** The same sweeps on all threads and on one, in turn, so that what else the machine does meets both. */
async function scaling(
  size: ProblemSize,
  matrix: InteractionMatrix,
  start: Problem['start'],
  als: AlsOptions,
  kernel: Kernel,
): Promise<BenchRow[]> {
  const alone = chooseKernel(1, kernel.name);
  const times = { together: [] as number[], alone: [] as number[] };
  for (let repetition = 0; repetition < 2; repetition++) {
    times.together.push(...(await sweepTimes(matrix, start, als, kernel)));
    times.alone.push(...(await sweepTimes(matrix, start, als, alone)));
  }
  const seconds = median(times.alone);
  const on = sizeText(size);
  return [
    {
      what: 'als.secondsPerSweep',
      size: `${on}, ${threadsText(alone)}`,
      value: seconds,
      unit: 's',
      provenance: 'measured',
    },
    {
      what: 'als.speedup',
      size: `${on}, ${threadsText(kernel)} over 1`,
      value: seconds / median(times.together),
      unit: '1',
      provenance: 'derived',
    },
  ];
}

/** Sweeps over more and less of the same data, and the slope of log time over log interactions: 1 is proportional. */
async function growth(
  { size, seed, als, growth }: AlsBench,
  known: { readonly interactions: number; readonly seconds: number },
  kernel: Kernel,
): Promise<BenchRow[]> {
  const rows: BenchRow[] = [];
  const points = [[Math.log(known.interactions), Math.log(known.seconds)]];
  for (const interactions of growth) {
    if (interactions === known.interactions) continue;
    const grown = inProportion(size, interactions);
    const { byUser, start } = generateProblem(grown, seed, silent);
    const seconds = median(await sweepTimes(interactionMatrix(byUser), start, als, kernel));
    points.push([Math.log(interactions), Math.log(seconds)]);
    rows.push({
      what: 'als.secondsPerSweep',
      size: `${sizeText(grown)}, ${threadsText(kernel)}`,
      value: seconds,
      unit: 's',
      provenance: 'measured',
    });
  }
  const all = [known.interactions, ...growth];
  return [
    ...rows,
    {
      what: 'als.growthSlope',
      size: `${Math.min(...all)} to ${Math.max(...all)} interactions`,
      value: linearRegression(points).m,
      unit: '1',
      provenance: 'derived',
    },
  ];
}

/** As many users and tracks for each interaction. */
const inProportion = (size: ProblemSize, interactions: number): ProblemSize => ({
  ...size,
  interactions,
  users: Math.max(1, Math.round((size.users * interactions) / size.interactions)),
  tracks: Math.max(1, Math.round((size.tracks * interactions) / size.interactions)),
});

async function sweepTimes(
  matrix: InteractionMatrix,
  start: Problem['start'],
  als: AlsOptions,
  kernel: Kernel,
): Promise<number[]> {
  const { ends } = await timeTraining(matrix, start, { ...als, sweeps: timedSweeps }, kernel);
  return warmSweeps(ends.map((end) => end.seconds));
}
