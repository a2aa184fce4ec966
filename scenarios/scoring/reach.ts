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
 * @param log the events of the run from `from` to `until`, in any order; taken one stretch after the other. What is kept of them
 *   is bounded: for each release its first plays, and its first listeners.
 */
export function scoreReach(log: Iterable<EventColumns>, catalogue: Catalogue, from: SimTime, until: SimTime): Figure[] {
  const released = catalogue.tracks.flatMap(({ releasedAt }, track) =>
    releasedAt >= from && releasedAt < until
      ? [{ track, releasedAt, firstPlays: [] as SimTime[], firstListeners: new Set<number>() }]
      : [],
  );
  const byTrack = new Map(released.map((release) => [release.track, release]));
  for (const events of log) {
    for (let row = 0; row < events.length; row++) {
      if (events.kind[row] !== kindCode.play) continue;
      const release = byTrack.get(events.track[row] ?? 0);
      if (release) addPlay(release, events.user[row] ?? 0, events.time[row] ?? 0);
    }
  }
  return [...reach(released, until), ...tenPlays(released, until)];
}

/** A release, and what listeners made of it. */
interface Released {
  readonly releasedAt: SimTime;
  /** The times of its first ten plays, ascending. */
  readonly firstPlays: SimTime[];
  /** Who played it in its first week; no more than the largest audience. */
  readonly firstListeners: Set<number>;
}

const week = reachDays * secondsPerDay;
const mostListeners = Math.max(...audiences);
const mostPlays = 10;

function addPlay({ releasedAt, firstPlays, firstListeners }: Released, listener: number, time: SimTime): void {
  if (time < releasedAt + week && firstListeners.size < mostListeners) firstListeners.add(listener);
  if (firstPlays.length === mostPlays && time >= firstPlays[mostPlays - 1]!) return;
  firstPlays.push(time);
  firstPlays.sort((a, b) => a - b);
  firstPlays.length = Math.min(firstPlays.length, mostPlays);
}

function reach(released: readonly Released[], until: SimTime): Figure[] {
  const followed = released.filter(({ releasedAt }) => releasedAt + week <= until);
  if (followed.length === 0) return [];
  return audiences.map((n) => ({
    segment: 'newTrack' as const,
    metric: `reach@${n}`,
    value: followed.filter(({ firstListeners }) => firstListeners.size >= n).length / followed.length,
    n: followed.length,
  }));
}

function tenPlays(released: readonly Released[], until: SimTime): Figure[] {
  if (released.length === 0) return [];
  const lives = released.map(({ releasedAt, firstPlays }) => {
    const tenth = firstPlays[mostPlays - 1];
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
