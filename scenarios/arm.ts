import { packings } from '../engine/cache/codec/packings.ts';
import type { CacheClient } from '../engine/cache/connect.ts';
import { createSlateStore, type SlateStore } from '../engine/cache/slate-store.ts';
import { digestOf } from '../engine/core/digest.ts';
import type { EventColumns } from '../engine/core/events.ts';
import { linkFile } from '../engine/core/files.ts';
import { firstRows, type Matrix } from '../engine/core/matrix.ts';
import type { Memo } from '../engine/core/memo.ts';
import { createStreams } from '../engine/core/random.ts';
import { type SimTime, secondsPerHour, startOfDay } from '../engine/core/time.ts';
import { createEngine, type Engine, type EngineParts } from '../engine/index.ts';
import type { EngineOptions } from '../engine/options.ts';
import type { EncoderInUse, RefreshReport } from '../engine/refresh.ts';
import type { Crew, Service } from '../sim/crew.ts';
import { type Crowd, crowdOf } from '../sim/crowd.ts';
import { writeListeners, writeTracks, writeTruth } from '../sim/log.ts';
import { endOfPart, type PartOfDay } from '../sim/part-of-day.ts';
import type { World } from '../sim/world.ts';
import { type Checkpoint, type JudgedNight, readCheckpoint, type SlateCount, writeCheckpoint } from './checkpoint.ts';
import { dayName, EventLog } from './event-log.ts';
import { LaterEvents } from './later-events.ts';
import { OpenCatalogue } from './open-catalogue.ts';
import { packSlates } from './pack-slates.ts';
import { letSignalsIn, type Past } from './past.ts';
import { isNightly, type Schedule, scheduleOf, startOfPart } from './schedule.ts';
import type { RankingBound } from './schema.ts';
import { type AgedLists, type KeptLists, oldestHours } from './scoring/aged-lists.ts';
import { cacheFigures, dayCostFigures, refreshFigures } from './scoring/cost-figures.ts';
import { checkNoLeak } from './scoring/leak.ts';
import { panelAt, smallerPanelAt } from './scoring/night.ts';
import type { NightScorer } from './scoring/night-thread.ts';
import { ListeningScore } from './scoring/ranking-figures.ts';
import { scoreReach } from './scoring/reach.ts';
import type { Figure, MetricRow } from './scoring/rows.ts';
import { segmentsAt } from './scoring/segments.ts';
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
  readonly schedule: Schedule;
  /** What the engine may see by now. */
  readonly catalogue: OpenCatalogue;
  readonly store: SlateStore;
  readonly engine: Engine;
  readonly log: EventLog;
  readonly count: SlateCount;
  /** Lists that are looked at again as they grow old, where caches are to be compared. */
  readonly agingLists: KeptLists[];
  readonly rows: MetricRow[];
  /** Path of a file of this arm and world. */
  at(...parts: readonly string[]): string;
  record(name: string, day: number | null, figures: readonly Figure[], hour?: number): void;
}

/** What a finished arm gives to its world. */
export interface ArmResult {
  readonly rows: readonly MetricRow[];
  readonly digests: ArmDigests;
  /** Of each day of the log, in order. */
  readonly dayDigests: readonly string[];
  /** What it heard with in the last night. */
  readonly encoder?: EncoderInUse | undefined;
}

/**
 * One arm of one world: every night a refresh, then the scores, then the day that the crowd lives with its slates; or, in parts of
 * the day, as its schedule says. As each day begins with a refresh a checkpoint is kept: an arm that was interrupted goes on from
 * there.
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
      // Without a refresh there would be no lists to go on with.
      const beginsAnew = arm.schedule.refreshes(day, arm.schedule.parts[0]!);
      if (beginsAnew) writeCheckpoint(task.checkpointFile, key, checkpointOf(arm, day, last?.night));
      const judge = async (night: JudgedNight): Promise<void> => {
        await last?.record();
        last = scoreNight(arm, night);
      };
      encoder = (await liveDay(arm, day, judge)) ?? encoder;
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
    const digests = { events: arm.log.digest(), ...arm.engine.digests() };
    return { rows: arm.rows, digests, dayDigests: arm.log.digests, encoder };
  } catch (error) {
    await store.clear().catch(nothing); // what went wrong first is what has to be said
    throw error;
  } finally {
    await last?.end();
  }
}

/** A night whose scores are being worked out. */
function scoreNight(arm: LivingArm, night: JudgedNight) {
  const hour = night.hour === 0 ? '' : `T${String(night.hour).padStart(2, '0')}`;
  const shadowFile = arm.at('truth', 'shadow', `${dayName(night.day)}${hour}.arrow`);
  const scores = arm.scorer.score({ ...night, shadowFile });
  const over = scores.then(nothing, nothing); // a failure is looked at when the scores are recorded
  return {
    night,
    /** The bounds are scored beside the arm. */
    async record(): Promise<void> {
      const { arm: own, bounds } = await scores;
      arm.record(arm.arm, night.day, own, night.hour);
      for (const { bound, figures } of bounds) arm.record(bound, night.day, figures, night.hour);
    },
    /** Waits, whatever comes of it, so that no file is left half written. */
    end: () => over,
  };
}

const nothing = (): void => {};

const checkpointOf = (
  { crowd, engine, log, rows, count, agingLists }: LivingArm,
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
  agingLists,
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
    schedule: scheduleOf(task.scenario, task.options.slate),
    catalogue,
    store,
    engine,
    log,
    count: { ...(kept?.count ?? { slatesServed: 0, listsRead: 0 }) },
    agingLists: [...(kept?.agingLists ?? [])],
    rows,
    at,
    record(name, day, figures, hour) {
      checkNoLeak(figures, { name, isArm: name === task.arm, day, trackCount: catalogue.tracks.length });
      if (day !== null && day < task.scenario.warmup) return;
      const moment = hour !== undefined && task.scenario.scoreHours.length > 1 ? { day, hour } : { day };
      for (const figure of figures)
        rows.push({ arm: name, world: task.name, family: task.slice, ...moment, ...figure });
    },
  };
  return { arm, firstDay, lastNight: kept?.lastNight };
}

/** What the scores of this moment depend on, before the day goes on; beside it the bounds are scored. */
async function nightOf(
  arm: LivingArm,
  day: number,
  now: SimTime,
  refreshed: RefreshReport | undefined,
): Promise<JudgedNight> {
  const { crowd, scenario, log, seed, trueSound } = arm;
  const segmentation = segmentsAt(now, arm.catalogue);
  const { listenerCount, trackCount } = segmentation;
  const { listeners } = panelAt(segmentation, seed);
  // Nobody looks at the bounds of days that are not measured.
  const bounds = day < scenario.warmup ? [] : arm.bounds;
  const aged = scenario.sizing && (await agedLists(arm, now, refreshed !== undefined, scenario.sizing.lengths));
  const smallerPanel = bounds.includes('trueSound') ? smallerPanelAt(segmentation, seed) : undefined;
  return {
    day,
    hour: (now - startOfDay(day)) / secondsPerHour,
    listenerCount,
    trackCount,
    crowd: crowd.clone().state,
    heard: Array.from(listeners, (listener) => log.heard.tracks(listener)),
    rankings: await arm.engine.peek(listeners, now),
    // Where some arm has lists that are older, or none: those of the panel in every arm.
    ...(refreshed && isNightly(scenario) ? { slots: refreshed.slots } : {}),
    bounds,
    ...(trueSound && smallerPanel
      ? { handed: await arm.engine.peekHanded(smallerPanel.listeners, firstRows(trueSound, trackCount)) }
      : {}),
    plays: log.plays.slice(),
    ...(aged && { aged }),
  };
}

/** The lists of a panel that refreshes have made of late, with that of this moment, and what would be made on a miss. */
async function agedLists(
  { engine, catalogue, agingLists, seed }: LivingArm,
  now: SimTime,
  isRefreshed: boolean,
  lengths: readonly number[],
): Promise<AgedLists> {
  const panel = smallerPanelAt(segmentsAt(now, catalogue), seed);
  const listeners = panel.listeners.filter((_, i) => panel.isOn('all', i));
  if (isRefreshed) agingLists.push({ madeAt: now, listeners, lists: await engine.peek(listeners, now) });
  while (agingLists[0] && now - agingLists[0].madeAt > oldestHours * secondsPerHour) agingLists.shift();
  const { lists, flops } = await engine.peekMissed(listeners, now);
  return { kept: [...agingLists], missed: { madeAt: now, listeners, lists, flops }, lengths };
}

/**
 * A day, part after part: a refresh where the arm has one then, what is to be scored, and what the crowd lives.
 * @returns the encoder of the last refresh, where there was one that listened.
 */
async function liveDay(
  arm: LivingArm,
  day: number,
  judge: (night: JudgedNight) => Promise<void>,
): Promise<EncoderInUse | undefined> {
  const { world, scenario, schedule, catalogue, engine, store, count } = arm;
  const [readsBefore, madeBefore] = [store.counters(), engine.madeForReads()];
  const refreshes: RefreshReport[] = [];
  const later = new LaterEvents();
  const morning = startOfDay(day);
  catalogue.admit(world.listenerCountAt(morning), world.trackCountAt(morning));
  const listening = new ListeningScore(world.truth.on(day), segmentsAt(morning, catalogue));
  await arm.log.write(day, async (log) => {
    const known = (events: EventColumns): void => {
      log(events);
      engine.observe(events);
      listening.add(events);
    };
    for (const part of schedule.parts) {
      const now = startOfPart(day, part);
      const end = endOfPart(day, part);
      catalogue.admit(world.listenerCountAt(now), world.trackCountAt(now));
      const refreshed = schedule.refreshes(day, part) ? await engine.refresh(now) : undefined;
      if (refreshed) refreshes.push(refreshed);
      if (schedule.scores(part)) await judge(await nightOf(arm, day, now, refreshed));
      later.release(end, known);
      await livePart(arm, day, part, (events) => later.pass(events, end, known));
    }
  });
  later.checkEmpty();
  const [reads, made] = [store.counters(), engine.madeForReads()];
  const madeToday = { lists: made.lists - madeBefore.lists, flops: made.flops - madeBefore.flops };
  count.listsRead += reads.reads - readsBefore.reads;
  if (arm.options.slate.foldIn === 'everyone') count.listsRead += madeToday.lists;
  arm.record(arm.arm, day, listening.figures());
  for (const refreshed of refreshes) arm.record(arm.arm, day, refreshFigures(refreshed));
  arm.record(arm.arm, day, cacheFigures(readsBefore, reads));
  if (!isNightly(scenario)) arm.record(arm.arm, day, dayCostFigures(refreshes, madeToday));
  return refreshes.at(-1)?.encoder;
}

/** A part of a day of the crowd against the served slates. */
function livePart(arm: LivingArm, day: number, part: PartOfDay, log: (events: EventColumns) => void): Promise<void> {
  const { crew, crowd, catalogue, engine, count } = arm;
  const service: Service = {
    observe(events) {
      catalogue.admitFrom(events);
      engine.notice(events);
    },
    async serve(listeners, times) {
      const slates = await engine.serve(listeners, times);
      count.slatesServed += slates.length;
      return packSlates(slates);
    },
    log,
  };
  return crew.live(crowd, day, 'served', service, undefined, part);
}

/** Every book is balanced, each in itself and the log against all of them. */
async function audit({ crowd, store, engine, log, schedule, scenario, count }: LivingArm): Promise<void> {
  crowd.audit();
  await store.audit();
  engine.audit();
  log.audit({
    rowsByKind: crowd.state.logged,
    plays: engine.playsObserved(),
    generations: schedule.refreshesIn(scenario.days),
    ...count,
  });
}
