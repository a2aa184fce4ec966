import type { Unit } from '../units.ts';
import type { Inputs } from './inputs.ts';

/** What a value must not pass. */
export interface Limit {
  /** What binds: "hours between refreshes". */
  readonly name: string | ((inputs: Inputs) => string);
  /** The value is to be at most, or at least, what `bound` says. */
  readonly side: 'most' | 'least';
  readonly bound: (inputs: Inputs) => number;
  /** What would make it hold where it does not; undefined where nothing within reason would. */
  readonly remedy?: (inputs: Inputs) => string | undefined;
}

/**
 * One figure of a plan: a pure function of the inputs, declared once. Which inputs it uses, its interval, its verdict and what it
 * is sensitive to are found by evaluating it.
 */
export interface Line {
  readonly id: string;
  /** Number in {@link questions}. */
  readonly question: QuestionNumber;
  readonly about: string;
  readonly unit: Unit;
  /** The formula as people write it. */
  readonly formula: string;
  readonly value: (inputs: Inputs) => number;
  readonly limit?: Limit;
  /** Not part of the plan as stated, but what could be done instead. */
  readonly isAlternative?: true;
  /** What has to be known to read the figure. */
  readonly note?: string;
}

/** What a plan has to answer. */
export const questions = {
  1: 'What does the cache take as nominally planned?',
  2: 'What does Redis really take for that?',
  3: 'What would it take packed?',
  4: 'How many shards, instances and dollars are that?',
  5: 'How full is a shard, and when does it grow out?',
  6: 'How many lists a second does a refresh write?',
  7: 'What does a refresh send over the network?',
  8: 'How many reads are there at the peak?',
  9: 'What does the loss of a shard cost?',
  10: 'What does exact retrieval take?',
  11: 'What does approximate retrieval take?',
  12: 'What does training ALS take, and what a deep model?',
  13: 'How much memory do the factors take?',
  14: 'What do new tracks and listeners add?',
  15: 'How much log and training data is there?',
  16: 'What does listening to new releases take?',
  17: 'What does listening to the back catalogue take?',
  18: 'How large is the feature store?',
  19: 'How long do ids of this width last?',
  20: 'Does the refresh fit into its hours?',
  21: 'Would a flat file on NVMe do?',
  22: 'Does it pay to make lists for active listeners only?',
} as const;

export type QuestionNumber = keyof typeof questions;

/** Hours in a month, days in a year: as prices and growth count them. */
export const hoursPerMonth = 730;
export const daysPerYear = 365;
