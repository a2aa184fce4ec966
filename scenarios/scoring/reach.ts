import type { Catalogue } from '../../engine/core/catalogue.ts';
import { type EventColumns, kindCode } from '../../engine/core/events.ts';
import { type SimTime, secondsPerDay } from '../../engine/core/time.ts';
import type { Figure } from './rows.ts';

const reachDays = 7;
const audiences = [1, 10, 100] as const;

/**
 * How fast releases find listeners. `reach@n`: share of releases that n listeners played within 7 days, over the
 * releases whose 7 days lie within the run. `daysToTenPlays`: median days from release to the tenth play, over all
 * releases of the run, right-censored at its end (Kaplan–Meier); left out when the curve never falls to one half.
 *
 * @param log the events of the run from `from` to `until`, in any order.
 */
export function scoreReach(
  log: readonly EventColumns[],
  catalogue: Catalogue,
  from: SimTime,
  until: SimTime,
): Figure[] {
  const released = catalogue.tracks.flatMap(({ releasedAt }, track) =>
    releasedAt >= from && releasedAt < until ? [{ track, releasedAt }] : [],
  );
  const plays = new Map<number, { listener: number; time: SimTime }[]>(released.map(({ track }) => [track, []]));
  for (const events of log) {
    for (let row = 0; row < events.length; row++) {
      if (events.kind[row] !== kindCode.play) continue;
      plays.get(events.track[row] ?? 0)?.push({ listener: events.user[row] ?? 0, time: events.time[row] ?? 0 });
    }
  }
  return [...reach(released, plays, until), ...tenPlays(released, plays, until)];
}

type Released = readonly { readonly track: number; readonly releasedAt: SimTime }[];
type Plays = ReadonlyMap<number, readonly { readonly listener: number; readonly time: SimTime }[]>;

function reach(released: Released, plays: Plays, until: SimTime): Figure[] {
  const week = reachDays * secondsPerDay;
  const followed = released.filter(({ releasedAt }) => releasedAt + week <= until);
  if (followed.length === 0) return [];
  const sizes = followed.map(({ track, releasedAt }) => {
    const within = (plays.get(track) ?? []).filter(({ time }) => time < releasedAt + week);
    return new Set(within.map(({ listener }) => listener)).size;
  });
  return audiences.map((n) => ({
    segment: 'newTrack' as const,
    metric: `reach@${n}`,
    value: sizes.filter((size) => size >= n).length / followed.length,
    n: followed.length,
  }));
}

function tenPlays(released: Released, plays: Plays, until: SimTime): Figure[] {
  if (released.length === 0) return [];
  const lives = released.map(({ track, releasedAt }) => {
    const times = (plays.get(track) ?? []).map(({ time }) => time).sort((a, b) => a - b);
    const tenth = times[9];
    return tenth === undefined
      ? { days: (until - releasedAt) / secondsPerDay, isReached: false }
      : { days: (tenth - releasedAt) / secondsPerDay, isReached: true };
  });
  const median = kaplanMeierMedian(lives);
  if (median === undefined) return [];
  return [{ segment: 'newTrack', metric: 'daysToTenPlays', value: median, n: released.length }];
}

/**
 * The time at which the Kaplan–Meier curve S(t) = Π (1 − dᵢ / nᵢ) first is at or below one half; undefined when
 * censoring ends the curve before that.
 */
export function kaplanMeierMedian(
  lives: readonly { readonly days: number; readonly isReached: boolean }[],
): number | undefined {
  // At equal times events come before censorings, as is the convention.
  const sorted = [...lives].sort((a, b) => a.days - b.days || Number(b.isReached) - Number(a.isReached));
  let surviving = 1;
  for (const [i, { days, isReached }] of sorted.entries()) {
    if (!isReached) continue;
    surviving *= 1 - 1 / (sorted.length - i);
    // The product of (1 − 1/n) is exact only up to rounding: one half must not be missed by an ulp.
    if (surviving <= 0.5 + 1e-12) return days;
  }
  return undefined;
}
