/**
 * Simulated time: whole seconds since day 0, 00:00. Negative in the past that a world starts with. Day 0 is a Monday.
 * Real logs use seconds since their own origin; the engine only ever takes differences.
 */
export type SimTime = number;

export const secondsPerDay = 86_400;
export const secondsPerHour = 3600;

/** The day that a moment falls in; day 0 starts at time 0, the past has negative days. */
export const dayOf = (time: SimTime): number => Math.floor(time / secondsPerDay);

/** The first moment of a day. */
export const startOfDay = (day: number): SimTime => day * secondsPerDay;

/** Day of the week: 0 Monday … 6 Sunday; releases peak on 4, Friday. */
export const weekdayOf = (day: number): number => ((day % 7) + 7) % 7;

export const friday = 4;
