import { InvalidArgumentError, Option } from 'commander';
import { parseAmount } from './units.ts';

/**
 * A whole number as people write it: 5000, 5e3, 20k, 300M. Every flag that counts is read by this.
 * @returns undefined where it is none.
 */
export function readWhole(text: string): number | undefined {
  const value = parseAmount(text, 'count')?.value;
  return Number.isSafeInteger(value) ? value : undefined;
}

/** For commander: a whole number; in which range is for a schema to say. */
export function wholeFlag(text: string): number {
  const whole = readWhole(text);
  if (whole === undefined) throw new InvalidArgumentError(`${text} is not a whole number, such as 5000, 5e3 or 20k.`);
  return whole;
}

/** For commander: a number that need not be whole, as people write it: 0.5, 40, 5e3, 20k; in which range is for a schema to say. */
export function amountFlag(text: string): number {
  const amount = parseAmount(text, 'count')?.value ?? Number.NaN;
  if (!Number.isFinite(amount)) throw new InvalidArgumentError(`${text} is not a number, such as 0.5, 40, 5e3 or 20k.`);
  return amount;
}

/** For commander: a whole number of at least 1. */
export function countFlag(text: string): number {
  const count = readWhole(text);
  if (count === undefined || count < 1 || count > 1e9) {
    throw new InvalidArgumentError(`${text} is not a whole number from 1 to 1000000000, such as 5000, 5e3 or 20k.`);
  }
  return count;
}

/** For commander: comma-separated whole numbers of at least 1, ascending and each once. */
export const countListFlag = (text: string): readonly number[] =>
  [...new Set(text.split(',').map(countFlag))].sort((a, b) => a - b);

/** For commander: hours above 0, as people write a time: 24, 36h, 7d, 30min. */
export function hoursFlag(text: string): number {
  const hours = parseAmount(text, 'h')?.value ?? Number.NaN;
  if (!Number.isFinite(hours) || hours <= 0) {
    throw new InvalidArgumentError(`${text} is not a number of hours above 0, such as 24, 36h, 7d or 30min.`);
  }
  return hours;
}

/** For commander: seconds, 0 or more, at most a day. */
export function secondsFlag(text: string): number {
  const seconds = Number(text);
  if (!/^\d+(\.\d+)?$/.test(text.trim()) || seconds > 86_400) {
    throw new InvalidArgumentError(`${text} is not a number of seconds from 0 to 86400.`);
  }
  return seconds;
}

/** `--threads`, the same for every command that has it. */
export const threadsFlag = (): Option =>
  new Option(
    '--threads <n>',
    'threads of the ALS and retrieval kernels (default: all processors); results never depend on it',
  ).argParser((text) => {
    const count = countFlag(text);
    if (count > 1024) throw new InvalidArgumentError(`${text} is more than 1024.`);
    return count;
  });
