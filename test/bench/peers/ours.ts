// One timed job of Dubplate, for compare.ts and compare-encoder.ts: what implicit.py or encoder_torch.py does, on the same files. The last line on stdout is JSON.
//
//   ours.ts train FOLDER --sweeps N --threads N [--out FOLDER]
//   ours.ts encoder --tracks N --batch N --steps N
//   ours.ts recommend FOLDER FACTORS --users N --n N --threads N --out FILE
import { join } from 'node:path';
import { Command } from 'commander';
import { chooseKernel } from '../../../engine/als/choose-kernel.ts';
import { readNpy, writeNpy, writeNpyVector } from '../../../engine/core/npy.ts';
import { silent } from '../../../engine/core/progress.ts';
import { interactionMatrix } from '../../../engine/interactions/csr.ts';
import { prepareRetrieval } from '../../../engine/retrieval/retrieve.ts';
import { encoderProblem, timeEncoder } from '../../../scenarios/bench/encoder.ts';
import { readProblem } from '../../../scenarios/bench/problem-files.ts';
import { timeRetrieval } from '../../../scenarios/bench/retrieval.ts';
import { peakMemoryBytes, startStopwatch } from '../../../scenarios/bench/stopwatch.ts';
import { timeTraining } from '../../../scenarios/bench/timed-training.ts';

const say = (result: object): void => {
  process.stdout.write(`${JSON.stringify(result)}\n`);
};

/** Users whose lists are made before the timed ones. */
const warmUp = 2000;

const program = new Command();
program
  .command('train')
  .argument('<folder>')
  .requiredOption('--sweeps <n>', '', Number)
  .requiredOption('--threads <n>', '', Number)
  .option('--out <folder>')
  .action(async (folder: string, flags: { sweeps: number; threads: number; out?: string }) => {
    const { byUser, start, meta } = readProblem(folder);
    const als = { ...meta.als, sweeps: flags.sweeps };
    const trained = await timeTraining(interactionMatrix(byUser), start, als, chooseKernel(flags.threads));
    const memory = peakMemoryBytes();
    if (flags.out !== undefined) {
      writeNpy(join(flags.out, 'x.npy'), trained.users);
      writeNpy(join(flags.out, 'y.npy'), trained.tracks);
    }
    say({ ends: trained.ends, peakMemoryBytes: memory, losses: trained.losses });
  });
program
  .command('recommend')
  .argument('<folder>')
  .argument('<factors>')
  .requiredOption('--users <n>', '', Number)
  .requiredOption('--n <n>', '', Number)
  .requiredOption('--threads <n>', '', Number)
  .requiredOption('--out <file>')
  .action(
    async (folder: string, factors: string, flags: { users: number; n: number; threads: number; out: string }) => {
      const { byUser } = readProblem(folder);
      const { cols, data } = readNpy(join(factors, 'x.npy'));
      const users = { rows: flags.users, cols, data: data.subarray(0, flags.users * cols) };
      const heard = { ...byUser, rows: flags.users, indptr: byUser.indptr.subarray(0, flags.users + 1) };
      const tracks = readNpy(join(factors, 'y.npy'));
      const kernel = chooseKernel(flags.threads);
      const lists = new Uint32Array(flags.users * flags.n);
      const few = Math.min(warmUp, flags.users);
      const first = { rows: few, cols, data: users.data.subarray(0, few * cols) };
      const heardFirst = { ...byUser, rows: few, indptr: byUser.indptr.subarray(0, few + 1) };
      await timeRetrieval(await prepareRetrieval(kernel, users, tracks), first, heardFirst, flags.n);
      let at = 0;
      const elapsed = startStopwatch();
      await timeRetrieval(await prepareRetrieval(kernel, users, tracks), users, heard, flags.n, (rows) => {
        lists.set(rows, at);
        at += rows.length;
      });
      const { seconds } = elapsed(); // making the index counts
      writeNpyVector(flags.out, lists);
      say({ seconds });
    },
  );
program
  .command('encoder')
  .requiredOption('--tracks <n>', '', Number)
  .requiredOption('--batch <n>', '', Number)
  .requiredOption('--steps <n>', '', Number)
  .action(async (flags: { tracks: number; batch: number; steps: number }) => {
    const bench = { ...flags, factors: 128, repetitions: 1, seed: '1' };
    say(await timeEncoder(encoderProblem(bench, silent), bench));
  });
await program.parseAsync();
