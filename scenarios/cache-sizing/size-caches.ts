import type { PolicyName } from '../../engine/cache/policy/policies.ts';
import { policyNames } from '../../engine/cache/policy/policies.ts';
import { createStreams } from '../../engine/core/random.ts';
import { secondsPerHour, startOfDay } from '../../engine/core/time.ts';
import type { World } from '../../sim/world.ts';
import { type CurvePoint, curves, type ReplayRow, replay } from '../replay/replay.ts';
import { logged, readsOf } from '../replay/run-reads.ts';
import type { Scenario } from '../schema.ts';
import { oldestHours } from '../scoring/aged-lists.ts';
import type { MetricRow } from '../scoring/rows.ts';
import { type CacheLife, liveInCache } from './cache-life.ts';
import { frontierOf } from './frontier.ts';
import { type ListLayout, nominalBytes, pagesBytes, stringsBytes } from './list-bytes.ts';
import { type MeasuredWorth, meanWorth, measuredWorth } from './list-worth.ts';
import type { SizingOptions } from './options.ts';
import { presenceOf } from './presence.ts';

/** One way of keeping lists, with all that it costs and gives. Means over worlds. */
export interface SizedPlan {
  readonly layout: ListLayout;
  /** Null for everyone. */
  readonly activeDays: number | null;
  readonly refreshHours: number;
  /** Lists that the cache holds, as a share of listeners. */
  readonly capacity: number;
  /** Tracks of a list. */
  readonly length: number;
  /** Shares of all reads; the rest is missed. */
  readonly hitRate: number;
  readonly staleHitRate: number;
  /** Share of the enjoyment of the 50 truly best unheard tracks, mean over reads; and what is lost against a list made at the read. */
  readonly enjoyment: number;
  readonly enjoymentLost: number;
  /** oracleRecall@50, mean over reads. */
  readonly recall: number;
  /** For each listener: bytes at the fullest moment, and those of 8 bytes an id. */
  readonly bytes: number;
  readonly nominalBytes: number;
  /** For each listener and day: lists written by refreshes, lists made on misses, and operations of both and of training. */
  readonly listsWritten: number;
  readonly listsMissed: number;
  readonly flops: number;
  /** For a million listeners and a day, at the assumed prices. */
  readonly dollars: number;
}

/** What is written to `cache-sizing.json`. */
export interface Sizing {
  readonly schema: 1;
  readonly arm: string;
  readonly worlds: readonly string[];
  /** At the end of the run, mean over worlds. */
  readonly listeners: number;
  readonly days: number;
  readonly reads: number;
  readonly options: SizingOptions;
  readonly worth: readonly MeasuredWorth[];
  readonly plans: readonly SizedPlan[];
  /** Those of `plans` that nothing cheaper equals, of those that find a list for `leastHitRate` of reads. */
  readonly frontier: readonly SizedPlan[];
  /** Without refreshes, every miss being written: policies side by side, and LRU at the same sizes. First world. */
  readonly policies: readonly (Omit<ReplayRow, 'policy'> & { readonly policy: PolicyName; readonly share: number })[];
  readonly curve: readonly (CurvePoint & { readonly share: number })[];
}

/** A world that was run. */
export interface RunWorld {
  readonly name: string;
  readonly seed: string;
  readonly world: World;
  /** Path of the log of a day. */
  fileOf(day: number): string;
}

/**
 * Compares caches on the accesses of a run: who read when, in simulated time, and what lists of every age and length were worth
 * by what the run has scored. Listening is that of the run: a plan that serves less well would be listened to otherwise.
 *
 * @param rows figures of the run.
 */
export function sizeCaches(
  scenario: Scenario & { readonly sizing: SizingOptions },
  worlds: Iterable<RunWorld>,
  rows: readonly MetricRow[],
): Sizing {
  const { sizing: options, days, warmup, history } = scenario;
  const arm = Object.keys(scenario.arms)[0] ?? '';
  const worth = measuredWorth(options.lengths, agesIn(rows, arm), meanIn(rows, arm));
  const span = { fromS: startOfDay(warmup), endS: startOfDay(days) };
  const hours = Array.from({ length: 24 * days }, (_, hour) => hour).filter((hour) =>
    options.refreshHours.some((period) => hour % period === 0),
  );
  const found: { name: string; listeners: number; reads: number; plans: SizedPlan[] }[] = [];
  let side: Pick<Sizing, 'policies' | 'curve'> = { policies: [], curve: [] };
  for (const { name, seed, world, fileOf } of worlds) {
    const dayNumbers = Array.from({ length: history + days }, (_, i) => i - history);
    const presence = presenceOf(world, logged(dayNumbers, fileOf), hours);
    const trace = readsOf(world, logged(dayNumbers.slice(history), fileOf));
    const listeners = world.listenerCountAt(span.endS - 1);
    const catalogue = options.catalogue ?? world.trackCountAt(span.endS - 1);
    const work = workOf(rows, arm, catalogue, (day) => world.trackCountAt(startOfDay(day)));
    const setting = { options, worth, work, listeners, days: days - warmup };
    const plans = [null, ...options.activeDays].flatMap((activeDays) =>
      options.refreshHours.flatMap((refreshHours) =>
        options.capacities.flatMap((capacity) => {
          const lists = Math.max(1, Math.round(capacity * listeners));
          const { expiryPeriods } = options;
          const plan = { activeDays, refreshHours, capacity: lists, expiryPeriods };
          const life = liveInCache(trace, presence, plan, span);
          return sized({ activeDays, refreshHours, capacity }, life, setting);
        }),
      ),
    );
    found.push({ name, listeners, reads: trace.refs.length, plans });
    if (found.length === 1) side = sideBySide(trace, listeners, options, seed);
  }
  const plans = (found[0]?.plans ?? []).map((_, i) => meanPlan(found.map((of) => of.plans[i]!)));
  const mean = (of: (world: (typeof found)[number]) => number): number =>
    found.reduce((sum, world) => sum + of(world), 0) / found.length;
  return {
    schema: 1,
    arm,
    worlds: found.map(({ name }) => name),
    listeners: mean(({ listeners }) => listeners),
    days: days - warmup,
    reads: mean(({ reads }) => reads),
    options,
    worth,
    plans,
    frontier: frontierOf(
      plans.filter(({ hitRate }) => hitRate >= options.leastHitRate),
      ({ dollars }) => dollars,
      ({ enjoyment }) => enjoyment,
    ),
    ...side,
  };
}

/** Operations of the run's arm. */
interface Work {
  /** For a list at a refresh, and for one on a miss. */
  readonly list: number;
  readonly miss: number;
  /** For a refresh without its lists. */
  readonly training: number;
}

interface Setting {
  readonly options: SizingOptions;
  readonly worth: readonly MeasuredWorth[];
  readonly work: Work;
  readonly listeners: number;
  readonly days: number;
}

/** Each length and layout of one cache. Pages have room for everybody's list and for no expiry. */
function sized(
  dials: Pick<SizedPlan, 'activeDays' | 'refreshHours' | 'capacity'>,
  life: CacheLife,
  { options, worth, work, listeners, days }: Setting,
): SizedPlan[] {
  const layouts: ListLayout[] = dials.activeDays === null && dials.capacity === 1 ? ['strings', 'pages'] : ['strings'];
  const listenerDays = listeners * days;
  const made = life.listsWritten * work.list + life.misses * work.miss;
  const flops = (made + life.refreshes * work.training) / listenerDays;
  return worth.flatMap((ofLength) =>
    layouts.map((layout) => {
      const { length } = ofLength;
      const held = layout === 'pages' ? pagesBytes(listeners, length) : stringsBytes(life.mostHeld, length);
      const bytes = held / listeners;
      const { enjoyment, recall } = meanWorth(ofLength, life);
      const fresh = Math.max(...worth.map(({ byAge }) => byAge[0]?.enjoyment ?? 0));
      return {
        layout,
        ...dials,
        length,
        hitRate: life.hits / life.reads,
        staleHitRate: life.staleHits / life.reads,
        enjoyment,
        enjoymentLost: fresh - enjoyment,
        recall,
        bytes,
        nominalBytes: nominalBytes(layout === 'pages' ? listeners : life.mostHeld, length) / listeners,
        listsWritten: life.listsWritten / listenerDays,
        listsMissed: life.misses / listenerDays,
        flops,
        dollars: 1e6 * dollarsOf(bytes, flops, options),
      };
    }),
  );
}

/** Of one listener and day. */
const dollarsOf = (bytes: number, flops: number, options: SizingOptions): number =>
  (bytes / 1e9) * 24 * options.dollarsPerGigabyteHour +
  (flops / (options.gigaflopsPerCore * 1e9) / secondsPerHour) * options.dollarsPerCoreHour;

function sideBySide(
  trace: Parameters<typeof replay>[0],
  listeners: number,
  { capacities }: SizingOptions,
  seed: string,
): Pick<Sizing, 'policies' | 'curve'> {
  const streams = createStreams(`${seed}/cache-sizing`);
  const shareOf = (lists: number): number => capacities.find((share) => listsFor(share) === lists) ?? lists / listeners;
  const listsFor = (share: number): number => Math.max(1, Math.round(share * listeners));
  const sizes = [...new Set(capacities.map(listsFor))];
  const unlimited = { refreshS: Number.POSITIVE_INFINITY, ttlS: Number.POSITIVE_INFINITY };
  const rows = replay(trace, { policies: policyNames, capacities: sizes, streams, ...unlimited });
  const points = curves(trace, sizes, { sampledKeys: 8192, streams });
  return {
    policies: rows.map((row) => ({ ...row, share: shareOf(row.capacity) })),
    curve: points.map((point) => ({ ...point, share: shareOf(point.capacity) })),
  };
}

function meanPlan(plans: readonly SizedPlan[]): SizedPlan {
  const mean = (key: keyof SizedPlan): number => plans.reduce((sum, plan) => sum + Number(plan[key]), 0) / plans.length;
  const [first] = plans;
  if (!first) throw new Error('no world was run');
  return {
    ...first,
    hitRate: mean('hitRate'),
    staleHitRate: mean('staleHitRate'),
    enjoyment: mean('enjoyment'),
    enjoymentLost: mean('enjoymentLost'),
    recall: mean('recall'),
    bytes: mean('bytes'),
    nominalBytes: mean('nominalBytes'),
    listsWritten: mean('listsWritten'),
    listsMissed: mean('listsMissed'),
    flops: mean('flops'),
    dollars: mean('dollars'),
  };
}

const meanIn =
  (rows: readonly MetricRow[], arm: string) =>
  (metric: string): number | undefined => {
    const values = rows.filter((row) => row.arm === arm && row.metric === metric).map(({ value }) => value);
    return values.length === 0 ? undefined : values.reduce((sum, value) => sum + value, 0) / values.length;
  };

/** The ages in hours at which lists were scored, ascending. */
const agesIn = (rows: readonly MetricRow[], arm: string): number[] =>
  Array.from({ length: oldestHours + 1 }, (_, hour) => hour).filter((hour) =>
    rows.some((row) => row.arm === arm && row.metric.startsWith('listRegret.') && row.metric.endsWith(`.${hour}`)),
  );

/**
 * @param catalogue tracks that a list is priced for: each of them is scored.
 * @param tracksOn  how many the run had at midnight of a day.
 */
function workOf(rows: readonly MetricRow[], arm: string, catalogue: number, tracksOn: (day: number) => number): Work {
  const mean = meanIn(rows, arm);
  const blends = rows.flatMap(({ arm: of, metric, day, value, n }) =>
    of === arm && metric === 'flops.blend' && day !== null ? [{ day, value, n }] : [],
  );
  const lists = blends.reduce((sum, { n }) => sum + n, 0) || 1;
  const ofRun = blends.reduce((sum, { value }) => sum + value, 0) / lists;
  const list = (catalogue * blends.reduce((sum, { value, day }) => sum + value / tracksOn(day), 0)) / lists;
  const foldIn = Math.max(0, (mean('missFlops') ?? 0) - ofRun);
  return {
    list,
    miss: list + foldIn,
    training: (mean('flops.train') ?? 0) + (mean('flops.foldIn') ?? 0),
  };
}
