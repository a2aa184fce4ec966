import type { Draw } from '../engine/core/random.ts';
import { dayOf, type SimTime, secondsPerDay, startOfDay, weekdayOf } from '../engine/core/time.ts';
import { expExact, lnExact } from './exact.ts';
import { sessionSecond, weekdayActivity } from './hours.ts';
import { maxSessionsPerDay, stepOf } from './steps.ts';
import type { World } from './world.ts';

/** The sessions of some listeners on one day: when they begin, how long they may last, whether they look at the slate. */
export interface DayPlan {
  /** Sessions of each listener. */
  readonly count: Uint8Array;
  /** Row-major [listeners × {@link maxSessionsPerDay}], in order of time. */
  readonly start: Int32Array;
  readonly length: Uint16Array;
  readonly looks: Uint8Array;
}

export const createDayPlan = (listeners: number): DayPlan => ({
  count: new Uint8Array(listeners),
  start: new Int32Array(listeners * maxSessionsPerDay),
  length: new Uint16Array(listeners * maxSessionsPerDay),
  looks: new Uint8Array(listeners * maxSessionsPerDay),
});

/** Tracks of a session: log-logistic with median 8 and a heavy tail, in 4,096 steps. */
const sessionLengths = Uint16Array.from({ length: 4096 }, (_, i) => {
  const p = (i + 0.5) / 4096;
  return Math.min(150, Math.max(1, Math.round(8 * expExact(0.58 * lnExact(p / (1 - p))))));
});

/** Share of sessions that look at the slate; for the first three days all do. */
const looksShare = 0.75;
const guidedDays = 3;
/** The first session begins this long after signing up. */
const firstSessionS = 120;

/**
 * Plan one listener's day into row `row`. Only keyed draws and public facts go in: the plan is the same whatever was
 * recommended, and on the day of signing up there is always a session right after it.
 */
export function planDay(world: World, listener: number, day: number, plan: DayPlan, row: number): void {
  const { people, streams } = world;
  const signedUpAt = world.arrivals.signedUpAt[listener]!;
  const age = day - dayOf(signedUpAt);
  const isFirstDay = age === 0;
  const weekday = weekdayOf(day);
  const draw = streams('plan', listener, stepOf(day));
  const mean = people.sessionsPerDay[listener]! * weekdayActivity[weekday]!;
  const planned = poisson(mean, draw);
  const times: SimTime[] = isFirstDay ? [Math.min(startOfDay(day + 1) - 1, signedUpAt + firstSessionS)] : [];
  const [first] = times;
  for (let s = 0; s < planned; s++) {
    const u = draw();
    const v = draw();
    const time = startOfDay(day) + sessionSecond(people.chronotype[listener]!, weekday >= 5, u, v);
    if (first === undefined || (time > first && times.length < maxSessionsPerDay)) times.push(time);
  }
  times.sort((a, b) => a - b);
  plan.count[row] = times.length;
  times.forEach((time, session) => {
    const own = streams('session', listener, stepOf(day, session));
    const at = row * maxSessionsPerDay + session;
    plan.start[at] = time;
    plan.length[at] = sessionLengths[Math.floor(own() * sessionLengths.length)]!;
    plan.looks[at] = own() < looksShare || age < guidedDays ? 1 : 0;
  });
}

/** When nothing of a session may start any more: the next one, or the end of the day. */
export function endOf(plan: DayPlan, row: number, session: number, day: number): SimTime {
  const next = session + 1;
  return next < plan.count[row]! ? plan.start[row * maxSessionsPerDay + next]! : (day + 1) * secondsPerDay;
}

/** A Poisson number by inversion, from one draw, at most {@link maxSessionsPerDay}. */
function poisson(mean: number, draw: Draw): number {
  let left = draw();
  let chance = expExact(-mean);
  let n = 0;
  for (; n < maxSessionsPerDay && left >= chance; n++) {
    left -= chance;
    chance *= mean / (n + 1);
  }
  return n;
}
