import type { Matrix } from '../core/matrix.ts';
import { type Progress, silent } from '../core/progress.ts';
import type { InteractionMatrix } from '../interactions/csr.ts';
import type { AlsOptions } from '../options.ts';
import { checkTraining } from './check-kernel-input.ts';
import type { Kernel } from './kernel.ts';

/** Factors of both sides: X [users × k] and Y [tracks × k]. */
export interface Factors {
  readonly users: Matrix;
  readonly tracks: Matrix;
}

export interface TrainedFactors extends Factors {
  /** The loss after each sweep; fewer than `sweeps` when training stopped because the loss stood still. */
  readonly losses: number[];
}

export type TrainOptions = Omit<AlsOptions, 'firstSweeps'>;

/** What training runs on, and who follows it. */
export interface TrainRun {
  readonly kernel: Kernel;
  readonly progress?: Progress;
  /** Aborted: training ends soon with INTERRUPTED. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * Alternating least squares on implicit feedback: each sweep improves all tracks with the users fixed, then all users with
 * the tracks fixed. In this order listeners fit the final tracks, as those do who are folded in later; they are the larger
 * side, too, and the loss falls in fewer sweeps than the other way round. Between sweeps both sides run ahead in the direction of their last change,
 *
 *     X ← X + β·(X − X of the sweep before),   the same for Y
 *
 * because the sweeps zigzag down a narrow valley. When a sweep raises the loss all the same, the run is broken: the next
 * sweep starts from where this one ended.
 *
 * @param interactions weights r > 0 from both sides; a weight of 0 counts as observed, so leave such pairs out.
 * @param start        where to begin; not written to. From `startFactors`: seeded by id, or the last generation.
 * @param options      `sweeps` of them are run, or fewer with a `tolerance`; `firstSweeps` is for the caller to choose
 *   instead on the first night.
 * @returns new matrices and the loss after each sweep; rows without interactions are zero.
 * @throws DubplateError NOT_FINITE naming the first row with a NaN, an infinity or a negative weight; INVALID_INPUT naming
 *   an index out of range, or shapes that do not fit; NOT_POSITIVE_DEFINITE when λ = 0 and a side does not span k dimensions; INTERRUPTED.
 * @see Hu, Koren & Volinsky (2008); Rendle et al. (2021). Momentum with restarts: O'Donoghue & Candès (2015), Adaptive
 *   restart for accelerated gradient schemes. Cost per sweep: `flopsPerSweep`.
 */
export async function trainAls(
  interactions: InteractionMatrix,
  start: Factors,
  options: TrainOptions,
  { kernel, progress = silent, signal }: TrainRun,
): Promise<TrainedFactors> {
  const { byUser, byTrack } = interactions;
  checkTraining(interactions, start);
  const users = copyOf(start.users);
  const tracks = copyOf(start.tracks);
  let before: Factors | undefined;
  const losses: number[] = [];
  const rowsPerSweep = users.rows + tracks.rows;
  for (let sweep = 0; sweep < options.sweeps; sweep++) {
    const watch = (rowsBefore: number) => ({
      signal,
      onRows: (rows: number): void =>
        progress('training factors', sweep + (rowsBefore + rows) / Math.max(1, rowsPerSweep), options.sweeps),
    });
    const userGram = await kernel.gramMatrix(users);
    const trackSide = await kernel.halfSweep(byTrack, users, userGram, tracks, options, watch(0));
    const trackGram = await kernel.gramMatrix(tracks);
    const userSide = await kernel.halfSweep(byUser, tracks, trackGram, users, options, watch(tracks.rows));
    const loss = userSide.loss + trackSide.ridge;
    const lossBefore = losses.at(-1);
    losses.push(loss);
    progress('training factors', sweep + 1, options.sweeps);
    if (lossBefore !== undefined && Math.abs(lossBefore - loss) < options.tolerance * lossBefore) break;
    if (options.momentum === 0 || sweep + 1 === options.sweeps) continue;
    const isRunOver = lossBefore !== undefined && loss > lossBefore;
    if (before && !isRunOver) {
      await kernel.extrapolate(users, before.users, options.momentum);
      await kernel.extrapolate(tracks, before.tracks, options.momentum);
    } else {
      before = { users: copyOf(users), tracks: copyOf(tracks) }; // a run has no direction before its second sweep
    }
  }
  return { users, tracks, losses };
}

const copyOf = (m: Matrix): Matrix => ({ ...m, data: m.data.slice() });
