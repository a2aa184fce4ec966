import { seedFactors } from '../../engine/als/seed-factors.ts';
import type { Factors } from '../../engine/als/train.ts';
import type { Progress } from '../../engine/core/progress.ts';
import { createStreams } from '../../engine/core/random.ts';
import type { Csr } from '../../engine/interactions/csr.ts';
import { activityOf, generateListening } from './generate-listening.ts';
import { hiddenTaste } from './hidden-taste.ts';
import { shortCount } from './rows.ts';

/** How much data is generated. */
export interface ProblemSize {
  readonly users: number;
  readonly tracks: number;
  /** Pairs with a weight; exactly so many are made. */
  readonly interactions: number;
  readonly factors: number;
}

/** What a training starts from. */
export interface Problem {
  readonly byUser: Csr;
  readonly start: Factors;
}

/** Generated interactions and start factors: the same seed and size give the same bytes. */
export function generateProblem(size: ProblemSize, seed: string, progress: Progress): Problem {
  const streams = createStreams(seed);
  const heard = activityOf(size, streams);
  const byUser = generateListening(hiddenTaste(size.tracks, streams), heard, { progress });
  const ids = (count: number, letter: string): string[] => Array.from({ length: count }, (_, i) => `${letter}${i}`);
  return {
    byUser,
    start: {
      users: seedFactors(ids(size.users, 'u'), size.factors, 'users', streams),
      tracks: seedFactors(ids(size.tracks, 't'), size.factors, 'tracks', streams),
    },
  };
}

/** How a problem is called in the column `size`: users x tracks, interactions, factors. */
export const sizeText = ({ users, tracks, interactions, factors }: ProblemSize): string =>
  `${shortCount(users)} x ${shortCount(tracks)}, ${shortCount(interactions)}, k=${factors}`;

export const sizeOf = ({ byUser, start }: Problem): ProblemSize => ({
  users: byUser.rows,
  tracks: byUser.cols,
  interactions: byUser.indices.length,
  factors: start.users.cols,
});
