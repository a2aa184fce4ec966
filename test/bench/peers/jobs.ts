// The jobs of both programs, each in a process of its own.
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { z } from 'zod';
import type { Kernel } from '../../../engine/als/kernel.ts';
import { DubplateError } from '../../../engine/core/errors.ts';
import type { Progress } from '../../../engine/core/progress.ts';

/** The same of both programs. */
export interface Both<T> {
  readonly dubplate: T;
  readonly implicit: T;
}

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

const python = process.env.PYTHON ?? 'python3';
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
  outOf: (program: keyof Both<unknown>) => string,
  progress: Progress,
): Promise<Both<Training[]>> =>
  inTurn(options.repetitions, progress, 'training', async (program, repetition) =>
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
  outOf: (program: keyof Both<unknown>) => string,
  progress: Progress,
): Promise<Both<number[]>> =>
  inTurn(options.repetitions, progress, 'lists', async (program) => {
    const { users, n, kernel } = options;
    const sizes = ['--users', String(users), '--n', String(n), '--threads', String(kernel.threads)];
    const words = ['recommend', folder, factors, ...sizes, '--out', outOf(program)];
    return retrievalSchema.parse(await run(program, words, kernel)).seconds;
  });

/** A B A B …: what else the machine does meets both. */
async function inTurn<T>(
  repetitions: number,
  progress: Progress,
  label: string,
  job: (program: keyof Both<unknown>, repetition: number) => Promise<T>,
): Promise<Both<T[]>> {
  const results: Both<T[]> = { dubplate: [], implicit: [] };
  for (let repetition = 0; repetition < repetitions; repetition++) {
    for (const [i, program] of (['implicit', 'dubplate'] as const).entries()) {
      progress(`${label}: ${program}`, 2 * repetition + i, 2 * repetitions);
      results[program].push(await job(program, repetition));
    }
  }
  progress(label, 2 * repetitions, 2 * repetitions);
  return results;
}

const run = (program: keyof Both<unknown>, words: readonly string[], kernel?: KernelUsed): Promise<unknown> =>
  program === 'dubplate'
    ? runProcess(process.execPath, ['--import', 'tsx', join(here, 'ours.ts'), ...words], {
        DUBPLATE_KERNEL: kernel?.name ?? '', // this one or none: never a slower one in its place
      })
    : // implicit has threads of its own: a threaded BLAS within them makes it several times slower.
      runProcess(python, [join(here, 'implicit.py'), ...words], { OPENBLAS_NUM_THREADS: '1', MKL_NUM_THREADS: '1' });

/** Runs a program to its end; what it prints last is JSON. */
const runProcess = (file: string, words: readonly string[], environment: Readonly<Record<string, string>>) =>
  new Promise<unknown>((resolve, reject) => {
    execFile(file, words, { env: { ...process.env, ...environment } }, (error, stdout, stderr) => {
      if (error) reject(new Error(`${file} ${words.join(' ')}: ${stderr.trim() || error.message}`));
      else resolve(JSON.parse(stdout.trim().split('\n').at(-1) ?? ''));
    });
  });
