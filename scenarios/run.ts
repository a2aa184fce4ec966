import { rmSync } from 'node:fs';
import { listensToSound } from '../engine/blend/trust.ts';
import { connectCache } from '../engine/cache/connect.ts';
import { Memo } from '../engine/core/memo.ts';
import type { EncoderInUse } from '../engine/refresh.ts';
import { openCrew } from '../sim/crew.ts';
import { createWorld } from '../sim/world.ts';
import { type ArmResult, runArm } from './arm.ts';
import { boundsByArm } from './baselines.ts';
import { dayName } from './event-log.ts';
import { livePast, type Past } from './past.ts';
import { readFinished, writeFinished } from './run-folder.ts';
import { openNightScorer } from './scoring/night-thread.ts';
import type { MetricRow } from './scoring/rows.ts';
import { trueSound } from './scoring/true-sound.ts';
import type { ArmDigests, WorldResult, WorldTask } from './world-task.ts';

/**
 * One world: its past once, then every arm as a twin that lives through the same days on its own feedback. Arms that were
 * finished before the run was interrupted are not run again.
 */
export async function runWorld(task: WorldTask): Promise<WorldResult> {
  const { scenario, folder, config } = task;
  // What is kept until the world is finished.
  const fileOf = (name: string): string => folder.file('worlds', task.name, name);
  const finishedName = (arm: string): string => `worlds/${task.name}/${arm}.json`;
  const results = new Map<string, ArmResult | undefined>(
    Object.keys(scenario.arms).map((arm) => [arm, readFinished<ArmResult>(folder, finishedName(arm), config)]),
  );
  const world = createWorld(task.worldOptions, {
    seed: task.seed,
    family: task.family,
    historyDays: scenario.history,
    days: scenario.days,
  });
  const listens = Object.entries(scenario.arms).some(([arm, { blend }]) => !results.get(arm) && listensToSound(blend));
  // Sound does not depend on anything that happens: it is made ready while the past is lived.
  const endPrefetch = listens ? world.prefetchWaveforms() : undefined;
  const crew = openCrew(world, task.kernel.threads);
  const scorer = openNightScorer(world, task.seed);
  const memo = new Memo(task.clock);
  const client = await connectCache(task.redisUrl, { patienceMs: task.redisPatienceMs, tell: task.tell });
  try {
    const pastFile = (day: number): string => fileOf(`past/${dayName(day)}.arrow`);
    let past: Promise<Past> | undefined;
    const sound = listens && scenario.bounds.includes('trueSound') ? trueSound(world) : undefined;
    const bounds = boundsByArm(scenario);
    for (const [arm, options] of Object.entries(scenario.arms)) {
      if (results.get(arm)) continue;
      const checkpointFile = fileOf(`${arm}.checkpoint`);
      const result = await runArm({
        ...task,
        world,
        crew,
        checkpointFile,
        past: () => (past ??= livePast(world, crew, pastFile, task.progress)),
        scorer,
        memo,
        client,
        arm,
        options,
        bounds: bounds.get(arm) ?? [],
        trueSound: sound,
      });
      writeFinished(folder, finishedName(arm), config, result);
      rmSync(checkpointFile, { force: true });
      results.set(arm, result);
    }
  } finally {
    await endPrefetch?.();
    await crew.close();
    await scorer.close();
    await memo.close();
    await client.close();
  }
  const rows: MetricRow[] = [];
  const digests: Record<string, ArmDigests> = {};
  const dayDigests: Record<string, readonly string[]> = {};
  const encoders: Record<string, EncoderInUse> = {};
  for (const [arm, result] of results) {
    if (!result) throw new Error(`arm ${arm} was not run`);
    for (const row of result.rows) rows.push(row);
    digests[arm] = result.digests;
    dayDigests[arm] = result.dayDigests;
    if (result.encoder) encoders[arm] = result.encoder;
  }
  return { rows, digests, dayDigests, encoders };
}
