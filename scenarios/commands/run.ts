import { Command, Option } from 'commander';
import { loadEncoder } from '../../engine/audio/encoder.ts';
import { checkCacheUrl } from '../../engine/cache/connect.ts';
import { DubplateError } from '../../engine/core/errors.ts';
import { figuresOf } from '../../reports/figures.ts';
import { readRun } from '../../reports/read-run.ts';
import { textTable } from '../../reports/table.ts';
import { calibrationOf, warningsOn } from '../calibrated-world.ts';
import { commandLine } from '../command-line.ts';
import { estimate } from '../estimate.ts';
import { runExperiment } from '../experiment.ts';
import { kernelFor } from '../kernel.ts';
import { thisMachine } from '../machine.ts';
import { secondsFlag, threadsFlag } from '../number-flags.ts';
import { withProgress } from '../progress-bar.ts';
import { findScenario } from '../registry.ts';
import { checkOutputFolder, checkRunsFolder, makeRunFolder, openRunFolder, readManifest } from '../run-folder.ts';
import { lockRun } from '../run-lock.ts';
import { addScenarioFlags, applyScenarioFlags, type ScenarioFlags } from '../scenario-flags.ts';
import { familiesOf, type Scenario } from '../schema.ts';

interface RunFlags extends ScenarioFlags {
  readonly out?: string;
  readonly resume: boolean;
  readonly redis?: string;
  readonly redisPatience: number;
  readonly encoder?: string;
  readonly threads?: number;
  readonly json: boolean;
  readonly quiet: boolean;
}

/** `dubplate run <scenario>`: the main job. */
export const runCommand = (): Command =>
  addScenarioFlags(
    new Command('run').description('run a scenario: live its days against the real engine, score, report'),
  )
    .argument('<scenario>', 'name (see `dubplate list`) or path of a .ts file that exports one')
    .option('--out <dir>', 'folder for the results; an older run in it is replaced (default: runs/<scenario>-<n>)')
    .option(
      '--resume',
      'go on with an interrupted run in --out, at the day that it was in (in hearing: at the epoch); what was finished is kept',
      false,
    )
    .option(
      '--redis <url>',
      'cache lists in a real Redis or Valkey (redis:// or rediss://) instead of the embedded one',
    )
    .addOption(
      new Option(
        '--redis-patience <seconds>',
        'how long to wait for a Redis that is lost before the run stops; it then goes on where it was, with the same results',
      )
        .argParser(secondsFlag)
        .default(60),
    )
    .option('--encoder <file>', 'use this trained encoder.onnx instead of training one')
    .addOption(threadsFlag())
    .option('--json', 'print the summary as JSON', false)
    .option('--quiet', 'no progress on stderr', false)
    .addHelpText(
      'after',
      `
Examples:
  dubplate run micro
  dubplate run cold-start --listeners 500 --redis redis://127.0.0.1:6379
  dubplate run cold-start --redis rediss://ann:secret@cache.example:6380/2 --redis-patience 300 --swap full`,
    )
    .action(async (name: string, flags: RunFlags) => {
      const scenario = applyScenarioFlags(await findScenario(name), flags, `scenario ${name}`);
      if (flags.resume && (flags.out === undefined || readManifest(flags.out) === undefined))
        throw resumeWhat(flags.out);
      for (const warning of flags.world ? warningsOn(flags.world, familiesOf(scenario)) : []) {
        process.stderr.write(`warning: ${warning}\n`);
      }
      if (scenario.hearing && flags.redis !== undefined) throw noCache(scenario);
      checkMemory(scenario);
      await checkCacheUrl(flags.redis);
      if (flags.out === undefined) checkRunsFolder();
      else checkOutputFolder(flags.out, 'run');
      // Opened before anything is written: a wrong file must not cost an older run.
      const encoder = flags.encoder === undefined ? undefined : await loadEncoder(flags.encoder);
      let unlock: (() => void) | undefined;
      try {
        const out = flags.out ?? makeRunFolder(scenario.name);
        unlock = lockRun(out);
        const folder = openRunFolder(out, { resume: flags.resume });
        const kernel = kernelFor(flags.threads);
        const goOn = `go on with --out ${out} --resume`;
        const left = `Every file in ${out} is whole; ${goOn}.`;
        const result = await withProgress(flags, left, (progress) =>
          runExperiment(scenario, {
            folder,
            resume: flags.resume,
            redisUrl: flags.redis,
            redisPatienceMs: 1000 * flags.redisPatience,
            tell: (message) => void process.stderr.write(`${process.stderr.isTTY ? '\n' : ''}${message}\n`),
            encoder,
            kernel,
            calibration: flags.world && calibrationOf(flags.world, scenario.world),
            command: commandLine(process.argv.slice(2).filter((word) => word !== '--resume')),
            progress,
          }),
        ).catch((error: unknown) => {
          if (!(error instanceof DubplateError)) throw error;
          if (error.code === 'DISK_FULL') throw stopped(error, `Make room there, and ${goOn}.`);
          const isOfCache = error.code === 'CACHE_UNREACHABLE' || error.code === 'CACHE_INCOMPLETE';
          throw isOfCache ? stopped(error, `${error.hint} Then ${goOn}.`) : error;
        });
        if (flags.json) {
          process.stdout.write(
            `${JSON.stringify({ schema: 1, run: out, report: result.report, summary: result.summary, expectations: result.outcomes })}\n`,
          );
        } else {
          process.stdout.write(textTable(figuresOf(readRun(out))));
          for (const { what, family, found, atLeast, isMet } of result.outcomes) {
            process.stdout.write(
              `${isMet ? 'met' : 'NOT MET'}: ${what} (${family}): ${found?.toFixed(4) ?? 'no figure'}, expected at least ${atLeast}\n`,
            );
          }
          process.stdout.write(`\nReport: ${result.report}\n`);
        }
        if (result.outcomes.some((outcome) => !outcome.isMet)) process.exitCode = 1;
      } finally {
        unlock?.();
        await encoder?.close();
      }
    });

const stopped = ({ code, message, details }: DubplateError, hint: string): DubplateError =>
  new DubplateError(code, `${message}. The run has stopped; every whole day is kept`, { hint, details });

const resumeWhat = (out: string | undefined): DubplateError =>
  new DubplateError(
    'INVALID_OPTIONS',
    out === undefined ? '--resume needs --out: which run is to go on?' : `There is no run to resume in ${out}`,
    {
      hint: 'Give the folder of the interrupted run with --out.',
    },
  );

const noCache = ({ name }: Scenario): DubplateError =>
  new DubplateError('INVALID_OPTIONS', `--redis has no effect on ${name}, which makes no lists`, {
    hint: 'Leave it away.',
  });

/** Refuses what this machine cannot hold, before an hour is spent on finding out. */
function checkMemory(scenario: Scenario): void {
  const { bytes } = estimate(scenario);
  const { memoryBytes } = thisMachine();
  if (bytes <= memoryBytes) return;
  const inGigabytes = (amount: number): string => `${(amount / 1e9).toPrecision(2)} GB`;
  throw new DubplateError(
    'INVALID_OPTIONS',
    `The run would take about ${inGigabytes(bytes)} of memory; this machine has ${inGigabytes(memoryBytes)}`,
    { hint: 'Shrink it with --listeners, --tracks or --days; `dubplate explain` shows the estimate.' },
  );
}
