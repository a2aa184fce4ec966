import { setImmediate } from 'node:timers/promises';
import { type Encoder, loadEncoder } from '../engine/audio/encoder.ts';
import { type CacheClient, connectCache } from '../engine/cache/connect.ts';
import { createSlateStore } from '../engine/cache/slate-store.ts';
import { DubplateError } from '../engine/core/errors.ts';
import type { EventColumns } from '../engine/core/events.ts';
import { Memo } from '../engine/core/memo.ts';
import type { Progress } from '../engine/core/progress.ts';
import { createStreams } from '../engine/core/random.ts';
import { startOfDay } from '../engine/core/time.ts';
import { createEngine, type Engine } from '../engine/index.ts';
import { type Crowd, createCrowd } from '../sim/crowd.ts';
import { simulateDay } from '../sim/day.ts';
import { writeEvents, writeListeners, writeTracks, writeTruth } from '../sim/log.ts';
import { shadowDay } from '../sim/shadow.ts';
import { createWorld, type World } from '../sim/world.ts';
import { rankBound } from './baselines.ts';
import { dayName, EventLog } from './event-log.ts';
import { OpenCatalogue } from './open-catalogue.ts';
import type { RunFolder } from './run-folder.ts';
import type { Scenario } from './schema.ts';
import { costFigures } from './scoring/cost-figures.ts';
import {
  rankByTruth,
  relevantInShadow,
  scoreAgainstShadow,
  scoreAgainstTruth,
  scoreExposure,
  scoreListening,
} from './scoring/ranking-figures.ts';
import { scoreReach } from './scoring/reach.ts';
import type { Figure, MetricRow } from './scoring/rows.ts';
import { choosePanel, segmentsAt } from './scoring/segments.ts';

/** Digests of what one arm made in one world: SHA-256 over canonical bytes, times excluded. */
export interface ArmDigests {
  readonly events: string;
  readonly model: string;
  readonly slates: string;
}

/** What a finished world gives to the run. */
export interface WorldResult {
  readonly rows: readonly MetricRow[];
  /** By arm. */
  readonly digests: Readonly<Record<string, ArmDigests>>;
}

export interface WorldTask {
  readonly scenario: Scenario;
  readonly name: string;
  readonly family: World['family'];
  readonly seed: string;
  readonly folder: RunFolder;
  /** Keeps the keys of runs apart that share a cache server. */
  readonly runId: string;
  readonly redisUrl: string | undefined;
  /** A trained encoder to use instead of training one. */
  readonly encoderFile: string | undefined;
  /** Wall clock in milliseconds, for costs only. */
  readonly clock: () => number;
  readonly progress: Progress;
}

/** One world: its past once, then every arm as a twin that lives through the same days on its own feedback. */
export async function runWorld(task: WorldTask): Promise<WorldResult> {
  const { scenario, progress } = task;
  const world = createWorld(scenario.world, {
    seed: task.seed,
    family: task.family,
    historyDays: scenario.history,
    days: scenario.days,
  });
  const past = livePast(world, progress);
  const memo = new Memo();
  const encoder = task.encoderFile === undefined ? undefined : await loadEncoder(task.encoderFile);
  const client = await connectCache(task.redisUrl);
  try {
    const rows: MetricRow[] = [];
    const digests: Record<string, ArmDigests> = {};
    for (const [index, arm] of Object.keys(scenario.arms).entries()) {
      const result = await runArm({ ...task, world, past, memo, client, encoder, arm, scoresBounds: index === 0 });
      rows.push(...result.rows);
      digests[arm] = result.digests;
    }
    return { rows, digests };
  } finally {
    await encoder?.close();
    await client.close();
  }
}

interface Past {
  readonly crowd: Crowd;
  readonly days: readonly { readonly day: number; readonly events: EventColumns }[];
}

/** The organic days before day 0, identical in all arms. */
function livePast(world: World, progress: Progress): Past {
  const crowd = createCrowd(world);
  const days: { day: number; events: EventColumns }[] = [];
  for (let day = -world.historyDays; day < 0; day++) {
    progress('living the past, days', world.historyDays + day, world.historyDays);
    const { value } = simulateDay(world, crowd, day, 'organic').next();
    if (!value || 'listeners' in value) throw new Error('an organic day asked for slates');
    days.push({ day, events: value });
  }
  return { crowd, days };
}

interface ArmTask extends WorldTask {
  readonly world: World;
  readonly past: Past;
  readonly memo: Memo;
  readonly client: CacheClient;
  readonly encoder: Encoder | undefined;
  readonly arm: string;
  readonly scoresBounds: boolean;
}

/** One arm of one world: every night a refresh, then the scores, then the day that the crowd lives with its slates. */
async function runArm(task: ArmTask): Promise<{ rows: MetricRow[]; digests: ArmDigests }> {
  const { world, scenario, folder, arm } = task;
  const options = scenario.arms[arm];
  if (!options) throw new Error(`no arm ${arm}`);
  const crowd = task.past.crowd.clone();
  const catalogue = new OpenCatalogue(world.catalogue);
  const store = createSlateStore(task.client, { namespace: `${task.runId}/${task.name}/${arm}` });
  await store.clear();
  const engine = createEngine(options, {
    catalogue,
    store,
    // The engine's own randomness is keyed by the world alone: arms that do the same draw the same.
    streams: createStreams(`${task.seed}/engine`),
    memo: task.memo,
    encoder: task.encoder,
    clock: task.clock,
    progress: (label, done, total) => task.progress(`${task.name} ${arm}: ${label}`, done, total),
  });
  const scoring = createStreams(`${task.seed}/scoring`);
  const at = (...parts: readonly string[]): string => folder.file(arm, task.name, ...parts);
  const log = new EventLog(world.catalogue.tracks.length, (name) => at('events', name));
  for (const { day, events } of task.past.days) {
    log.append(day, [events]);
    catalogue.admitFrom(events);
    engine.observe(events);
  }

  const rows: MetricRow[] = [];
  const record = (name: string, day: number | null, figures: readonly Figure[]): void => {
    const isWarmup = day !== null && day < scenario.warmup;
    if (!isWarmup)
      for (const figure of figures) rows.push({ arm: name, world: task.name, family: task.family, day, ...figure });
  };
  for (let day = 0; day < scenario.days; day++) {
    task.progress(`${task.name} ${arm}: days`, day, scenario.days);
    await setImmediate(); // lets Ctrl-C in
    const refreshAt = startOfDay(day);
    catalogue.admit(world.listenerCountAt(refreshAt), world.trackCountAt(refreshAt));
    const refreshed = await engine.refresh(refreshAt);

    const segmentation = segmentsAt(refreshAt, catalogue, catalogue.listeners.length, catalogue.tracks.length);
    const panel = choosePanel(segmentation, scoring);
    const hasHeard = (listener: number, track: number): boolean => crowd.hasHeard(listener, track);
    const oracle = rankByTruth(world.truth, panel, segmentation.trackCount, hasHeard);
    const shadow = shadowDay(world, crowd, day, panel.listeners);
    const relevant = relevantInShadow(shadow, panel, hasHeard);
    writeEvents(at('truth', 'shadow', `${dayName(day)}.arrow`), shadow);
    const scoreRankings = (rankings: readonly Uint32Array[]): Figure[] => [
      ...scoreAgainstTruth(rankings, oracle, panel, segmentation),
      ...scoreAgainstShadow(rankings, relevant, panel, segmentation),
      ...scoreExposure(rankings, panel, segmentation),
    ];
    record(arm, day, scoreRankings(await engine.peek(panel.listeners, refreshAt)));
    if (task.scoresBounds) {
      const state = { day, panel, trackCount: segmentation.trackCount, oracle, plays: log.plays, hasHeard };
      for (const bound of scenario.bounds) {
        record(bound, day, scoreRankings(rankBound(bound, state, scoring, options.slate.length)));
      }
    }

    const before = store.counters();
    const events = log.append(day, await liveDay(world, crowd, day, engine, catalogue));
    record(arm, day, scoreListening(events, world.truth, segmentation));
    record(arm, day, costFigures(refreshed, before, store.counters()));
  }
  const until = startOfDay(scenario.days);
  record(arm, null, scoreReach(log.lived, world.catalogue, startOfDay(0), until));

  crowd.audit();
  await store.audit();
  engine.audit();
  checkNoLeak(rows, arm, world.trackCountAt(startOfDay(0)));
  engine.saveModel(at('model'));
  writeListeners(at('listeners.arrow'), world);
  writeTracks(at('tracks.arrow'), world);
  writeTruth(world, at('truth'));
  await store.clear();
  return { rows, digests: { events: log.digest(), ...engine.digests() } };
}

/** A day of the crowd against the served slates: the shell between the synchronous world and the asynchronous cache. */
async function liveDay(
  world: World,
  crowd: Crowd,
  day: number,
  engine: Engine,
  catalogue: OpenCatalogue,
): Promise<EventColumns[]> {
  const living = simulateDay(world, crowd, day, 'served');
  const lived: EventColumns[] = [];
  const observe = (events: EventColumns): void => {
    lived.push(events);
    catalogue.admitFrom(events);
    engine.observe(events);
  };
  let step = living.next([]);
  while (!step.done) {
    observe(step.value.events);
    step = living.next(await engine.serve(step.value.listeners, step.value.times));
  }
  observe(step.value);
  return lived;
}

/**
 * A score above what the truth allows, or an arm as good as the truth, means that the truth has leaked. Cut-offs that take
 * in half the catalogue are left out: there, everybody finds nearly everything.
 */
function checkNoLeak(rows: readonly MetricRow[], arm: string, trackCount: number): void {
  for (const row of rows) {
    const k = Number(/^oracleRecall@(\d+)$/.exec(row.metric)?.[1] ?? Number.NaN);
    const isEqualToOracle = row.arm === arm && row.segment === 'all' && row.value === 1 && k < trackCount / 2;
    if (Number.isNaN(k) || (row.value <= 1 && !isEqualToOracle)) continue;
    throw new DubplateError(
      'AUDIT_FAILED',
      `${row.metric} of ${row.arm} is ${row.value} on day ${row.day}: truth has leaked into the engine`,
      {
        hint: 'The run is invalid. Look for a path by which hidden taste reaches the engine or the scoring.',
        details: { row },
      },
    );
  }
}
