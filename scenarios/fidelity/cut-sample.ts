import { dayOf, startOfDay } from '../../engine/core/time.ts';
import { median } from './facts.ts';
import { type Listening, spanInDays } from './listening.ts';
import type { Sample } from './sample.ts';

const part = ({ track, time, playedMs }: Listening, from: number, to: number): Listening => ({
  track: track.subarray(from, to),
  time: time.subarray(from, to),
  playedMs: playedMs.subarray(from, to),
});

/** Everybody's last `days` days of listening, the last of them the day of their last play; listenerDays by {@link daysThere}. */
export function lastDays(sample: Sample, days: number): Sample {
  let listenerDays = 0;
  const listeners = sample.listeners.map((log) => {
    const first = startOfDay(dayOf(log.time.at(-1) ?? 0) - days + 1);
    const from = log.time.findIndex((time) => time >= first);
    const kept = part(log, Math.max(0, from), log.time.length);
    listenerDays += daysThere(kept, days);
    return kept;
  });
  return { ...sample, listeners, listenerDays };
}

/**
 * How many days a listener was there, listening or not, from the days of listening: of a of them, the last d days after the first,
 *
 *     d · (a + 1)/(a − 1) − 1        as for the range of a draws without return from that many days
 *
 * A listener who plays every day is there on exactly those days; who plays seldom is so before the first play and after the last.
 *
 * @param most days there were; as many for who listened on one day alone, 0 for who never did.
 * @see Goodman (1952), Serial number analysis, where the first number is not known.
 */
export function daysThere(log: Listening, most: number): number {
  const active = new Set(Array.from(log.time, dayOf)).size;
  if (active < 2) return active * most;
  return Math.min(most, ((spanInDays(log) - 1) * (active + 1)) / (active - 1) - 1);
}

/** The first `plays` plays of everybody: so that those who listen more do not count for more. */
export const firstPlays = (listeners: readonly Listening[], plays: number): Listening[] =>
  listeners.map((log) => part(log, 0, plays));

/** At most `count` of the listeners, evenly spread over all. */
export const someOf = <T>(listeners: readonly T[], count: number): T[] =>
  listeners.filter(
    (_, i) => Math.floor(((i + 1) * count) / listeners.length) > Math.floor((i * count) / listeners.length),
  );

/** The median number of plays of those who have any. */
export const usualPlays = (listeners: readonly Listening[]): number =>
  Math.floor(median(listeners.map(({ track }) => track.length)));
