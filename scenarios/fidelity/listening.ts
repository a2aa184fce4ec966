import { type EventColumns, kindCode } from '../../engine/core/events.ts';
import { dayOf, type SimTime } from '../../engine/core/time.ts';

/** What one listener heard, in order of time: entry i is one play, satisfied or skipped. */
export interface Listening {
  readonly track: Uint32Array;
  /** When it began, in seconds of the listener's own clock. */
  readonly time: Int32Array;
  readonly playedMs: Uint32Array;
}

/** Days from the first play to the last, both included; 0 where nothing was played. */
export const spanInDays = ({ time }: Pick<Listening, 'time'>): number =>
  time.length === 0 ? 0 : daysBetween(time[0]!, time[time.length - 1]!);

/** Days that two moments lie in and between. */
export const daysBetween = (first: SimTime, last: SimTime): number => dayOf(last) - dayOf(first) + 1;

/**
 * The plays and skips of a log by listener, for those who have at least `fewest`.
 * @param days stretches of the log; within each a listener's rows are in order, and stretches come in order of time.
 */
export function byListener(days: readonly EventColumns[], fewest = 1): Listening[] {
  let users = 0;
  for (const { length, user } of days) for (let row = 0; row < length; row++) users = Math.max(users, user[row]! + 1);
  const start = new Uint32Array(users + 1);
  for (const { length, user, kind } of days) {
    for (let row = 0; row < length; row++) if (isHeard(kind[row]!)) start[user[row]! + 1]! += 1;
  }
  for (let user = 0; user < users; user++) start[user + 1]! += start[user]!;
  const total = start[users]!;
  const next = start.slice();
  const track = new Uint32Array(total);
  const time = new Int32Array(total);
  const playedMs = new Uint32Array(total);
  for (const events of days) {
    for (let row = 0; row < events.length; row++) {
      if (!isHeard(events.kind[row]!)) continue;
      const at = next[events.user[row]!]!++;
      track[at] = events.track[row]!;
      time[at] = events.time[row]!;
      playedMs[at] = events.playedMs[row]!;
    }
  }
  const listeners: Listening[] = [];
  for (let user = 0; user < users; user++) {
    const [from, to] = [start[user]!, start[user + 1]!];
    if (to - from < fewest) continue;
    listeners.push({
      track: track.subarray(from, to),
      time: time.subarray(from, to),
      playedMs: playedMs.subarray(from, to),
    });
  }
  return listeners;
}

const isHeard = (kind: number): boolean => kind === kindCode.play || kind === kindCode.skip;
