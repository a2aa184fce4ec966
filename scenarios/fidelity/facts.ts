import { median as medianOf } from 'simple-statistics';
import { dayOf, friday, secondsPerDay, weekdayOf } from '../../engine/core/time.ts';
import { gini } from '../scoring/gini.ts';
import type { Listening } from './listening.ts';

/** Silence of more than this ends a session. */
const sessionGapSeconds = 30 * 60;

/** The facts of one listener's log. Shares are 0–1; a fact without a value (no repeat, say) is not a number. */
export interface ListenerFacts {
  readonly sessionsPerActiveDay: number;
  readonly medianSessionTracks: number;
  readonly meanSessionTracks: number;
  readonly oneTrackSessions: number;
  readonly repeatShare: number;
  readonly immediateRepeats: number;
  readonly under5s: number;
  readonly under30s: number;
  readonly medianGapDays: number;
  readonly busiestHour: number;
  readonly emptiestSixHours: number;
}

export function factsOf(log: Listening): ListenerFacts {
  const sessions = sessionLengths(log);
  const n = log.track.length;
  const days = new Set(Array.from(log.time, dayOf));
  const gaps = repeatGaps(log);
  const hours = hourShares(log);
  const share = (is: (i: number) => boolean): number => {
    let count = 0;
    for (let i = 0; i < n; i++) if (is(i)) count++;
    return count / n;
  };
  return {
    sessionsPerActiveDay: sessions.length / days.size,
    medianSessionTracks: median(sessions),
    meanSessionTracks: n / sessions.length,
    oneTrackSessions: sessions.filter((length) => length === 1).length / sessions.length,
    repeatShare: gaps.length / n,
    immediateRepeats: share((i) => i > 0 && log.track[i] === log.track[i - 1]),
    under5s: share((i) => log.playedMs[i]! < 5000),
    under30s: share((i) => log.playedMs[i]! < 30_000),
    medianGapDays: median(gaps) / secondsPerDay,
    busiestHour: Math.max(...hours),
    emptiestSixHours: Math.min(
      ...hours.map((_, hour) => [0, 1, 2, 3, 4, 5].reduce((sum, h) => sum + hours[(hour + h) % 24]!, 0)),
    ),
  };
}

/** Tracks of each session. */
function sessionLengths({ time, playedMs }: Listening): number[] {
  const lengths: number[] = [];
  let end = Number.NEGATIVE_INFINITY;
  for (let i = 0; i < time.length; i++) {
    if (time[i]! - end > sessionGapSeconds) lengths.push(0);
    lengths[lengths.length - 1]! += 1;
    end = time[i]! + playedMs[i]! / 1000;
  }
  return lengths;
}

/** Seconds from each repeat to the last time that the same track was played. */
function repeatGaps({ track, time }: Listening): number[] {
  const last = new Map<number, number>();
  const gaps: number[] = [];
  for (let i = 0; i < track.length; i++) {
    const before = last.get(track[i]!);
    if (before !== undefined) gaps.push(time[i]! - before);
    last.set(track[i]!, time[i]!);
  }
  return gaps;
}

function hourShares({ time }: Listening): number[] {
  const shares = Array.from({ length: 24 }, () => 0);
  for (const t of time) shares[Math.floor((t - dayOf(t) * secondsPerDay) / 3600)]! += 1 / time.length;
  return shares;
}

/** Plays by weekday over all listeners: what Sunday has for each of Friday's. */
export function sundayToFriday(logs: readonly Listening[]): number {
  const byWeekday = [0, 0, 0, 0, 0, 0, 0];
  for (const { time } of logs) for (const t of time) byWeekday[weekdayOf(dayOf(t))]! += 1;
  return byWeekday[6]! / byWeekday[friday]!;
}

/** Share of plays that goes to the most played hundredth of a catalogue of `tracks` tracks, and the Gini coefficient of plays. */
export function concentration(logs: readonly Listening[], tracks: number): { topShare: number; gini: number } {
  const plays = new Float64Array(tracks);
  let total = 0;
  for (const { track } of logs) {
    for (const t of track) plays[t]! += 1;
    total += track.length;
  }
  plays.sort();
  let top = 0;
  for (let i = tracks - Math.max(1, Math.round(tracks / 100)); i < tracks; i++) top += plays[i]!;
  return { topShare: top / total, gini: total === 0 ? Number.NaN : gini(plays) };
}

/** Plays of releases in their second week for each in their first, over releases whose two weeks lie within [from, until). */
export function secondWeekShare(
  logs: readonly Listening[],
  releasedAt: ArrayLike<number>,
  from: number,
  until: number,
): number {
  const week = 7 * secondsPerDay;
  const byWeek = [0, 0];
  for (const { track, time } of logs) {
    for (let i = 0; i < track.length; i++) {
      const released = releasedAt[track[i]!]!;
      if (released < from || released + 2 * week > until) continue;
      const age = Math.floor((time[i]! - released) / week);
      if (age === 0 || age === 1) byWeek[age]! += 1;
    }
  }
  return byWeek[1]! / byWeek[0]!;
}

/** The middle of some numbers, between the two middle ones of an even count; not a number for none. */
export const median = (values: ArrayLike<number>): number =>
  values.length === 0 ? Number.NaN : medianOf(Array.from(values));
