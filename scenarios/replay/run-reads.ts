import type { Trace } from '../../engine/cache/policy/policy.ts';
import { type EventColumns, kindCode } from '../../engine/core/events.ts';
import { block, keyInto } from '../../engine/core/random.ts';
import { readEvents } from '../../sim/log.ts';
import { createDayPlan, planDay } from '../../sim/plan.ts';
import { maxSessionsPerDay, stepOf } from '../../sim/steps.ts';
import type { World } from '../../sim/world.ts';
import { checkFiles, type FinishedRun } from '../finished-run.ts';

/** The log of one day. */
export interface LoggedDay {
  readonly day: number;
  readonly events: EventColumns;
}

/**
 * When listeners looked at their lists: key l is listener l, times are those of the simulated clock. When somebody listens and
 * whether they look is drawn from keys alone, so it is drawn again; the log says on which days they were there at all.
 *
 * @param days of the run, in order; taken one after the other.
 * Cost: 12 bytes for each read.
 */
export function readsOf(world: World, days: Iterable<LoggedDay>): Trace {
  const listeners = world.arrivals.signedUpAt.length;
  const plan = createDayPlan(1);
  const refs: number[] = [];
  const times: number[] = [];
  for (const { day, events } of days) {
    const hasListened = new Uint8Array(listeners);
    for (let row = 0; row < events.length; row++)
      if (isListening(events.kind[row]!)) hasListened[events.user[row]!] = 1;
    const reads: { listener: number; time: number }[] = [];
    for (let listener = 0; listener < listeners; listener++) {
      if (hasListened[listener] === 0) continue;
      keyInto(world.keys.day, listener, stepOf(day));
      planDay(world, listener, day, block[0]!, block[1]!, plan, 0);
      for (let session = 0; session < Math.min(plan.count[0]!, maxSessionsPerDay); session++) {
        if (plan.looks[session] === 1) reads.push({ listener, time: plan.start[session]! });
      }
    }
    reads.sort((a, b) => a.time - b.time || a.listener - b.listener);
    for (const { listener, time } of reads) {
      refs.push(listener);
      times.push(time);
    }
  }
  return { keys: listeners, refs: Uint32Array.from(refs), timesS: Float64Array.from(times) };
}

/**
 * The reads of one arm of a finished run, from day 0 on: see {@link readsOf}.
 *
 * @param world as `remakeWorld` makes it.
 * @throws DubplateError FILE_NOT_FOUND when days of the log are gone; INVALID_INPUT when they are damaged.
 */
export function readsOfRun(run: FinishedRun, arm: string, worldName: string, world: World): Trace {
  const days = run.days.filter((day) => day >= 0);
  const fileOf = (day: number): string => run.eventsOf(arm, worldName, day);
  checkFiles(run, days.map(fileOf));
  return readsOf(world, logged(days, fileOf));
}

/** Days from their files, one in memory at a time. */
export function* logged(days: readonly number[], fileOf: (day: number) => string): Generator<LoggedDay> {
  for (const day of days) yield { day, events: readEvents(fileOf(day)) };
}

export const isListening = (kind: number): boolean => kind === kindCode.play || kind === kindCode.skip;
