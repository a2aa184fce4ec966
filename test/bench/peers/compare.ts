// `npm run bench:peers`: Dubplate beside the Python package `implicit`, on the same data, start factors, settings and machine.
import { mkdtempSync, rmSync } from 'node:fs';
import { loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { Command, Option } from 'commander';
import { median } from 'simple-statistics';
import type { Kernel } from '../../../engine/als/kernel.ts';
import { trainAls } from '../../../engine/als/train.ts';
import { DubplateError } from '../../../engine/core/errors.ts';
import { readNpy, readNpyVector } from '../../../engine/core/npy.ts';
import { interactionMatrix } from '../../../engine/interactions/csr.ts';
import type { AlsOptions } from '../../../engine/options.ts';
import { generateProblem, type Problem, sizeText } from '../../../scenarios/bench/problem.ts';
import { writeProblem } from '../../../scenarios/bench/problem-files.ts';
import { benchMachine, threadsText } from '../../../scenarios/bench/rows.ts';
import { warmSweeps } from '../../../scenarios/bench/timed-training.ts';
import { kernelFor } from '../../../scenarios/kernel.ts';
import { countFlag, threadsFlag } from '../../../scenarios/number-flags.ts';
import { withProgress } from '../../../scenarios/progress-bar.ts';
import { collectSetting } from '../../../scenarios/set-option.ts';
import { tableOptions } from '../../../scenarios/train-table.ts';
import { lossOf } from '../../engine/als/loss.ts';
import { peer, peerVersion, retrieve, type Training, train } from './jobs.ts';
import { type Both, type Comparison, compare, comparisonTable } from './side-by-side.ts';

const sizes = {
  tiny: { users: 2000, tracks: 1000, interactions: 100_000 },
  small: { users: 50_000, tracks: 20_000, interactions: 5_000_000 },
  large: { users: 200_000, tracks: 100_000, interactions: 20_000_000 },
} as const;

/** Tracks per list. */
const n = 200;

const seed = '1';

/** Little regularisation makes many sweeps worth while for both; with it momentum pays most. */
const settings = ['als.regularization=1', 'als.momentum=0.9'];

interface Flags {
  readonly size: keyof typeof sizes;
  readonly sweeps: number;
  readonly repetitions: number;
  readonly threads?: number;
  readonly set: readonly string[];
  readonly json: boolean;
  readonly quiet: boolean;
}

const command = (): Command =>
  new Command('bench:peers')
    .description('compare with implicit (Python): seconds per sweep, time to a loss, exact retrieval, memory')
    .addOption(
      new Option(
        '--size <size>',
        'users x tracks, interactions. tiny: 2k x 1k, 100k (only shows that it works); small: 50k x 20k, 5M; large: 200k x 100k, 20M',
      )
        .choices(Object.keys(sizes))
        .default('small'),
    )
    .option('--sweeps <count>', 'sweeps of a training; 15 is what implicit does by default', countFlag, 15)
    .option('--repetitions <count>', 'how often each program does each job', countFlag, 3)
    .addOption(threadsFlag())
    .option('--set <path=value>', 'option of both, e.g. als.regularization=1 (repeatable)', collectSetting, [])
    .option('--json', 'print as JSON', false)
    .option('--quiet', 'no progress', false)
    .addHelpText(
      'after',
      `
Needs Python with implicit: pip install implicit. PYTHON names another interpreter than python3.

Both programs read the same files and work in turn, in processes of their own. Each figure is the median of the repetitions,
with the least and the most behind it; ratio: how many times faster or smaller Dubplate is.
  als.secondsPerSweep       s        both sides once; the first sweep of a training is left out
  als.cpuSecondsPerSweep    s        the same in processor time of all threads
  als.secondsToLoss         s        to the loss that implicit has after its last sweep, the first sweep included
  als.peakMemoryBytes       B        of the training process
  retrieval.usersPerSecond  users/s  lists of the ${n} best tracks for all users, heard ones removed, of the same factors; making the index counts

${settings.join(' and ')} unless --set says otherwise. implicit does 3 conjugate-gradient steps a row, its default;
Dubplate als.cgSteps, with als.momentum between sweeps. Confidence is 1 + als.alpha * r for both. One function computes the loss
of both from their factors (test/engine/als/loss.ts).`,
    )
    .exitOverride(({ exitCode }) => process.exit(exitCode === 0 ? 0 : 2))
    .action(compareWithImplicit);

async function compareWithImplicit(flags: Flags): Promise<void> {
  const versions = await peerVersion();
  const counts = sizes[flags.size];
  const listeners = counts.users;
  const { als } = tableOptions([`als.sweeps=${flags.sweeps}`, ...settings, ...flags.set]);
  if (als.objective !== 'hkv') {
    throw new DubplateError('INVALID_OPTIONS', `als.objective is ${als.objective}, which implicit does not have`, {
      hint: 'Leave it at hkv.',
    });
  }
  const size = { ...counts, factors: als.factors };
  const kernel = kernelFor(flags.threads);
  const machine = benchMachine(kernel);
  const folder = mkdtempSync(join(tmpdir(), 'dubplate-peers-'));
  try {
    const lists = (program: string): string => join(folder, `${program}-lists.npy`);
    const { trainings, goal, sweeps, retrievals } = await withProgress(
      flags,
      `What was made so far is in ${folder}.`,
      async (progress) => {
        const problem = generateProblem(size, seed, progress);
        writeProblem(folder, problem, seed, als);
        const options = { kernel, repetitions: flags.repetitions };
        const outOf = (program: string): string => join(folder, program);
        const trainings = await train(folder, { ...options, sweeps: als.sweeps }, outOf, progress);
        const goal = lossOf(problem.byUser, ...factorsIn(outOf('implicit')), als);
        const sweeps = await sweepsTo(goal, trainings.dubplate[0]?.losses ?? [], problem, als, kernel);
        const asked = { ...options, users: listeners, n };
        return {
          trainings,
          goal,
          sweeps,
          retrievals: await retrieve(folder, outOf('dubplate'), asked, lists, progress),
        };
      },
    );

    const on = sizeText(size);
    const rows = [
      compare(peer, { what: 'als.secondsPerSweep', size: on, unit: 's' }, trainings, ({ ends }) =>
        median(warmSweeps(ends.map((e) => e.seconds))),
      ),
      compare(peer, { what: 'als.cpuSecondsPerSweep', size: on, unit: 's' }, trainings, ({ ends }) =>
        median(warmSweeps(ends.map((e) => e.cpuSeconds))),
      ),
      ...(sweeps === undefined ? [] : [toLoss(goal, on, sweeps, trainings)]),
      compare(
        peer,
        { what: 'als.peakMemoryBytes', size: on, unit: 'B' },
        trainings,
        ({ peakMemoryBytes }) => peakMemoryBytes,
      ),
      compare(
        peer,
        { what: 'retrieval.usersPerSecond', size: `${on}, all users, n=${n}`, unit: 'users/s' },
        retrievals,
        (seconds) => listeners / seconds,
      ),
    ];
    const load = { before: machine.load, after: loadavg()[0] ?? 0 };
    const checks = {
      /** implicit's own loss of its factors over ours of the same: 1 when both mean the same by it. */
      lossAgreement: (trainings.implicit[0]?.loss ?? 0) / goal,
      /** Of the users: those whose lists hold the same tracks. */
      sameLists: shareOfSameLists(lists('dubplate'), lists('implicit'), listeners),
    };
    if (flags.json) {
      process.stdout.write(
        `${JSON.stringify({ schema: 1, bench: 'peers', machine, peer: versions, load, checks, rows })}\n`,
      );
      return;
    }
    process.stdout.write(`${machine.cores} × ${machine.cpu}, ${threadsText(kernel)} each; load ${load.before.toFixed(1)} before, ${load.after.toFixed(1)} after
Dubplate with the ${kernel.name} kernel; implicit ${versions.implicit}, numpy ${versions.numpy}, Python ${versions.python}
implicit's own loss of its factors over ours: ${checks.lossAgreement.toFixed(6)}; users with the same tracks in both lists: ${(100 * checks.sameLists).toFixed(2)} %

${comparisonTable(peer, rows)}`);
    if (sweeps === undefined) {
      process.stdout.write(
        `Dubplate did not reach implicit's loss of ${goal.toPrecision(6)} in ${als.sweeps} sweeps.\n`,
      );
    }
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function toLoss(
  goal: number,
  on: string,
  sweeps: number,
  trainings: Both<typeof peer, Training[]>,
): Comparison<typeof peer> {
  const last = trainings.implicit[0]?.ends.length ?? 0;
  const size = `${on}, loss ${goal.toPrecision(6)}: sweep ${sweeps} against ${last}`;
  const seconds = {
    dubplate: trainings.dubplate.map(({ ends }) => ends[sweeps - 1]?.seconds ?? 0),
    implicit: trainings.implicit.map(({ ends }) => ends[last - 1]?.seconds ?? 0),
  };
  return compare(peer, { what: 'als.secondsToLoss', size, unit: 's' }, seconds, (one) => one);
}

/**
 * How many sweeps it takes Dubplate to a loss. Training says its losses by the way; the one that decides is computed from the
 * factors of a training of so many sweeps, by the function that the other program's were judged by.
 */
async function sweepsTo(
  goal: number,
  losses: readonly number[],
  { byUser, start }: Problem,
  als: AlsOptions,
  kernel: Kernel,
): Promise<number | undefined> {
  const matrix = interactionMatrix(byUser);
  const first = losses.findIndex((loss) => loss <= goal * (1 + 1e-4)) + 1;
  for (let sweeps = first; sweeps > 0 && sweeps <= losses.length; sweeps++) {
    const { users, tracks } = await trainAls(matrix, start, { ...als, sweeps }, { kernel });
    if (lossOf(byUser, users, tracks, als) <= goal) return sweeps;
  }
  return undefined;
}

function shareOfSameLists(ours: string, theirs: string, listeners: number): number {
  const [a, b] = [readNpyVector(ours, Uint32Array), readNpyVector(theirs, Uint32Array)];
  let same = 0;
  for (let i = 0; i < listeners; i++) {
    const other = b.slice(i * n, (i + 1) * n).sort();
    const list = a.slice(i * n, (i + 1) * n).sort();
    if (list.every((track, at) => track === other[at])) same += 1;
  }
  return same / listeners;
}

const factorsIn = (folder: string) => [readNpy(join(folder, 'x.npy')), readNpy(join(folder, 'y.npy'))] as const;

try {
  await command().parseAsync();
} catch (error) {
  if (!(error instanceof DubplateError)) throw error;
  process.stderr.write(`error: ${error.message}\n  → ${error.hint}\n`);
  process.exitCode = 2;
}
