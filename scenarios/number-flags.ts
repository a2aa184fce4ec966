import { InvalidArgumentError } from 'commander';

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
