import { packings } from '../engine/cache/codec/packings.ts';
import type { CacheClient } from '../engine/cache/connect.ts';
import { createSlateStore, type SlateStore } from '../engine/cache/slate-store.ts';
import { digestOf } from '../engine/core/digest.ts';
import { linkFile } from '../engine/core/files.ts';
import { firstRows, type Matrix } from '../engine/core/matrix.ts';
import type { Memo } from '../engine/core/memo.ts';
import { createStreams } from '../engine/core/random.ts';
import { startOfDay } from '../engine/core/time.ts';
import { createEngine, type Engine, type EngineParts } from '../engine/index.ts';
import type { EngineOptions } from '../engine/options.ts';
import type { EncoderInUse, RefreshReport } from '../engine/refresh.ts';
import type { Crew } from '../sim/crew.ts';
import { type Crowd, crowdOf } from '../sim/crowd.ts';
import { writeListeners, writeTracks, writeTruth } from '../sim/log.ts';
import type { World } from '../sim/world.ts';
import { type Checkpoint, type JudgedNight, readCheckpoint, type SlateCount, writeCheckpoint } from './checkpoint.ts';
import { dayName, EventLog } from './event-log.ts';
import { OpenCatalogue } from './open-catalogue.ts';
import { packSlates } from './pack-slates.ts';
import { letSignalsIn, type Past } from './past.ts';
import type { RankingBound } from './schema.ts';
import { costFigures } from './scoring/cost-figures.ts';
import { checkNoLeak } from './scoring/leak.ts';
import { panelAt, smallerPanelAt } from './scoring/night.ts';
import type { NightScorer } from './scoring/night-thread.ts';
import { ListeningScore } from './scoring/ranking-figures.ts';
import { scoreReach } from './scoring/reach.ts';
import type { Figure, MetricRow } from './scoring/rows.ts';
import { type Segmentation, segmentsAt } from './scoring/segments.ts';
import type { ArmDigests, WorldTask } from './world-task.ts';

/** What one arm lives with. */
export interface ArmTask extends WorldTask {
  readonly world: World;
  readonly crew: Crew;
  readonly checkpointFile: string;
  /** Lives the past, unless it has been lived: an arm that goes on from a checkpoint does not need it. */
  past(): Promise<Past>;
  readonly scorer: NightScorer;
  readonly memo: Memo;
  readonly client: CacheClient;
  readonly arm: string;
  readonly options: EngineOptions;
  readonly bounds: readonly RankingBound[];
  /** The true acoustic embedding of every track, for the bound of that name. */
  readonly trueSound: Matrix | undefined;
}

/** One arm in the middle of its life. */
interface LivingArm extends ArmTask {
  readonly crowd: Crowd;
  /** What the engine may see by now. */
  readonly catalogue: OpenCatalogue;
  readonly store: SlateStore;
  readonly engine: Engine;
  readonly log: EventLog;
  readonly count: SlateCount;
  readonly rows: MetricRow[];
  /** Path of a file of this arm and world. */
  at(...parts: readonly string[]): string;
  record(name: string, day: number | null, figures: readonly Figure[]): void;
}

/** What a finished arm gives to its world. */
export interface ArmResult {
  readonly rows: readonly MetricRow[];
  readonly digests: ArmDigests;
  /** What it heard with in the last night. */
  readonly encoder?: EncoderInUse | undefined;
}

/**
 * One arm of one world: every night a refresh, then the scores, then the day that the crowd lives with its slates. As each day
 * begins a checkpoint is kept: an arm that was interrupted goes on with the day that it was in.
 */
export async function runArm(task: ArmTask): Promise<ArmResult> {
  const { world, scenario } = task;
  const { codec, swap, ttlHours } = task.options.slate;
  const store = createSlateStore(task.client, {
    namespace: `${task.runId}/${task.name}/${task.arm}`,
    packing: packings[codec],
    swap,
    ttl: ttlHours === undefined ? undefined : { hours: ttlHours, isSent: false },
  });
  await store.clear(); // what an interrupted run may have left, of a later night than the one to begin with
  const key = digestOf(task.config, task.name, task.arm);
  const { arm, firstDay, lastNight } = await beginLife(task, store, key);
  let encoder: EncoderInUse | undefined;
  // Scores may take until the next night: nothing depends on them.
  let last = lastNight && scoreNight(arm, lastNight);
  try {
    for (let day = firstDay; day < scenario.days; day++) {
      task.progress(`${task.name} ${task.arm}: days`, day, scenario.days);
      await letSignalsIn();
      writeCheckpoint(task.checkpointFile, key, checkpointOf(arm, day, last?.night));
      const refreshAt = startOfDay(day);
      arm.catalogue.admit(world.listenerCountAt(refreshAt), world.trackCountAt(refreshAt));
      const refreshed = await arm.engine.refresh(refreshAt);
      encoder = refreshed.encoder;
      const segmentation = segmentsAt(refreshAt, arm.catalogue);
      const night = await nightOf(arm, day, refreshed, segmentation);
      await last?.record();
      last = scoreNight(arm, night);
      const before = store.counters();
      const listening = new ListeningScore(world.truth.on(day), segmentation);
      await liveDay(arm, day, listening);
      const after = store.counters();
      arm.count.listsRead += after.reads - before.reads;
      arm.record(task.arm, day, listening.figures());
      arm.record(task.arm, day, costFigures(refreshed, before, after));
    }
    await last?.record();
    const lived = arm.log.read(0, scenario.days);
    arm.record(task.arm, null, scoreReach(lived, world.catalogue, startOfDay(0), startOfDay(scenario.days)));
    await audit(arm);
    arm.engine.saveModel(arm.at('model'));
    writeListeners(arm.at('listeners.arrow'), world);
    writeTracks(arm.at('tracks.arrow'), world);
    writeTruth(world, arm.at('truth'));
    await store.clear();
    return { rows: arm.rows, digests: { events: arm.log.digest(), ...arm.engine.digests() }, encoder };
  } catch (error) {
    await store.clear().catch(nothing); // what went wrong first is what has to be said
    throw error;
  } finally {
    await last?.end();
  }
}

/** A night whose scores are being worked out. */
function scoreNight(arm: LivingArm, night: JudgedNight) {
  const shadowFile = arm.at('truth', 'shadow', `${dayName(night.day)}.arrow`);
  const scores = arm.scorer.score({ ...night, shadowFile });
  const over = scores.then(nothing, nothing); // a failure is looked at when the scores are recorded
  return {
    night,
    /** The bounds are scored beside the arm. */
    async record(): Promise<void> {
      const { arm: own, bounds } = await scores;
      arm.record(arm.arm, night.day, own);
      for (const { bound, figures } of bounds) arm.record(bound, night.day, figures);
    },
    /** Waits, whatever comes of it, so that no file is left half written. */
    end: () => over,
  };
}

const nothing = (): void => {};

const checkpointOf = (
  { crowd, engine, log, rows, count }: LivingArm,
  day: number,
  lastNight: JudgedNight | undefined,
): Checkpoint => ({
  day,
  crowd: crowd.state,
  engine: engine.state(),
  digests: log.digests,
  rows,
  lastNight,
  count,
});

/** The arm as it stood when its checkpoint was kept; else as day 0 begins: the past lived, logged and observed. */
async function beginLife(
  task: ArmTask,
  store: SlateStore,
  key: string,
): Promise<{ arm: LivingArm; firstDay: number; lastNight: JudgedNight | undefined }> {
  const { world } = task;
  const kept = readCheckpoint(task.checkpointFile, key);
  const firstDay = kept?.day ?? 0;
  const from: Pick<Past, 'crowd'> & Partial<Past> = kept ? { crowd: crowdOf(kept.crowd) } : await task.past();
  const at = (...parts: readonly string[]): string => task.folder.file(task.arm, task.name, ...parts);
  const catalogue = new OpenCatalogue(world.catalogue);
  const parts: EngineParts = {
    catalogue,
    store,
    // The engine's own randomness is keyed by the world alone: arms that do the same draw the same.
    streams: createStreams(`${task.seed}/engine`),
    memo: task.memo,
    encoder: task.encoder,
    kernel: task.kernel,
    clock: task.clock,
    progress: (label, done, total) => task.progress(`${task.name} ${task.arm}: ${label}`, done, total),
  };
  const engine = createEngine(task.options, parts, kept?.engine);
  const { listeners, tracks } = world.catalogue;
  const sizes = { listeners: listeners.length, tracks: tracks.length };
  const log = new EventLog(sizes, (name) => at('events', name));
  const days = world.historyDays + firstDay;
  for (let i = 0; i < days; i++) {
    task.progress(`${task.name} ${task.arm}: reading the log, days`, i, days);
    await letSignalsIn();
    const day = i - world.historyDays;
    if (from.fileOf) linkFile(from.fileOf(day), log.fileOf(day));
    const events = log.takeIn(day, kept?.digests[i]);
    catalogue.admitFrom(events);
    engine.observe(events);
  }
  const rows = [...(kept?.rows ?? [])];
  const arm: LivingArm = {
    ...task,
    crowd: from.crowd.clone(),
    catalogue,
    store,
    engine,
    log,
    count: { ...(kept?.count ?? { slatesServed: 0, listsRead: 0 }) },
    rows,
    at,
    record(name, day, figures) {
      checkNoLeak(figures, { name, isArm: name === task.arm, day, trackCount: catalogue.tracks.length });
      if (day !== null && day < task.scenario.warmup) return;
      for (const figure of figures) rows.push({ arm: name, world: task.name, family: task.family, day, ...figure });
    },
  };
  return { arm, firstDay, lastNight: kept?.lastNight };
}

/** What the scores of this night depend on, before the day is lived; beside it the bounds are scored. */
async function nightOf(
  arm: LivingArm,
  day: number,
  refreshed: RefreshReport,
  segmentation: Segmentation,
): Promise<JudgedNight> {
  const { crowd, scenario, log, seed, trueSound } = arm;
  const { listenerCount, trackCount } = segmentation;
  const { listeners } = panelAt(segmentation, seed);
  // Nobody looks at the bounds of days that are not measured.
  const bounds = day < scenario.warmup ? [] : arm.bounds;
  const smallerPanel = bounds.includes('trueSound') ? smallerPanelAt(segmentation, seed) : undefined;
  return {
    day,
    listenerCount,
    trackCount,
    crowd: crowd.clone().state,
    heard: Array.from(listeners, (listener) => log.heard.tracks(listener)),
    rankings: await arm.engine.peek(listeners, startOfDay(day)),
    slots: refreshed.slots,
    bounds,
    ...(trueSound && smallerPanel
      ? { handed: await arm.engine.peekHanded(smallerPanel.listeners, firstRows(trueSound, trackCount)) }
      : {}),
    plays: log.plays.slice(),
  };
}

/** A day of the crowd against the served slates. */
async function liveDay(arm: LivingArm, day: number, listening: ListeningScore): Promise<void> {
  const { crew, crowd, catalogue, engine, count } = arm;
  await arm.log.write(day, (log) =>
    crew.live(crowd, day, 'served', {
      observe(events) {
        catalogue.admitFrom(events);
        engine.notice(events);
      },
      async serve(listeners, times) {
        const slates = await engine.serve(listeners, times);
        count.slatesServed += slates.length;
        return packSlates(slates);
      },
      log(events) {
        log(events);
        engine.observe(events);
        listening.add(events);
      },
    }),
  );
}

/** Every book is balanced, each in itself and the log against all of them. */
async function audit({ crowd, store, engine, log, scenario, count }: LivingArm): Promise<void> {
  crowd.audit();
  await store.audit();
  engine.audit();
  log.audit({
    rowsByKind: crowd.state.logged,
    plays: engine.playsObserved(),
    generations: scenario.days,
    ...count,
  });
}
