import { type SimTime, secondsPerHour, startOfDay } from '../engine/core/time.ts';
import type { SlateOptions } from '../engine/options.ts';
import type { PartOfDay } from '../sim/part-of-day.ts';
import type { Scenario } from './schema.ts';

/** What happens when in the days of one arm. */
export interface Schedule {
  /** The parts that every day is lived in: the same in all arms, so that twins stay paired. */
  readonly parts: readonly PartOfDay[];
  /** Whether this arm is refreshed as the part begins. Every arm is on day 0, at midnight. */
  refreshes(day: number, part: PartOfDay): boolean;
  /** Whether what would be served is scored as the part begins. */
  scores(part: PartOfDay): boolean;
  /** How many refreshes there are in so many days. */
  refreshesIn(days: number): number;
}

/** A day is cut at each hour at which an arm is refreshed or lists are scored. */
export function scheduleOf(
  { arms, scoreHours }: Pick<Scenario, 'arms' | 'scoreHours'>,
  { refreshHours }: Pick<SlateOptions, 'refreshHours'>,
): Schedule {
  const isCut = (hour: number): boolean =>
    scoreHours.includes(hour) || Object.values(arms).some(({ slate }) => hour % slate.refreshHours === 0);
  const cuts = Array.from({ length: 24 }, (_, hour) => hour).filter((hour) => hour === 0 || isCut(hour));
  const parts = cuts.map((hour, i) => ({
    fromS: hour * secondsPerHour,
    toS: (cuts[i + 1] ?? 24) * secondsPerHour,
  }));
  const refreshes: Schedule['refreshes'] = (day, { fromS }) => (24 * day + fromS / secondsPerHour) % refreshHours === 0;
  return {
    parts,
    refreshes,
    scores: ({ fromS }) => scoreHours.includes(fromS / secondsPerHour),
    refreshesIn: (days) =>
      Array.from({ length: days }, (_, day) => parts.filter((part) => refreshes(day, part)).length).reduce(
        (sum, count) => sum + count,
        0,
      ),
  };
}

/** Whether every arm refreshes every list each night, and lists are scored right after that: nothing is ever older than a day. */
export const isNightly = ({ arms, scoreHours }: Pick<Scenario, 'arms' | 'scoreHours'>): boolean =>
  scoreHours.every((hour) => hour === 0) &&
  Object.values(arms).every(({ slate }) => slate.refreshHours === 24 && slate.foldIn === 'newcomers');

export const startOfPart = (day: number, { fromS }: PartOfDay): SimTime => startOfDay(day) + fromS;
