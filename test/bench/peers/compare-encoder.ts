// `npm run bench:peers:encoder`: the encoder beside the same layers in PyTorch, on the same weights, tracks and machine.
import { mkdtempSync, rmSync } from 'node:fs';
import { loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { Command } from 'commander';
import { z } from 'zod';
import { DubplateError } from '../../../engine/core/errors.ts';
import { encoderProblem } from '../../../scenarios/bench/encoder.ts';
import { benchMachine } from '../../../scenarios/bench/rows.ts';
import { countFlag } from '../../../scenarios/number-flags.ts';
import { withProgress } from '../../../scenarios/progress-bar.ts';
import { type Agreement, writeEncoderProblem } from './encoder-problem.ts';
import { compare, comparisonTable, inTurn, python, runProcess } from './side-by-side.ts';

const peer = 'torch';
const threads = 2;

/** glibc settings by which PyTorch keeps its memory from step to step: without them it fetches hundreds of MB anew each time. */
const keepMemory = { MALLOC_MMAP_THRESHOLD_: '4294967295', MALLOC_TRIM_THRESHOLD_: '4294967295' };

const here = import.meta.dirname;

const elapsedSchema = z.object({ seconds: z.number(), cpuSeconds: z.number() });
const jobSchema = z.object({
  training: elapsedSchema,
  listening: elapsedSchema,
});
const agreementSchema = z.object({ loss: z.number(), gradients: z.record(z.string(), z.number()) });
const versionSchema = z.object({ torch: z.string(), python: z.string(), mkl: z.boolean() });

interface Flags {
  readonly tracks: number;
  readonly batch: number;
  readonly steps: number;
  readonly repetitions: number;
  readonly json: boolean;
  readonly quiet: boolean;
}

const command = (): Command =>
  new Command('bench:peers:encoder')
    .description('compare with PyTorch: tracks per second that the encoder is trained on, and listens to')
    .option('--tracks <count>', 'synthesised tracks of 6.1 s', countFlag, 256)
    .option('--batch <count>', 'tracks per step of training', countFlag, 32)
    .option('--steps <count>', 'steps of training that are timed', countFlag, 20)
    .option('--repetitions <count>', 'how often each program does both', countFlag, 5)
    .option('--json', 'print as JSON', false)
    .option('--quiet', 'no progress', false)
    .addHelpText(
      'after',
      `
Needs Python with PyTorch: apt-get install python3-torch libopenblas0 (then PYTHON=/usr/bin/python3), or pip install torch.
Without OpenBLAS or MKL, PyTorch is several times slower.

The same layers and tracks, two threads, in turn, in processes of their own. Training counts the filling of batches, loss,
gradients and AdamW; listening is all outputs of all tracks, 32 at a time. PyTorch keeps its memory from step to step
(MALLOC_MMAP_THRESHOLD_, MALLOC_TRIM_THRESHOLD_), without which it is slower. Before anything is timed the two have to agree on
the loss of a batch and on the length of the gradient of every weight.`,
    )
    .exitOverride(({ exitCode }) => process.exit(exitCode === 0 ? 0 : 2))
    .action(compareWithTorch);

async function compareWithTorch(flags: Flags): Promise<void> {
  const versions = await torchVersion();
  const machine = benchMachine({ name: 'ONNX Runtime', threads });
  const folder = mkdtempSync(join(tmpdir(), 'dubplate-encoder-peers-'));
  try {
    const bench = { ...flags, factors: 128, seed: '1' };
    const sizes = ['--tracks', String(flags.tracks), '--batch', String(flags.batch), '--steps', String(flags.steps)];
    const inTorch = (job: string, ...words: readonly string[]): Promise<unknown> =>
      runProcess(
        python,
        [join(here, 'encoder_torch.py'), job, folder, '--threads', String(threads), ...words],
        keepMemory,
      );
    const { disagreement, runs } = await withProgress(
      flags,
      `What was made so far is in ${folder}.`,
      async (progress) => {
        const ours = await writeEncoderProblem(folder, encoderProblem(bench, progress), bench);
        return {
          disagreement: largestDifference(ours, agreementSchema.parse(await inTorch('agree'))),
          runs: await inTurn(peer, flags.repetitions, progress, 'training and listening', async (program) =>
            jobSchema.parse(
              program === 'dubplate'
                ? await runProcess(process.execPath, ['--import', 'tsx', join(here, 'ours.ts'), 'encoder', ...sizes])
                : await inTorch('encoder', '--steps', String(flags.steps)),
            ),
          ),
        };
      },
    );
    const on = `batch ${flags.batch}, 128 dimensions, ${threads} threads`;
    const trained = flags.steps * flags.batch;
    const rate = (what: string) => ({ what, size: on, unit: 'tracks/s' });
    const cpu = (what: string) => ({ what, size: on, unit: 'ms' });
    const rows = [
      compare(peer, rate('encoder.trainTracksPerSecond'), runs, ({ training }) => trained / training.seconds),
      compare(peer, cpu('encoder.trainCpuMsPerTrack'), runs, (r) => (1000 * r.training.cpuSeconds) / trained),
      compare(peer, rate('encoder.inferTracksPerSecond'), runs, (r) => flags.tracks / r.listening.seconds),
      compare(peer, cpu('encoder.inferCpuMsPerTrack'), runs, (r) => (1000 * r.listening.cpuSeconds) / flags.tracks),
    ];
    const load = { before: machine.load, after: loadavg()[0] ?? 0 };
    if (flags.json) {
      const result = {
        schema: 1,
        bench: 'peers:encoder',
        machine,
        peer: versions,
        load,
        checks: { disagreement },
        rows,
      };
      process.stdout.write(`${JSON.stringify(result)}\n`);
      return;
    }
    process.stdout.write(`${machine.cores} × ${machine.cpu}, ${threads} threads each; load ${load.before.toFixed(1)} before, ${load.after.toFixed(1)} after
PyTorch ${versions.torch} ${versions.mkl ? 'with MKL' : 'without MKL, on the BLAS of this system'}, Python ${versions.python}; loss and gradients of a batch agree to ${disagreement.toExponential(1)}

${comparisonTable(peer, rows)}`);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** The largest relative difference between two programs' losses and lengths of gradients. */
function largestDifference(ours: Agreement, theirs: Agreement): number {
  const apart = (a: number, b: number): number => Math.abs(a - b) / Math.max(1e-6, Math.abs(a));
  const differences = Object.entries(ours.gradients).map(([name, norm]) =>
    apart(norm, theirs.gradients[name] ?? Number.NaN),
  );
  const largest = Math.max(apart(ours.loss, theirs.loss), ...differences);
  if (!(largest < 1e-2)) throw new Error(`the two networks are not the same: they differ by ${largest}`);
  return largest;
}

/** @throws DubplateError MISSING_TOOL that says how to get PyTorch. */
async function torchVersion(): Promise<z.output<typeof versionSchema>> {
  try {
    return versionSchema.parse(await runProcess(python, [join(here, 'encoder_torch.py'), 'version']));
  } catch (cause) {
    throw new DubplateError('MISSING_TOOL', `${python} has no PyTorch that works`, {
      hint: 'Debian: `apt-get install python3-torch libopenblas0`, then PYTHON=/usr/bin/python3; or `pip install torch`.',
      cause,
    });
  }
}

try {
  await command().parseAsync();
} catch (error) {
  if (!(error instanceof DubplateError)) throw error;
  process.stderr.write(`error: ${error.message}\n  → ${error.hint}\n`);
  process.exitCode = 2;
}
