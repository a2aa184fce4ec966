import { setImmediate } from 'node:timers/promises';
import type { Kernel } from '../engine/als/kernel.ts';
import type { Encoder } from '../engine/audio/encoder.ts';
import { listensToSound } from '../engine/blend/trust.ts';
import { type CacheClient, connectCache } from '../engine/cache/connect.ts';
import { createSlateStore, type SlateStore } from '../engine/cache/slate-store.ts';
import type { EventColumns } from '../engine/core/events.ts';
import { firstRows, type Matrix } from '../engine/core/matrix.ts';
import { Memo } from '../engine/core/memo.ts';
import type { Progress } from '../engine/core/progress.ts';
import { createStreams } from '../engine/core/random.ts';
import { startOfDay } from '../engine/core/time.ts';
import { createEngine, type Engine } from '../engine/index.ts';
import type { EngineOptions } from '../engine/options.ts';
import type { EncoderInUse, RefreshReport } from '../engine/refresh.ts';
import { type Crew, openCrew, type Service } from '../sim/crew.ts';
import { type Crowd, createCrowd } from '../sim/crowd.ts';
import { writeListeners, writeTracks, writeTruth } from '../sim/log.ts';
import { createWorld, type World } from '../sim/world.ts';
import { boundsByArm } from './baselines.ts';
import { dayName, EventLog } from './event-log.ts';
import { OpenCatalogue } from './open-catalogue.ts';
import { packSlates } from './pack-slates.ts';
import type { RunFolder } from './run-folder.ts';
import type { RankingBound, Scenario } from './schema.ts';
import { costFigures } from './scoring/cost-figures.ts';
import { checkNoLeak } from './scoring/leak.ts';
import { type Night, panelAt, smallerPanelAt } from './scoring/night.ts';
import { type NightScorer, openNightScorer } from './scoring/night-thread.ts';
import { scoreListening } from './scoring/ranking-figures.ts';
import { scoreReach } from './scoring/reach.ts';
import type { Figure, MetricRow } from './scoring/rows.ts';
import { type Segmentation, segmentsAt } from './scoring/segments.ts';
import { trueSound } from './scoring/true-sound.ts';

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
  readonly digests: Readonly<Record<string, Partial<ArmDigests>>>;
  /** What the arms that listen heard with in the last night, by arm. */
  readonly encoders?: Readonly<Record<string, EncoderInUse>>;
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
  readonly encoder: Encoder | undefined;
  readonly kernel: Kernel;
  /** Wall clock in milliseconds, for costs only. */
  readonly clock: () => number;
  readonly progress: Progress;
}

/** One world: its past once, then every arm as a twin that lives through the same days on its own feedback. */
export async function runWorld(task: WorldTask): Promise<WorldResult> {
  const { scenario } = task;
  const world = createWorld(scenario.world, {
    seed: task.seed,
    family: task.family,
    historyDays: scenario.history,
    days: scenario.days,
  });
  // Sound does not depend on anything that happens: it is made ready while the past is lived.
  const listens = Object.values(scenario.arms).some(({ blend }) => listensToSound(blend));
  const endPrefetch = listens ? world.prefetchWaveforms() : undefined;
  const crew = openCrew(world, task.kernel.threads);
  const past = await livePast(world, crew, task.progress);
  const scorer = openNightScorer(world, task.seed);
  const sound = listens && scenario.bounds.includes('trueSound') ? trueSound(world) : undefined;
  const memo = new Memo(task.clock);
  const client = await connectCache(task.redisUrl);
  try {
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

interface Past {
  readonly crowd: Crowd;
  readonly days: readonly { readonly day: number; readonly events: readonly EventColumns[] }[];
}

/** The organic days before day 0, identical in all arms. */
async function livePast(world: World, crew: Crew, progress: Progress): Promise<Past> {
  const crowd = createCrowd(world);
  const days: { day: number; events: readonly EventColumns[] }[] = [];
  for (let day = -world.historyDays; day < 0; day++) {
    await letSignalsIn();
    progress('living the past, days', world.historyDays + day + 1, world.historyDays);
    const events: EventColumns[] = [];
    await crew.live(crowd, day, 'organic', { ...nobodyServes, log: (stretch) => events.push(stretch) });
    days.push({ day, events });
  }
  return { crowd, days };
}

const nobodyServes: Omit<Service, 'log'> = {
  observe() {},
  serve() {
    throw new Error('an organic day asked for slates');
  },
};

/** Work here is long and synchronous: without a pause now and then Ctrl-C would wait for its end. */
const letSignalsIn = (): Promise<unknown> => setImmediate();

interface ArmTask extends WorldTask {
  readonly world: World;
  readonly crew: Crew;
  readonly past: Past;
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
  readonly count: { slatesServed: number };
  /** Path of a file of this arm and world. */
  at(...parts: readonly string[]): string;
  record(name: string, day: number | null, figures: readonly Figure[]): void;
}

/** One arm of one world: every night a refresh, then the scores, then the day that the crowd lives with its slates. */
async function runArm(
  task: ArmTask,
): Promise<{ rows: MetricRow[]; digests: ArmDigests; encoder: EncoderInUse | undefined }> {
  const { world, scenario } = task;
  const rows: MetricRow[] = [];
  const store = createSlateStore(task.client, { namespace: `${task.runId}/${task.name}/${task.arm}` });
  await store.clear(); // what an interrupted run may have left
  const arm = beginLife(task, store, rows);
  let encoder: EncoderInUse | undefined;
  // Scores may take until the next night: nothing depends on them.
  let recordLastNight = async (): Promise<void> => {};
  try {
    for (let day = 0; day < scenario.days; day++) {
      task.progress(`${task.name} ${task.arm}: days`, day, scenario.days);
      await letSignalsIn();
      const refreshAt = startOfDay(day);
      arm.catalogue.admit(world.listenerCountAt(refreshAt), world.trackCountAt(refreshAt));
      const refreshed = await arm.engine.refresh(refreshAt);
      encoder = refreshed.encoder;
      const segmentation = segmentsAt(refreshAt, arm.catalogue);
      const night = await nightOf(arm, day, refreshed, segmentation);
      await recordLastNight();
      const scores = arm.scorer.score(night);
      scores.catch(() => {}); // looked at when it is recorded, which a failure before may prevent
      recordLastNight = async () => {
        const { arm: own, bounds } = await scores;
        arm.record(task.arm, day, own);
        for (const { bound, figures } of bounds) arm.record(bound, day, figures);
      };
      const before = store.counters();
      const events = arm.log.append(day, await liveDay(arm, day));
      arm.record(task.arm, day, scoreListening(events, world.truth.on(day), segmentation));
      arm.record(task.arm, day, costFigures(refreshed, before, store.counters()));
    }
    await recordLastNight();
    arm.record(task.arm, null, scoreReach(arm.log.lived, world.catalogue, startOfDay(0), startOfDay(scenario.days)));
    await audit(arm);
    arm.engine.saveModel(arm.at('model'));
    writeListeners(arm.at('listeners.arrow'), world);
    writeTracks(arm.at('tracks.arrow'), world);
    writeTruth(world, arm.at('truth'));
    return { rows, digests: { events: arm.log.digest(), ...arm.engine.digests() }, encoder };
  } finally {
    await store.clear();
  }
}

/** The arm as it stands on the eve of day 0: everything of the past lived, logged and observed. */
function beginLife(task: ArmTask, store: SlateStore, rows: MetricRow[]): LivingArm {
  const { world, scenario } = task;
  const at = (...parts: readonly string[]): string => task.folder.file(task.arm, task.name, ...parts);
  const catalogue = new OpenCatalogue(world.catalogue);
  const engine = createEngine(task.options, {
    catalogue,
    store,
    // The engine's own randomness is keyed by the world alone: arms that do the same draw the same.
    streams: createStreams(`${task.seed}/engine`),
    memo: task.memo,
    encoder: task.encoder,
    kernel: task.kernel,
    clock: task.clock,
    progress: (label, done, total) => task.progress(`${task.name} ${task.arm}: ${label}`, done, total),
  });
  const { listeners, tracks } = world.catalogue;
  const sizes = { listeners: listeners.length, tracks: tracks.length };
  const log = new EventLog(sizes, (name) => at('events', name));
  for (const { day, events } of task.past.days) {
    const lived = log.append(day, events);
    catalogue.admitFrom(lived);
    engine.observe(lived);
  }
  return {
    ...task,
    crowd: task.past.crowd.clone(),
    catalogue,
    store,
    engine,
    log,
    count: { slatesServed: 0 },
    at,
    record(name, day, figures) {
      checkNoLeak(figures, { name, isArm: name === task.arm, day, trackCount: catalogue.tracks.length });
      if (day !== null && day < scenario.warmup) return;
      for (const figure of figures) rows.push({ arm: name, world: task.name, family: task.family, day, ...figure });
    },
  };
}

/** What the scores of this night depend on, before the day is lived; beside it the bounds are scored. */
async function nightOf(
  arm: LivingArm,
  day: number,
  refreshed: RefreshReport,
  segmentation: Segmentation,
): Promise<Night> {
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
    shadowFile: arm.at('truth', 'shadow', `${dayName(day)}.arrow`),
  };
}

/** A day of the crowd against the served slates. */
async function liveDay({ crew, crowd, catalogue, engine, count }: LivingArm, day: number): Promise<EventColumns[]> {
  const lived: EventColumns[] = [];
  await crew.live(crowd, day, 'served', {
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
      engine.observe(events);
      lived.push(events);
    },
  });
  return lived;
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
    slatesServed: count.slatesServed,
    listsRead: store.counters().reads,
  });
}
