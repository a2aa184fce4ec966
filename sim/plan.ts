import { wordAt } from '../engine/core/random.ts';
import { dayOf, type SimTime, secondsPerDay, startOfDay, weekdayOf } from '../engine/core/time.ts';
import { activeChance, sessionsOf } from './activity.ts';
import { expExact, lnExact } from './exact.ts';
import { sessionSecond, weekdayActivity } from './hours.ts';
import type { Stage } from './stage.ts';
import { maxSessionsPerDay } from './steps.ts';

/** The sessions of some listeners on one day: when they begin, how long they may last, whether they look at the slate. */
export interface DayPlan {
  /** Sessions of each listener. */
  readonly count: Uint8Array;
  /** Row-major [listeners × {@link maxSessionsPerDay}], in order of time. */
  readonly start: Int32Array;
  /** Tracks there is time for. */
  readonly length: Uint8Array;
  readonly looks: Uint8Array;
}

export const createDayPlan = (listeners: number): DayPlan => ({
  count: new Uint8Array(listeners),
  start: new Int32Array(listeners * maxSessionsPerDay),
  length: new Uint8Array(listeners * maxSessionsPerDay),
  looks: new Uint8Array(listeners * maxSessionsPerDay),
});

/**
 * Tracks of a session: some are for one track; the others are log-logistic with a heavy tail, in 4,096 steps. Set by hand against
 * `oneTrackSessions`, `medianSessionTracks` and `meanSessionTracks` of scenarios/fidelity/targets.ts.
 */
const oneTrackShare = 0.11;
const sessionLengths = Uint8Array.from({ length: 4096 }, (_, i) => {
  const p = ((i + 0.5) / 4096 - oneTrackShare) / (1 - oneTrackShare);
  return p <= 0 ? 1 : Math.min(150, Math.max(1, Math.round(11 * expExact(0.55 * lnExact(p / (1 - p))))));
});

/** Share of sessions that look at the slate, of 65,536; for the first three days all do. Set by hand. */
const looksChance = 0.75 * 65_536;
const guidedDays = 3;
/** The first session begins this long after signing up. */
const firstSessionS = 120;

/** Chances of being active by weekday, relative to the mean, in 1/256. */
const weekdayFactor = weekdayActivity.map((factor) => Math.round(256 * factor));

/** Words of a listener's day: leaving, lapsing or returning, being active and how often; then two for every session. */
export const dayWords = { leaves: 0, changes: 1, sessions: 2, session: 4 } as const;

/**
 * Plan one listener's day into row `row`. Only keyed draws and public facts go in: the plan is the same whatever was
 * recommended, and on the day of signing up there is always a session right after it.
 *
 * @param key0 with `key1` the key of this listener's day.
 */
export function planDay(
  { people, arrivals }: Stage,
  listener: number,
  day: number,
  key0: number,
  key1: number,
  plan: DayPlan,
  row: number,
): void {
  const signedUpAt = arrivals.signedUpAt[listener]!;
  const weekday = weekdayOf(day);
  const word = wordAt(key0, key1, dayWords.sessions);
  const level = people.activity[listener]!;
  const isActive = (word & 0xffff) < (activeChance[level]! * weekdayFactor[weekday]!) >> 8;
  const planned = isActive ? sessionsOf(level, word >>> 16) : 0;
  const isFirstDay = dayOf(signedUpAt) === day;
  const first = isFirstDay ? Math.min(startOfDay(day + 1) - 1, signedUpAt + firstSessionS) : startOfDay(day) - 1;
  const base = row * maxSessionsPerDay;
  let count = 0;
  if (isFirstDay) plan.start[base + count++] = first;
  for (let s = 0; s < planned && count < maxSessionsPerDay; s++) {
    const moment = wordAt(key0, key1, dayWords.session + 2 * s);
    const time = startOfDay(day) + sessionSecond(people.chronotype[listener]!, weekday >= 5, moment);
    if (time <= first) continue;
    let at = base + count++;
    for (; at > base && plan.start[at - 1]! > time; at--) plan.start[at] = plan.start[at - 1]!;
    plan.start[at] = time;
  }
  plan.count[row] = count;
  const isGuided = day - dayOf(signedUpAt) < guidedDays;
  for (let session = 0; session < count; session++) {
    const own = wordAt(key0, key1, dayWords.session + 2 * session + 1);
    plan.length[base + session] = sessionLengths[own & 4095]!;
    plan.looks[base + session] = isGuided || own >>> 16 < looksChance ? 1 : 0;
  }
}

/** When nothing of a session may start any more: the next one, or the end of the day. */
export function endOf(plan: DayPlan, row: number, session: number, day: number): SimTime {
  const next = session + 1;
  return next < plan.count[row]! ? plan.start[row * maxSessionsPerDay + next]! : (day + 1) * secondsPerDay;
}
