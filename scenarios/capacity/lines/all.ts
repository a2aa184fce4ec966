import type { Line } from '../line.ts';
import { audioLines } from './audio.ts';
import { cacheLines } from './cache.ts';
import { moneyLines } from './money.ts';
import { readLines } from './reads.ts';
import { refreshLines } from './refresh.ts';
import { retrievalLines } from './retrieval.ts';
import { shardLines } from './shards.ts';
import { storageLines } from './storage.ts';
import { trainLines } from './train.ts';

/** Every line of a plan, in the order of the questions that they answer. */
export const allLines: readonly Line[] = [
  ...cacheLines,
  ...shardLines,
  ...refreshLines,
  ...readLines,
  ...retrievalLines,
  ...trainLines,
  ...storageLines,
  ...audioLines,
  ...moneyLines,
].sort((a, b) => a.question - b.question);
