import { type SimTime, secondsPerHour } from '../../engine/core/time.ts';
import type { World } from '../../sim/world.ts';
import { isListening, type LoggedDay } from '../replay/run-reads.ts';

/** Who had listened when, as a refresh knows it. */
export interface Presence {
  /**
   * Everybody who has signed up by the hour-th hour since day 0, those who listened last coming last, and when each of them did:
   * −∞ for who never has.
   */
  at(hour: number): { readonly listeners: Uint32Array; readonly lastListenedAt: Float64Array };
}

/**
 * @param days of the past and of the run, in order.
 * @param hours since day 0 at which it may be asked, ascending, none beyond the last day.
 * Cost: 12 bytes for each listener and hour.
 */
export function presenceOf(world: World, days: Iterable<LoggedDay>, hours: readonly number[]): Presence {
  const lastListenedAt = new Float64Array(world.arrivals.signedUpAt.length).fill(Number.NEGATIVE_INFINITY);
  const snapshots = new Map<number, ReturnType<Presence['at']>>();
  const waiting = [...hours];
  const passTime = (now: SimTime): void => {
    while (waiting[0] !== undefined && waiting[0] * secondsPerHour <= now) {
      const hour = waiting.shift()!;
      const present = Uint32Array.from({ length: world.listenerCountAt(hour * secondsPerHour) }, (_, l) => l);
      const last = lastListenedAt.slice(0, present.length);
      present.sort((a, b) => (last[a] === last[b] ? a - b : last[a]! < last[b]! ? -1 : 1));
      snapshots.set(hour, { listeners: present, lastListenedAt: last });
    }
  };
  for (const { day, events } of days) {
    const rows = Uint32Array.from({ length: events.length }, (_, row) => row).filter((row) =>
      isListening(events.kind[row]!),
    );
    rows.sort((a, b) => events.time[a]! - events.time[b]! || a - b);
    passTime(day * 24 * secondsPerHour);
    for (const row of rows) {
      passTime(events.time[row]!);
      lastListenedAt[events.user[row]!] = events.time[row]!;
    }
  }
  passTime(Number.POSITIVE_INFINITY);
  return {
    at: (hour) => {
      const found = snapshots.get(hour);
      if (!found) throw new Error(`nobody said who was there at hour ${hour}`);
      return found;
    },
  };
}
