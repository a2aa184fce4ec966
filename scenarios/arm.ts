import type { CacheClient } from '../engine/cache/connect.ts';
import { createSlateStore, type SlateStore } from '../engine/cache/slate-store.ts';
import { linkFile } from '../engine/core/files.ts';
import { firstRows, type Matrix } from '../engine/core/matrix.ts';
import type { Memo } from '../engine/core/memo.ts';
import { createStreams } from '../engine/core/random.ts';
import { startOfDay } from '../engine/core/time.ts';
import { createEngine, type Engine } from '../engine/index.ts';
import type { EngineOptions } from '../engine/options.ts';
import type { EncoderInUse, RefreshReport } from '../engine/refresh.ts';
import type { Crew } from '../sim/crew.ts';
import type { Crowd } from '../sim/crowd.ts';
import { writeListeners, writeTracks, writeTruth } from '../sim/log.ts';
import type { World } from '../sim/world.ts';
import { dayName, EventLog } from './event-log.ts';
import { OpenCatalogue } from './open-catalogue.ts';
import { packSlates } from './pack-slates.ts';
import { letSignalsIn, type Past } from './past.ts';
import type { RankingBound } from './schema.ts';
import { costFigures } from './scoring/cost-figures.ts';
import { checkNoLeak } from './scoring/leak.ts';
import { type Night, panelAt, smallerPanelAt } from './scoring/night.ts';
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

/** What a finished arm gives to its world. */
export interface ArmResult {
  readonly rows: readonly MetricRow[];
  readonly digests: ArmDigests;
  /** What it heard with in the last night. */
  readonly encoder: EncoderInUse | undefined;
}

/** One arm of one world: every night a refresh, then the scores, then the day that the crowd lives with its slates. */
export async function runArm(task: ArmTask): Promise<ArmResult> {
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
      const listening = new ListeningScore(world.truth.on(day), segmentation);
      await liveDay(arm, day, listening);
      arm.record(task.arm, day, listening.figures());
      arm.record(task.arm, day, costFigures(refreshed, before, store.counters()));
    }
    await recordLastNight();
    const lived = arm.log.read(0, scenario.days);
    arm.record(task.arm, null, scoreReach(lived, world.catalogue, startOfDay(0), startOfDay(scenario.days)));
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
  for (let day = -world.historyDays; day < 0; day++) {
    linkFile(task.past.fileOf(day), log.fileOf(day));
    const events = log.takeIn(day);
    catalogue.admitFrom(events);
    engine.observe(events);
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
    slatesServed: count.slatesServed,
    listsRead: store.counters().reads,
  });
}
