import { expExact, lnExact } from './exact.ts';
import { maxSessionsPerDay } from './steps.ts';

/**
 * How often somebody listens: mean sessions a day r, in 256 levels of equal ratio. People listen on some days and on those
 * several times: active on a day with chance r / (r + 2.6), and then for 1 + Poisson(r + 1.6) sessions, r + 2.6 in the mean: that
 * makes r a day.
 */
export const levels = 256;
const lowest = 0.01;
/** Of anybody, and of a world's mean. */
export const mostSessionsPerDay = 8;
/**
 * By how much the mean sessions of an active day exceed r.
 * Set by hand against `sessionsPerActiveDay` of scenarios/fidelity/targets.ts.
 */
const activeDayExcess = 2.6;

/** Mean sessions a day of a level. */
export const rateOf = (level: number): number =>
  lowest * expExact((level / (levels - 1)) * lnExact(mostSessionsPerDay / lowest));

/** The level nearest to `rate` sessions a day; rates outside [0.01, {@link mostSessionsPerDay}] are brought to the ends. */
export function levelOf(rate: number): number {
  const within = Math.max(lowest, Math.min(mostSessionsPerDay, rate));
  return Math.round(((levels - 1) * lnExact(within / lowest)) / lnExact(mostSessionsPerDay / lowest));
}

/** The chance of being active on an average day by level: held against 16 random bits, of which 65,535 stands for certain. */
export const activeChance = Uint16Array.from({ length: levels }, (_, level) => {
  const rate = rateOf(level);
  return Math.round((65_535 * rate) / (rate + activeDayExcess));
});

/** P(at most n + 1 sessions on an active day) by level, of 65,536: row-major [256 × 10]. */
const sessionChances = Uint16Array.from({ length: levels * maxSessionsPerDay }, (_, i) => {
  const mean = rateOf(Math.floor(i / maxSessionsPerDay)) + activeDayExcess - 1;
  let chance = expExact(-mean);
  let sum = 0;
  for (let n = 0; n <= i % maxSessionsPerDay; n++) {
    sum += chance;
    chance *= mean / (n + 1);
  }
  return Math.min(65_535, Math.round(65_536 * sum));
});

/** Sessions of an active day, from 16 random bits: at least one, at most {@link maxSessionsPerDay}. */
export function sessionsOf(level: number, bits: number): number {
  const row = level * maxSessionsPerDay;
  let n = 0;
  while (n < maxSessionsPerDay - 1 && bits >= sessionChances[row + n]!) n++;
  return n + 1;
}
