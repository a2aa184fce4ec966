import { listensToSound } from '../engine/blend/trust.ts';
import { connectCache } from '../engine/cache/connect.ts';
import { Memo } from '../engine/core/memo.ts';
import type { EncoderInUse } from '../engine/refresh.ts';
import { openCrew } from '../sim/crew.ts';
import { createWorld } from '../sim/world.ts';
import { runArm } from './arm.ts';
import { boundsByArm } from './baselines.ts';
import { dayName } from './event-log.ts';
import { livePast } from './past.ts';
import { openNightScorer } from './scoring/night-thread.ts';
import type { MetricRow } from './scoring/rows.ts';
import { trueSound } from './scoring/true-sound.ts';
import type { ArmDigests, WorldResult, WorldTask } from './world-task.ts';

/** One world: its past once, then every arm as a twin that lives through the same days on its own feedback. */
export async function runWorld(task: WorldTask): Promise<WorldResult> {
  const { scenario } = task;
  const world = createWorld(scenario.world, {
    seed: task.seed,
    family: task.family,
    historyDays: scenario.history,
    days: scenario.days,
  });
  const listens = Object.values(scenario.arms).some(({ blend }) => listensToSound(blend));
  // Sound does not depend on anything that happens: it is made ready while the past is lived.
  const endPrefetch = listens ? world.prefetchWaveforms() : undefined;
  const crew = openCrew(world, task.kernel.threads);
  const scorer = openNightScorer(world, task.seed);
  const memo = new Memo(task.clock);
  const client = await connectCache(task.redisUrl);
  try {
    const fileOf = (day: number): string => task.folder.file('worlds', task.name, 'past', `${dayName(day)}.arrow`);
    const past = await livePast(world, crew, fileOf, task.progress);
    const sound = listens && scenario.bounds.includes('trueSound') ? trueSound(world) : undefined;
    const rows: MetricRow[] = [];
    const digests: Record<string, ArmDigests> = {};
    const encoders: Record<string, EncoderInUse> = {};
    const bounds = boundsByArm(scenario);
    for (const [arm, options] of Object.entries(scenario.arms)) {
      const result = await runArm({
        ...task,
        world,
        crew,
        past,
        scorer,
        memo,
        client,
        arm,
        options,
        bounds: bounds.get(arm) ?? [],
        trueSound: sound,
      });
      for (const row of result.rows) rows.push(row);
      digests[arm] = result.digests;
      if (result.encoder) encoders[arm] = result.encoder;
    }
    return { rows, digests, encoders };
  } finally {
    await endPrefetch?.();
    await crew.close();
    await scorer.close();
    await memo.close();
    await client.close();
  }
}
