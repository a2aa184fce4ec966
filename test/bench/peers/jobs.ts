// The jobs of both programs, each in a process of its own.
import { join } from 'node:path';
import { z } from 'zod';
import type { Kernel } from '../../../engine/als/kernel.ts';
import { DubplateError } from '../../../engine/core/errors.ts';
import type { Progress } from '../../../engine/core/progress.ts';
import { type Both, inTurn, python, runProcess } from './side-by-side.ts';

export const peer = 'implicit';
type Program = 'dubplate' | typeof peer;

/** What Dubplate works with; implicit takes as many threads. */
type KernelUsed = Pick<Kernel, 'name' | 'threads'>;

const trainingSchema = z.object({
  /** At the end of each sweep, since the start. */
  ends: z.array(z.object({ seconds: z.number(), cpuSeconds: z.number() })),
  peakMemoryBytes: z.number(),
  /** implicit's own figure, after the last sweep. */
  loss: z.number().optional(),
  /** Dubplate's, after each. */
  losses: z.array(z.number()).default([]),
});
export type Training = z.output<typeof trainingSchema>;

const retrievalSchema = z.object({ seconds: z.number() });
const versionSchema = z.object({ implicit: z.string(), numpy: z.string(), python: z.string() });

const here = import.meta.dirname;

/** @throws DubplateError MISSING_TOOL that says how to get implicit. */
export async function peerVersion(): Promise<z.output<typeof versionSchema>> {
  try {
    return versionSchema.parse(await run('implicit', ['version']));
  } catch (cause) {
    const reason = (cause as Error).message.trim().split('\n').at(-1);
    throw new DubplateError('MISSING_TOOL', `${python} has no package implicit that works (${reason})`, {
      hint: 'Run `pip install implicit` (it brings numpy and scipy), or name another interpreter: PYTHON=venv/bin/python.',
      cause,
    });
  }
}

/** Trains on what `bench als --export` wrote; with `out`, the factors go there as x.npy and y.npy. */
export const train = (
  folder: string,
  options: { readonly sweeps: number; readonly kernel: KernelUsed; readonly repetitions: number },
  outOf: (program: Program) => string,
  progress: Progress,
): Promise<Both<typeof peer, Training[]>> =>
  inTurn(peer, options.repetitions, progress, 'training', async (program, repetition) =>
    trainingSchema.parse(
      await run(
        program,
        [
          ...['train', folder, '--sweeps', String(options.sweeps), '--threads', String(options.kernel.threads)],
          ...(repetition === 0 ? ['--out', outOf(program)] : []),
        ],
        options.kernel,
      ),
    ),
  );

/** Seconds for the lists of the first users from the factors of one folder; the lists go to `outOf`. */
export const retrieve = (
  folder: string,
  factors: string,
  options: { readonly users: number; readonly n: number; readonly kernel: KernelUsed; readonly repetitions: number },
  outOf: (program: Program) => string,
  progress: Progress,
): Promise<Both<typeof peer, number[]>> =>
  inTurn(peer, options.repetitions, progress, 'lists', async (program) => {
    const { users, n, kernel } = options;
    const sizes = ['--users', String(users), '--n', String(n), '--threads', String(kernel.threads)];
    const words = ['recommend', folder, factors, ...sizes, '--out', outOf(program)];
    return retrievalSchema.parse(await run(program, words, kernel)).seconds;
  });

const run = (program: Program, words: readonly string[], kernel?: KernelUsed): Promise<unknown> =>
  program === 'dubplate'
    ? runProcess(process.execPath, ['--import', 'tsx', join(here, 'ours.ts'), ...words], {
        DUBPLATE_KERNEL: kernel?.name ?? '', // this one or none: never a slower one in its place
      })
    : // implicit has threads of its own: a threaded BLAS within them makes it several times slower.
      runProcess(python, [join(here, 'implicit.py'), ...words], { OPENBLAS_NUM_THREADS: '1', MKL_NUM_THREADS: '1' });
