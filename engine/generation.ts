import type { FoldIn } from './als/kernel.ts';
import type { Sound } from './audio/sound-library.ts';
import type { Matrix } from './core/matrix.ts';
import type { SimTime } from './core/time.ts';
import type { Evidence } from './interactions/weigh.ts';

/** What the next generation starts from. Row i belongs to listener or track i of the catalogue. */
export interface Factors {
  /** Counts from 1; stamped on every list. */
  readonly number: number;
  /** X [listeners × k] and Y [tracks × k], float32. */
  readonly users: Matrix;
  readonly tracks: Matrix;
}

/** One immutable state of the recommender: the unit of serving. */
export interface Generation extends Factors {
  readonly builtAt: SimTime;
  /** Solves the factor of a new listener against the tracks. */
  readonly foldIn: FoldIn;
  /** How tracks sound; undefined when the blend does not listen. */
  readonly sound: Sound | undefined;
  /** What the log said when the generation was built. */
  readonly evidence: Evidence;
}
