import { InvalidArgumentError, Option } from 'commander';

/** For commander: a whole number of at least 1. */
export function countFlag(text: string): number {
  const count = Number(text);
  if (!/^\d+$/.test(text.trim()) || count < 1 || count > 1e9) {
    throw new InvalidArgumentError(`${text} is not a whole number from 1 to 1000000000.`);
  }
  return count;
}

/** For commander: comma-separated whole numbers of at least 1, ascending and each once. */
export const countListFlag = (text: string): readonly number[] =>
  [...new Set(text.split(',').map(countFlag))].sort((a, b) => a - b);

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
