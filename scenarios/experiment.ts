import { rmSync } from 'node:fs';
import { resolve } from 'node:path';
import type { Kernel } from '../engine/als/kernel.ts';
import type { Encoder } from '../engine/audio/encoder.ts';
import { describeCache } from '../engine/cache/connect.ts';
import { digestOf } from '../engine/core/digest.ts';
import { DubplateError } from '../engine/core/errors.ts';
import { writeFileAtomic } from '../engine/core/files.ts';
import type { Progress } from '../engine/core/progress.ts';
import { writeReport } from '../reports/write-report.ts';
import { createWorld } from '../sim/world.ts';
import { type RunWorld, sizeCaches } from './cache-sizing/size-caches.ts';
import { type Calibration, noteOnHabits } from './calibrated-world.ts';
import { dayName } from './event-log.ts';
import { checkExpectations, type Outcome } from './expectations.ts';
import { hearWorld } from './hearing/hear-world.ts';
import { thisMachine } from './machine.ts';
import { runWorld } from './run.ts';
import {
  manifestName,
  metricsName,
  type RunFolder,
  readFinished,
  readManifest,
  sizingName,
  writeFinished,
} from './run-folder.ts';
import type { Scenario } from './schema.ts';
import { digestOfMetrics } from './scoring/cost-figures.ts';
import { type MetricRow, type SummaryRow, summarise } from './scoring/rows.ts';
import { version } from './version.ts';
import type { WorldResult } from './world-task.ts';
import { worldsOf } from './worlds.ts';

export interface ExperimentOptions {
  readonly folder: RunFolder;
  readonly resume: boolean;
  readonly redisUrl: string | undefined;
  /** How long a cache server that is lost is waited for; default: not at all. */
  readonly redisPatienceMs?: number | undefined;
  /** Told at once that the cache was lost, and that it is back. The manifest keeps it under `faults`. */
  readonly tell?: ((message: string) => void) | undefined;
  /** A trained encoder to use instead of training one; whoever opened it closes it. */
  readonly encoder: Encoder | undefined;
  readonly kernel: Kernel;
  /** What the world's habits were calibrated to. */
  readonly calibration?: Calibration | undefined;
  /** The command line, for whoever wants to repeat the run. */
  readonly command: string;
  readonly progress: Progress;
}

export interface ExperimentResult {
  readonly summary: readonly SummaryRow[];
  readonly outcomes: readonly Outcome[];
  readonly report: string;
}

/** Kernels of the same arithmetic give the same bits. */
const arithmeticOf = ({ name }: Kernel): string => (name === 'avx512' || name === 'avx2' ? 'fused, 16 lanes' : name);

/** Runs every world of a scenario and writes the result files that the README names. What is finished survives a crash. */
export async function runExperiment(scenario: Scenario, options: ExperimentOptions): Promise<ExperimentResult> {
  const { folder } = options;
  const startedAt = new Date();
  // The same configuration, encoder, arithmetic and folder give the same run: resuming finds its worlds, and its keys in the cache.
  const config = digestOf(
    JSON.stringify(scenario),
    version,
    options.encoder?.bytes ?? 'trained here',
    arithmeticOf(options.kernel),
  );
  const runId = digestOf(resolve(folder.path), config).slice(0, 6);
  if (options.resume) checkSameRun(folder, config);
  const manifest = {
    schema: 1,
    name: 'dubplate',
    version,
    status: 'running',
    config,
    scenario,
    seed: scenario.seed,
    arms: Object.keys(scenario.arms),
    bounds: scenario.bounds,
    worlds: worldsOf(scenario).map(({ name }) => name),
    startedAt: startedAt.toISOString(),
    machine: thisMachine(),
    kernel: options.kernel.name,
    threads: options.kernel.threads,
    encoderThreads: 2,
    command: options.command,
    provenance: scenario.hearing
      ? { trainSeconds: 'measured' }
      : {
          'seconds.*': 'measured',
          'flops.*': 'derived',
          refreshSeconds: 'measured',
          cacheHitRate: 'measured',
          staleHitRate: 'measured',
          cacheBytesPerListener: 'derived',
        },
    cache: describeCache(options.redisUrl),
    ...(options.calibration && { calibration: options.calibration }),
    notes: scenario.hearing ? [] : [noteOnHabits(options.calibration)],
  };
  folder.writeJson(manifestName, manifest);

  const rows: MetricRow[] = [];
  const digests: Record<string, unknown> = {};
  const dayDigests: Record<string, readonly string[]> = {};
  const encoders: Record<string, unknown> = {};
  const faults: { readonly at: string; readonly message: string }[] = [];
  const tell = (message: string): void => {
    faults.push({ at: new Date().toISOString(), message });
    options.tell?.(message);
  };
  for (const world of worldsOf(scenario)) {
    const finished = `worlds/${world.name}.json`;
    const result =
      readFinished<WorldResult>(folder, finished, config) ??
      (await (scenario.hearing ? hearWorld : runWorld)({
        scenario,
        name: world.name,
        family: world.family,
        slice: world.slice,
        seed: world.seed,
        worldOptions: world.options,
        ...options,
        tell,
        config,
        runId,
        clock: () => performance.now(),
      }));
    writeFinished(folder, finished, config, result);
    rmSync(folder.file('worlds', world.name), { recursive: true, force: true });
    for (const row of result.rows) rows.push(row);
    for (const [arm, digest] of Object.entries(result.digests)) digests[`${arm}/${world.name}`] = digest;
    for (const [arm, days] of Object.entries(result.dayDigests ?? {})) dayDigests[`${arm}/${world.name}`] = days;
    for (const [arm, encoder] of Object.entries(result.encoders ?? {})) encoders[`${arm}/${world.name}`] = encoder;
  }
  const summary = summarise(rows);
  const outcomes = checkExpectations(scenario, summary);
  const sizing =
    scenario.sizing && sizeCaches({ ...scenario, sizing: scenario.sizing }, worldsRun(scenario, folder), rows);
  if (sizing) folder.writeJson(sizingName, sizing);
  folder.writeJson(metricsName, { schema: 1, rows, summary });
  folder.writeJson(manifestName, {
    ...manifest,
    status: 'complete',
    seconds: (Date.now() - startedAt.getTime()) / 1000,
    expectations: outcomes,
    ...(faults.length > 0 && { faults }),
    encoders,
    digests: {
      ...digests,
      metrics: digestOfMetrics(rows),
      ...(sizing && { sizing: digestOf(JSON.stringify(sizing)) }),
    },
    ...(Object.keys(dayDigests).length > 0 && { dayDigests }),
  });
  return { summary, outcomes, report: writeReport(folder.path, writeFileAtomic).html };
}

/** The worlds again, one after the other, with the logs that their arm has left. */
function* worldsRun(scenario: Scenario, folder: RunFolder): Generator<RunWorld> {
  const { history, days, arms } = scenario;
  const arm = Object.keys(arms)[0] ?? '';
  for (const { name, seed, family, options } of worldsOf(scenario)) {
    yield {
      name,
      seed,
      world: createWorld(options, { seed, family, historyDays: history, days }),
      fileOf: (day) => folder.file(arm, name, 'events', `${dayName(day)}.arrow`),
    };
  }
}

function checkSameRun(folder: RunFolder, config: string): void {
  const found = readManifest(folder.path);
  if (found === undefined || found.config === config) return;
  throw new DubplateError('INVALID_OPTIONS', `${folder.path} holds a run of another configuration or version`, {
    hint: 'Give the same scenario, flags and seed as the run to resume, or leave --resume away to replace it.',
  });
}
