import { DubplateError } from '../core/errors.ts';
import type { Matrix } from '../core/matrix.ts';
import { type Progress, silent } from '../core/progress.ts';
import { type Csr, type InteractionMatrix, sparseRow } from '../interactions/csr.ts';
import type { AlsOptions } from '../options.ts';
import { conjugateGradientHalfSweep } from './conjugate-gradient.ts';
import { foldInUser } from './fold-in.ts';
import { gramMatrix } from './gram.ts';
import { lossOf } from './loss.ts';

/** Factors of both sides: X [users × k] and Y [tracks × k]. */
export interface Factors {
  readonly users: Matrix;
  readonly tracks: Matrix;
}

export interface TrainedFactors extends Factors {
  /** The loss after each sweep. */
  readonly losses: number[];
}

export type TrainOptions = Omit<AlsOptions, 'firstSweeps'> & {
  /** Solve every row exactly by Cholesky instead of `cgSteps` steps: slow, for checking. */
  readonly exact?: boolean;
};

/**
 * Alternating least squares on implicit feedback: each sweep improves all users with the tracks fixed, then all tracks
 * with the users fixed.
 *
 * @param interactions weights r > 0 from both sides; a weight of 0 counts as observed, so leave such pairs out.
 * @param start        where to begin; not written to. From `startFactors`: seeded by id, or the last generation.
 * @param options      `sweeps` of them are run; `firstSweeps` is for the caller to choose instead on the first night.
 * @returns new matrices and the loss after each sweep; rows without interactions are zero.
 * @throws DubplateError NOT_FINITE naming the first row with a NaN, an infinity or a negative weight;
 *   NOT_POSITIVE_DEFINITE when λ = 0 and a side does not span k dimensions.
 * @see Hu, Koren & Volinsky (2008); Rendle et al. (2021). Cost per sweep: `flopsPerSweep`.
 */
export function trainAls(
  interactions: InteractionMatrix,
  start: Factors,
  options: TrainOptions,
  progress: Progress = silent,
): TrainedFactors {
  const { byUser, byTrack } = interactions;
  checkShapes(byUser, start);
  checkWeights(byUser);
  checkFactors('user', start.users);
  checkFactors('track', start.tracks);
  const users = copyOf(start.users);
  const tracks = copyOf(start.tracks);
  const losses: number[] = [];
  const halfSweep = options.exact ? exactHalfSweep : conjugateGradientHalfSweep;
  let trackGram = gramMatrix(tracks);
  for (let sweep = 1; sweep <= options.sweeps; sweep++) {
    halfSweep(byUser, tracks, trackGram, users, options);
    const userGram = gramMatrix(users);
    halfSweep(byTrack, users, userGram, tracks, options);
    trackGram = gramMatrix(tracks);
    losses.push(lossOf(byUser, users, tracks, options, { users: userGram, tracks: trackGram }));
    progress('training factors', sweep, options.sweeps);
  }
  return { users, tracks, losses };
}

/** The same as {@link conjugateGradientHalfSweep}, solved exactly. */
function exactHalfSweep(entries: Csr, fixed: Matrix, gram: Float64Array, solved: Matrix, options: TrainOptions): void {
  for (let row = 0; row < entries.rows; row++) {
    solved.data.set(foldInUser(sparseRow(entries, row), fixed, gram, options), row * fixed.cols);
  }
}

const copyOf = (m: Matrix): Matrix => ({ ...m, data: m.data.slice() });

function checkShapes(byUser: Csr, start: Factors): void {
  const { users, tracks } = start;
  if (users.rows === byUser.rows && tracks.rows === byUser.cols && users.cols === tracks.cols) return;
  throw new Error(
    `start factors ${users.rows} × ${users.cols} and ${tracks.rows} × ${tracks.cols} do not fit ${byUser.rows} × ${byUser.cols} interactions`,
  );
}

function checkWeights(byUser: Csr): void {
  for (let row = 0; row < byUser.rows; row++) {
    for (let at = byUser.indptr[row]!; at < byUser.indptr[row + 1]!; at++) {
      const weight = byUser.weights[at]!;
      if (!(weight >= 0 && weight < Number.POSITIVE_INFINITY)) {
        throw new DubplateError(
          'NOT_FINITE',
          `The weight of user row ${row} and track row ${byUser.indices[at]} is ${weight}, expected a finite number of at least 0`,
          { hint: 'Mend the interactions before training.', details: { row, side: 'user', weight } },
        );
      }
    }
  }
}

function checkFactors(side: 'user' | 'track', start: Matrix): void {
  const at = start.data.findIndex((value) => !Number.isFinite(value));
  if (at < 0) return;
  const row = Math.floor(at / start.cols);
  throw new DubplateError('NOT_FINITE', `The start factor of ${side} row ${row} holds ${start.data[at]}`, {
    hint: 'Start from finite factors: train this generation afresh, or read the last one from an unbroken file.',
    details: { row, side },
  });
}
