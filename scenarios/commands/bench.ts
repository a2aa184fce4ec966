import { availableParallelism } from 'node:os';
import { Command, InvalidArgumentError, Option } from 'commander';
import { z } from 'zod';
import type { Kernel } from '../../engine/als/kernel.ts';
import { DubplateError } from '../../engine/core/errors.ts';
import type { Progress } from '../../engine/core/progress.ts';
import { type AlsOptions, alsOptionsSchema } from '../../engine/options.ts';
import { familyNames } from '../../sim/options.ts';
import { benchAls } from '../bench/als.ts';
import { benchCache, type CacheBench } from '../bench/cache.ts';
import { benchKeys } from '../bench/cache-layouts.ts';
import { benchEncoder, type EncoderBench } from '../bench/encoder.ts';
import { benchFoldIn } from '../bench/fold-in.ts';
import type { ProblemSize } from '../bench/problem.ts';
import { benchRetrieval } from '../bench/retrieval.ts';
import { type BenchRow, benchMachine, printBench } from '../bench/rows.ts';
import { benchSim, type SimBench } from '../bench/sim.ts';
import { kernelFor } from '../kernel.ts';
import { countFlag, countListFlag, threadsFlag } from '../number-flags.ts';
import { checkOutputPlace } from '../output-path.ts';
import { withProgress } from '../progress-bar.ts';
import { collectSetting, isSet, parseSettings } from '../set-option.ts';
import { tableOptions } from '../train-table.ts';

/** What every benchmark of the kernel can be told. */
interface BenchFlags {
  readonly users: number;
  readonly tracks: number;
  readonly interactions: number;
  readonly factors: number;
  readonly sweeps: number;
  readonly seed: string;
  readonly set: readonly string[];
  readonly threads?: number;
  readonly json: boolean;
  readonly quiet: boolean;
}

interface AlsFlags extends BenchFlags {
  readonly scaling: boolean;
  readonly growth?: readonly number[] | true;
  readonly export?: string;
}

interface RetrievalFlags extends BenchFlags {
  readonly n: number;
  readonly repetitions: number;
}

interface FoldInFlags extends BenchFlags {
  readonly listeners: number;
  readonly history: number;
  readonly repetitions: number;
}

/** `dubplate bench <what>`: measured rates of this machine. */
export const benchCommand = (): Command => {
  const bench = new Command('bench').description(
    'measure this machine: training, retrieval, fold-in, the encoder, the simulation, the cache (each has --help and --json)',
  );
  for (const command of [
    alsCommand(),
    retrievalCommand(),
    foldInCommand(),
    encoderCommand(),
    simCommand(),
    cacheCommand(),
  ])
    bench.addCommand(command.exitOverride());
  return bench;
};

const data = `
The data are generated: listeners differ in how much they hear (lognormal), tracks in fame (Zipf), and both have topics; a
weight is r = 8·log2(1 + plays), plays Pareto-distributed. The same seed and sizes give the same bytes on every machine with
this version of Node. Other programs that run on the machine slow it down: the load before is printed beside the figures.`;

const growthSizes = [500_000, 1_000_000, 2_000_000, 5_000_000, 10_000_000, 20_000_000];

const alsCommand = (): Command =>
  withCommonFlags(
    new Command('als').description('seconds per sweep of ALS training, its loss, its share of the processor’s peak'),
    { users: 50_000, tracks: 20_000, interactions: 5_000_000, sweeps: 12 },
  )
    .option('--scaling', 'also time sweeps with one thread: als.speedup', false)
    .option(
      '--growth [interactions]',
      'also time sweeps over so many interactions (comma-separated), users and tracks in proportion, and fit als.growthSlope; without sizes 0.5M, 1M, 2M, 5M, 10M and 20M',
      countListFlag,
    )
    .option(
      '--export <folder>',
      'write the data for other programs: indptr, indices (uint32), weights, x0, y0 (float32) as .npy, and meta.json',
    )
    .addHelpText(
      'after',
      `
Figures (column size: users x tracks, interactions, factors, threads):
  als.secondsPerSweep    s        all tracks, then all users; median of the sweeps after the first, which is the warm-up
  als.cpuSecondsPerSweep s        the same in processor time of all threads: hardly moved by what else the machine does
  als.gflops             GFLOP/s  operations that the algorithm needs in a sweep (a model: see flopsPerSweep), over that time
  machine.peakGflops     GFLOP/s  what multiplying and adding in registers reaches on as many threads
  als.shareOfPeak        1        the one over the other
  als.peakMemoryBytes    B        most memory of the process, data included, up to the end of the training
  als.loss               1        after each sweep
  als.secondsSoFar       s        from the start of the training to the end of each sweep
  als.speedup            1        --scaling: time with one thread over time with all
  als.growthSlope        1        --growth: slope of log time over log interactions; 1 is proportional
${data}

The size of a large catalogue, 20M interactions (1.1 GB of memory):
  npx dubplate bench als --users 200000 --tracks 100000 --interactions 20000000`,
    )
    .action((flags: AlsFlags) => {
      if (flags.export !== undefined) checkOutputPlace(flags.export, '--export');
      return run('als', flags, (size, als, kernel, progress) =>
        benchAls(
          {
            size,
            als,
            seed: flags.seed,
            exportTo: flags.export,
            scaling: flags.scaling,
            growth: flags.growth === true ? growthSizes : (flags.growth ?? []),
          },
          kernel,
          progress,
        ),
      );
    });

const retrievalCommand = (): Command =>
  withCommonFlags(
    new Command('retrieval').description(
      'listeners per second whose best tracks are found, exactly, heard ones removed',
    ),
    { users: 20_000, tracks: 20_000, interactions: 2_000_000, sweeps: 5 },
  )
    .option('--n <count>', 'tracks per list', countFlag, 200)
    .option('--repetitions <count>', 'how often the lists are made; medians are printed', countFlag, 3)
    .addHelpText(
      'after',
      `
Figures (column size: users x tracks, interactions, factors, list length, threads):
  retrieval.usersPerSecond  users/s  lists of the n best tracks that a user has not heard, for all users, by the clock
  retrieval.indexSeconds    s        to make the track factors ready for it, once per generation

Factors come from --sweeps sweeps over the data: random ones would be easier or harder to search than real ones.
${data}

A large catalogue:
  npx dubplate bench retrieval --tracks 100000`,
    )
    .action((flags: RetrievalFlags) =>
      run('retrieval', flags, (size, als, kernel, progress) =>
        benchRetrieval({ ...flags, size, als }, kernel, progress),
      ),
    );

const foldInCommand = (): Command =>
  withCommonFlags(new Command('foldin').description('milliseconds until a new listener has a factor, exactly'), {
    users: 20_000,
    tracks: 20_000,
    interactions: 1_000_000,
    sweeps: 5,
  })
    .option('--listeners <count>', 'new listeners, whom the training has not seen', countFlag, 5000)
    .option('--history <count>', 'interactions of each of them', countFlag, 50)
    .option('--repetitions <count>', 'how often they are folded in together; the median is printed', countFlag, 3)
    .addHelpText(
      'after',
      `
Figures (column size: interactions of a listener, tracks, factors):
  foldin.milliseconds  ms       a single call on one thread: p50 and p99 over all new listeners
  foldin.perSecond     users/s  all of them in one call, on all threads

Track factors come from --sweeps sweeps over --interactions interactions of --users others.
${data}`,
    )
    .action((flags: FoldInFlags) =>
      run('foldin', flags, (size, als, kernel, progress) => benchFoldIn({ ...flags, size, als }, kernel, progress)),
    );

interface EncoderFlags extends EncoderBench {
  readonly json: boolean;
  readonly quiet: boolean;
}

const encoderCommand = (): Command =>
  new Command('encoder')
    .description('tracks per second that the audio encoder is trained on, and listens to')
    .option('--tracks <count>', 'synthesised tracks of 6.1 s', countFlag, 256)
    .option('--batch <count>', 'tracks per step of training', countFlag, 32)
    .option('--factors <count>', 'length of the embedding', countFlag, 128)
    .option('--steps <count>', 'steps of training that are timed', countFlag, 20)
    .option('--repetitions <count>', 'how often both are timed; medians are printed', countFlag, 3)
    .option('--seed <text>', 'seed of tracks and start weights', '1')
    .option('--json', 'print as JSON', false)
    .option('--quiet', 'no progress', false)
    .addHelpText(
      'after',
      `
Figures (column size: what was done, weights, length of the embedding, threads):
  encoder.trainTracksPerSecond   tracks/s  batches filled, loss, all gradients and Adam, by the clock
  encoder.trainCpuMsPerTrack     ms        the same in processor time of all threads
  encoder.inferTracksPerSecond   tracks/s  tempo, key, energy, timbre and embedding of waveforms in memory
  encoder.inferCpuMsPerTrack     ms        the same in processor time of all threads
  encoder.peakMemoryBytes        B         most memory of the process

The encoder always works on two threads: how sums are split over threads decides their last bits.`,
    )
    .action(async (flags: EncoderFlags) => {
      const machine = benchMachine({ name: 'ONNX Runtime', threads: 2 });
      const rows = await withProgress(flags, 'Nothing was measured to its end.', (progress) =>
        benchEncoder(flags, progress),
      );
      printBench({ schema: 1, bench: 'encoder', machine, rows }, flags.json);
    });

interface SimFlags extends Omit<SimBench, 'threads'> {
  readonly threads?: number;
  readonly json: boolean;
  readonly quiet: boolean;
}

const simCommand = (): Command =>
  new Command('sim')
    .description('rows of the log per second and core that the simulated listeners make, and the memory they take')
    .option('--listeners <count>', 'listeners of day 0', countFlag, 300_000)
    .option('--tracks <count>', 'tracks of day 0', countFlag, 300_000)
    .option('--days <count>', 'measured days, after two that are not', countFlag, 3)
    .option('--slots <count>', 'tracks of the list that every listener has at hand', countFlag, 20)
    .addOption(new Option('--family <name>', 'mechanism of taste').choices(familyNames).default('latent'))
    .addOption(threadsFlag())
    .option('--scaling', 'also with one thread, day after day in turn: sim.speedup', false)
    .option('--seed <text>', 'seed of the world', '1')
    .option('--json', 'print as JSON', false)
    .option('--quiet', 'no progress', false)
    .addHelpText(
      'after',
      `
Figures (column size: listeners, tracks, family, threads); medians of the days:
  sim.rowsPerSecondPerCore  rows/s  all rows of a day's log (plays, skips, saves, searches, …), by the clock, over the threads
  sim.rowsPerCpuSecond      rows/s  the same in processor time of all threads
  sim.secondsPerDay         s       one day of everybody
  sim.speedup               1       --scaling: time with one thread over time with all
  sim.rowsPerListenerDay    rows    of the last day
  sim.bytesPerListener      B       all columns of a listener, without and with the list at hand
  sim.secondsToMake         s       to draw the world, once
  sim.peakMemoryBytes       B       most memory of the process

Every day one listener in a thousand more signs up, and one track in 2,500 more comes out. Every row is a full one: taste, choice, repeats, lists looked down, the statechart, the log. The engine's time is not in it.

The sizes of a large service (4 GB of memory):
  npx dubplate bench sim --listeners 10000000 --tracks 5000000 --days 1`,
    )
    .action(async (flags: SimFlags) => {
      const threads = flags.threads ?? availableParallelism();
      const machine = benchMachine({ name: 'TypeScript', threads });
      const rows = await withProgress(flags, 'Nothing was measured to its end.', (progress) =>
        benchSim({ ...flags, threads }, progress),
      );
      printBench({ schema: 1, bench: 'sim', machine, rows }, flags.json);
    });

interface CacheFlags extends CacheBench {
  readonly json: boolean;
  readonly quiet: boolean;
}

const cacheCommand = (): Command =>
  new Command('cache')
    .description(
      'bytes that Redis takes for a list by every codec, against the closed form, and how fast lists are packed',
    )
    .option(
      '--redis <url>',
      'measure this Redis or Valkey (redis:// or rediss://); without it, sizes are those of the closed form',
    )
    .option('--listeners <count>', 'lists, one per listener', countFlag, 60_000)
    .option('--tracks <count>', 'tracks of the catalogue', countFlag, 100_000_000)
    .option('--length <count>', 'tracks per list', lengthFlag, 200)
    .option(
      '--ttl <hours>',
      'have lists expire by the clock of the server, ± 10 % by listener: what that takes on top (default: they never do)',
      countFlag,
    )
    .option('--seed <text>', 'seed of the lists', '1')
    .option('--json', 'print as JSON', false)
    .option('--quiet', 'no progress', false)
    .addHelpText(
      'after',
      `
Figures (column size: codec, list length and tracks, lists, server):
  cache.encodeMicroseconds      µs       to pack a list; median of the rounds
  cache.decodeMicroseconds      µs       to unpack it
  cache.bytesPerList            B        growth of used_memory over the lists, key and tables included
  cache.closedFormBytesPerList  B        the same by the allocator's size classes: derived, no server needed
  cache.difference              %        the one over the other; beyond 0.5 the server is another one, or others write to it
  cache.setsPerSecond           lists/s  packed and written, 256 in a pipeline, one connection
  cache.getsPerSecond           lists/s  read and unpacked, as many at once

Sizes are taken twice: at --listeners, and beyond the next power of two, where the server doubles its table of keys. Codecs whose ids are too narrow for --tracks are left out.

Only keys ${benchKeys} are written, and removed at the end; what an interrupted run leaves, the next one removes. Measure a server that nobody else writes to: used_memory is that of all its keys.`,
    )
    .action(async ({ json, quiet, ...bench }: CacheFlags) => {
      const machine = benchMachine({ name: 'TypeScript', threads: 1 });
      const left = `Lists may be left under ${benchKeys}: the next run removes them.`;
      const rows = await withProgress(
        { quiet },
        bench.redis === undefined ? 'Nothing was measured to its end.' : left,
        (progress) => benchCache(bench, progress),
      );
      printBench({ schema: 1, bench: 'cache', machine, rows }, json);
    });

/** For commander: tracks of a list, as many as `slate.length` allows. */
function lengthFlag(text: string): number {
  const length = countFlag(text);
  if (length > 10_000) throw new InvalidArgumentError(`${text} is more than 10000.`);
  return length;
}

const withCommonFlags = (
  command: Command,
  defaults: Pick<BenchFlags, 'users' | 'tracks' | 'interactions' | 'sweeps'>,
): Command =>
  command
    .option('--users <count>', 'listeners of the generated data', countFlag, defaults.users)
    .option('--tracks <count>', 'tracks of the generated data', countFlag, defaults.tracks)
    .option('--interactions <count>', 'pairs of the two with a weight', countFlag, defaults.interactions)
    .option('--factors <count>', 'length of a factor (als.factors)', countFlag, 128)
    .option('--sweeps <count>', 'sweeps of the training (als.sweeps)', countFlag, defaults.sweeps)
    .addOption(threadsFlag())
    .option('--seed <text>', 'seed of data and start factors', '1')
    .option('--set <path=value>', 'override an option, e.g. als.alpha=2 (repeatable)', collectSetting, [])
    .option('--json', 'print as JSON', false)
    .option('--quiet', 'no progress', false)
    .hook('preAction', refuseTwice);

/** @throws DubplateError INVALID_OPTIONS where a flag and --set say the same. */
function refuseTwice(command: Command): void {
  const { set } = command.opts<BenchFlags>();
  const twice = ['factors', 'sweeps'].filter(
    (name) => command.getOptionValueSource(name) === 'cli' && isSet(set, `als.${name}`),
  );
  if (twice.length === 0) return;
  throw new DubplateError(
    'INVALID_OPTIONS',
    twice.map((name) => `--${name} and --set als.${name} are two names of one option`).join('; '),
    { hint: 'Give one of them.' },
  );
}

type Measure = (size: ProblemSize, als: AlsOptions, kernel: Kernel, progress: Progress) => Promise<BenchRow[]>;

/** Measures, and prints what was found. */
async function run(bench: string, flags: BenchFlags, measure: Measure): Promise<void> {
  const als = benchOptions(flags);
  const { users, tracks, interactions } = flags;
  const kernel = kernelFor(flags.threads);
  const machine = benchMachine(kernel);
  const size = { users, tracks, interactions, factors: als.factors };
  const rows = await withProgress(flags, 'Nothing was measured to its end.', (progress) =>
    measure(size, als, kernel, progress),
  );
  printBench({ schema: 1, bench, machine, rows }, flags.json);
}

const benchOptionsSchema = z.strictObject({ als: alsOptionsSchema.prefault({}) });

/** The options of the training; what --set says goes before the defaults of the other flags. */
function benchOptions({ factors, sweeps, set }: BenchFlags): AlsOptions {
  const own = [`als.factors=${factors}`, `als.sweeps=${sweeps}`];
  const settings = [...own, ...set];
  parseSettings(benchOptionsSchema, own, 'What --factors and --sweeps say');
  parseSettings(benchOptionsSchema, settings); // `weights` is refused: generated ones are used as they are
  return tableOptions(settings).als;
}
