import { mean } from 'simple-statistics';
import { kindCode } from '../../engine/core/events.ts';
import { type MetricRow, readRun } from '../../reports/read-run.ts';
import { readEvents } from '../../sim/log.ts';
import { checkFiles, type FinishedRun, openFinishedRun } from '../finished-run.ts';
import { formatAmount } from '../units.ts';
import type { Found, InputName, Inputs } from './inputs.ts';
import { pairKey, unionOf } from './known-pairs.ts';
import { structuralRate } from './structural-rate.ts';
import { alsFlops } from './work.ts';

/** What a run tells a plan. */
export interface RunRates {
  readonly found: Found;
  /** The work that each rate was measured on, in the unit of {@link plannedWork}. */
  readonly work: Partial<Record<InputName, number>>;
  readonly warnings: readonly string[];
}

/** The same work in the plan: FLOP of a training, FLOP of one list, lists. */
const plannedWork: Partial<Record<InputName, (inputs: Inputs) => number>> = {
  alsRate: alsFlops,
  retrievalRate: ({ tracks, factors }) => 2 * tracks * factors,
  setsPerSecond: ({ listeners }) => listeners,
};

/** What a run found, with its rates as {@link structuralRate} of a plan of these sizes: a run has but one size. */
export function ratesAtPlan({ found, work, warnings }: RunRates, inputs: Inputs): Pick<RunRates, 'found' | 'warnings'> {
  const scaled = Object.entries(plannedWork).flatMap(([name, planned]) => {
    const input = name as InputName;
    const [rate, ofRun] = [found[input], work[input]];
    return rate === undefined || ofRun === undefined ? [] : [{ input, rate, times: planned(inputs) / ofRun }];
  });
  return {
    found: {
      ...found,
      ...Object.fromEntries(scaled.map(({ input, rate, times }) => [input, structuralRate({ input, ...rate }, times)])),
    },
    warnings: [
      ...warnings,
      ...scaled.map(
        ({ input, times }) =>
          `${input} supposes that time stays in proportion to the work: the plan is ${times.toPrecision(2)} times that of the run`,
      ),
    ],
  };
}

/** Most days of the log that are read: activity is that of the last ones. */
const mostDays = 28;

/** One arm in one world of a run. */
interface Place {
  readonly arm: string;
  readonly world: string;
}

/**
 * Activity and rates of a finished run, of its first arm and world: how many listen on a day, how often they read and play, how
 * many different tracks they know, what a core trains and retrieves.
 *
 * @param path folder of a run.
 * @returns means over days, from the lowest day to the highest.
 * @throws DubplateError FILE_NOT_FOUND, INVALID_INPUT as {@link openFinishedRun}.
 */
export function runRates(path: string): RunRates {
  const finished = openFinishedRun(path);
  const run = readRun(path);
  const place = { arm: finished.arms[0] ?? '', world: finished.worlds[0] ?? '' };
  const nightly = (metric: string): readonly MetricRow[] =>
    run.rows.filter(
      (row) => row.arm === place.arm && row.world === place.world && row.metric === metric && row.segment === 'all',
    );
  const lists = new Map(nightly('refreshSeconds').map(({ day, n }) => [day, n ?? undefined]));
  const activity = activityOf(finished, place, (day) => lists.get(day));
  const active = new Map(activity.map((one) => [one.day as number | null, one.active]));
  const threads = Number(run.manifest.threads);
  /** GFLOP/s of one thread in a stage. */
  const ratesIn = (stage: string): number[] => {
    const seconds = new Map(nightly(`seconds.${stage}`).map(({ day, value }) => [day, value ?? 0]));
    return nightly(`flops.${stage}`).map(({ day, value }) => (value ?? 0) / (seconds.get(day) ?? 0) / threads / 1e9);
  };
  const figures: Partial<Record<InputName, readonly number[]>> = {
    dailyActive: activity.map((one) => one.active / one.listeners),
    playsPerListenerDay: activity.map((one) => one.plays / one.listeners),
    tracksPerListener: activity.slice(-1).map((one) => one.tracksPerListener),
    activeShare: activity.map((one) => one.recent / one.listeners),
    activeHitRate: activity.map((one) => one.returning / one.active),
    readsPerActiveDay: nightly('cacheHitRate').map(({ day, n }) => (n ?? 0) / (active.get(day) ?? 0)),
    alsRate: ratesIn('train'),
    retrievalRate: ratesIn('blend'),
    // An embedded cache writes into this process: that says nothing of a server.
    ...(run.manifest.cache === 'embedded'
      ? {}
      : { setsPerSecond: nightly('seconds.write').map(({ value, n }) => (n ?? 0) / (value ?? 0)) }),
  };
  const source = `run ${path}, ${place.arm} in ${place.world}`;
  const [hits, bytes] = ['cacheHitRate', 'cacheBytesPerListener'].map((metric) =>
    meanOrNone(nightly(metric).flatMap(({ value }) => value ?? [])),
  );
  return {
    found: foundFrom(figures, source),
    work: {
      alsRate: meanOrNone(nightly('flops.train').map(({ value }) => value ?? 0)),
      retrievalRate: meanOrNone(nightly('flops.blend').map(({ value, n }) => (value ?? 0) / (n ?? 0))),
      setsPerSecond: meanOrNone(nightly('seconds.write').map(({ n }) => n ?? 0)),
    },
    warnings: [
      `activity and rates are those of ${source}: ${activity.at(-1)?.listeners} simulated listeners, days ${activity[0]?.day} to ${activity.at(-1)?.day}, kernel ${String(run.manifest.kernel)}; there ${formatAmount(hits!, 'share')} of reads found a list, of ${formatAmount(bytes!, 'B')} with its key. Rates of a run so small say little of a large catalogue: --bench takes measured ones`,
    ],
  };
}

const meanOrNone = (values: readonly number[]): number => (values.length === 0 ? Number.NaN : mean([...values]));

/** Figures that are there on every day; the others stay assumed. */
function foundFrom(figures: Partial<Record<InputName, readonly number[]>>, source: string): Found {
  const names = Object.keys(figures) as InputName[];
  return Object.fromEntries(
    names.flatMap((name) => {
      const values = (figures[name] ?? []).filter((value) => Number.isFinite(value) && value > 0);
      if (values.length === 0) return [];
      return [[name, { value: mean(values), low: Math.min(...values), high: Math.max(...values), source }]];
    }),
  );
}

interface DayActivity {
  readonly day: number;
  readonly listeners: number;
  readonly active: number;
  /** Of these, those who had also listened on one of the seven days before. */
  readonly returning: number;
  /** Who had listened on one of the seven days before. */
  readonly recent: number;
  readonly plays: number;
  /** Different tracks of a listener from the first day that is read up to this one. */
  readonly tracksPerListener: number;
}

/**
 * Who played how much on each day that is served; a skip is a play that was broken off.
 * @param listenersOn how many there are on a day; days of which it does not know are left out.
 */
function activityOf(
  run: FinishedRun,
  { arm, world }: Place,
  listenersOn: (day: number) => number | undefined,
): DayActivity[] {
  const days = run.days.slice(-mostDays);
  const files = days.map((day) => run.eventsOf(arm, world, day));
  checkFiles(run, files);
  let pairs: Float64Array = new Float64Array();
  const lastActive = new Map<number, number>();
  return files.flatMap((file, i) => {
    const events = readEvents(file);
    const day = days[i] ?? 0;
    const isRecent = (last: number | undefined): boolean => last !== undefined && day - last <= 7;
    const recent = [...lastActive.values()].filter(isRecent).length;
    const active = new Set<number>();
    const played = new Float64Array(events.length);
    let plays = 0;
    for (let row = 0; row < events.length; row++) {
      const kind = events.kind[row];
      if (kind !== kindCode.play && kind !== kindCode.skip) continue;
      const user = events.user[row] ?? 0;
      active.add(user);
      played[plays++] = pairKey(user, events.track[row] ?? 0);
    }
    pairs = unionOf(pairs, played.subarray(0, plays));
    const returning = [...active].filter((user) => isRecent(lastActive.get(user))).length;
    for (const user of active) lastActive.set(user, day);
    const listeners = listenersOn(day);
    if (day < 0 || listeners === undefined) return [];
    const tracksPerListener = pairs.length / listeners;
    return [{ day, listeners, active: active.size, returning, recent, plays, tracksPerListener }];
  });
}
