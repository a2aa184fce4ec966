import { type SimTime, secondsPerDay, startOfDay } from '../engine/core/time.ts';

/** A stretch of a day that is simulated in one go, in seconds since its midnight: [fromS, toS), 0 ≤ fromS < toS ≤ 86,400. */
export interface PartOfDay {
  readonly fromS: number;
  readonly toS: number;
}

export const wholeDay: PartOfDay = { fromS: 0, toS: secondsPerDay };

/** Mornings bring departures, returns and everybody's first meeting with the log; nights count days and close the charts. */
export const hasMorning = ({ fromS }: PartOfDay): boolean => fromS === 0;
export const hasNight = ({ toS }: PartOfDay): boolean => toS === secondsPerDay;

/** When a part of this day ends: nothing begins in it then or later. */
export const endOfPart = (day: number, { toS }: PartOfDay): SimTime => startOfDay(day) + toS;

/** Whether a moment of this day lies in a part of it. */
export const isWithin = (time: SimTime, day: number, { fromS, toS }: PartOfDay): boolean =>
  time >= startOfDay(day) + fromS && time < startOfDay(day) + toS;
