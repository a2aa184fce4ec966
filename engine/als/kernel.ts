import type { Blending } from '../blend/one-scale.ts';
import type { Matrix } from '../core/matrix.ts';
import type { Csr, SparsePattern, SparseRow } from '../interactions/csr.ts';
import type { Filter, TopBlock } from '../retrieval/top-n.ts';
import type { HalfSweepOptions, HalfSweepReport } from './half-sweep.ts';
import type { ObjectiveOptions } from './objective.ts';

/** The C++ kernel by instruction set, or the TypeScript reference. AVX-512 and AVX2 give the same bits. */
export type KernelName = 'avx512' | 'avx2' | 'portable' | 'typescript';

/** How a caller follows and stops long work. */
export interface Watch {
  /** Told from time to time how many rows are done. */
  readonly onRows?: (rows: number) => void;
  /** Aborted: the work ends soon with INTERRUPTED, and what was being written is worthless. */
  readonly signal?: AbortSignal | undefined;
}

/** Factors of one side, made ready to fold in rows of the other, exactly. */
export interface FoldIn {
  /** One row, at once, on this thread; ids in any order. @returns x [k]; zeros for an empty history. @throws NOT_FINITE. */
  one(history: SparseRow): Float32Array;
  /** Every row of a matrix. @returns X [rows × k]. @throws NOT_FINITE naming the row; INTERRUPTED. */
  all(histories: Csr, watch?: Watch): Promise<Matrix>;
}

/** Track factors made ready for exact retrieval. */
export interface TrackIndex {
  readonly tracks: number;
  /**
   * The n best tracks of each listener: exactly those of `recommendTopN`, with the same scores and in the same order.
   *
   * @param X [listeners × k].
   * @param n      a whole number from 1.
   * @param filter what to leave out: `heard` [listeners × tracks].
   * @throws NOT_FINITE naming the listener; INTERRUPTED.
   */
  topN(X: Matrix, n: number, filter?: Filter<SparsePattern>, watch?: Watch): Promise<TopBlock>;
}

/** Tracks made ready to be scored. */
export interface TrackScores {
  readonly tracks: number;
  /**
   * Every score of some listeners, S = X·Yᵀ [listeners × tracks]; a score depends on its two factors alone.
   *
   * @param X   [listeners × k].
   * @param out what S is written to, where there is memory for it already: to take new memory costs as much as to score.
   * @throws NOT_FINITE naming the first listener whose factor is not finite or longer than 10¹⁸.
   */
  of(X: Matrix, out?: Float32Array): Promise<Float32Array>;
}

/**
 * The arithmetic of training and retrieval, behind which C++ and TypeScript stand. Results do not depend on the number of threads.
 * All work but {@link FoldIn.one} runs off the main thread. Shapes and ids are checked here, by `checkedKernel`, and what does
 * not fit is refused with INVALID_INPUT; weights are taken as they are (`checkTraining` looks at them once). What is passed
 * must not change while work is under way, and the entries of a matrix that was swept not at all.
 */
export interface Kernel {
  readonly name: KernelName;
  readonly threads: number;
  /** G = YᵀY [k × k], float64. */
  gramMatrix(Y: Matrix): Promise<Float64Array>;
  /** Improves `solved` in place: see `conjugateGradientHalfSweep`. */
  halfSweep(
    entries: Csr,
    fixed: Matrix,
    gram: Float64Array,
    solved: Matrix,
    options: HalfSweepOptions,
    watch?: Watch,
  ): Promise<HalfSweepReport>;
  /** x ← x + β(x − before) and before ← x, number by number. */
  extrapolate(x: Matrix, before: Matrix, beta: number): Promise<void>;
  /** Makes Y ready for folding in. @throws NOT_POSITIVE_DEFINITE. */
  prepareFoldIn(Y: Matrix, gram: Float64Array, options: ObjectiveOptions): Promise<FoldIn>;
  /**
   * Makes Y ready for retrieval; Y must not change as long as the index is used.
   *
   * @param usual [any number × k], listeners like those who will ask. They change no list: large catalogues are searched faster
   *   for them, small ones slower, where most tracks need a closer look anyway.
   * @throws NOT_FINITE naming the track.
   */
  prepareIndex(Y: Matrix, usual?: Matrix): Promise<TrackIndex>;
  /**
   * Makes Y ready to be scored, all of it for everybody who asks; it may change afterwards.
   *
   * @throws NOT_FINITE naming the first track whose factor is not finite or longer than 10¹⁸.
   */
  prepareScores(Y: Matrix): Promise<TrackScores>;
  /**
   * Blends two scores of every track for some listeners and finds the n best of each: `blendScores` within rounding, over the
   * tracks that they have not heard.
   *
   * @param collaborative [listeners × tracks], finite; overwritten with the blended scores, −∞ where a track was heard.
   * @param audio         of the same shape, finite.
   * @param blending      its trust is the same for all, or [listeners × tracks].
   * @param n             a whole number from 1.
   */
  blendBlock(
    collaborative: Float32Array,
    audio: Float32Array,
    blending: Blending,
    n: number,
    heard: SparsePattern,
  ): Promise<TopBlock>;
  /**
   * The most operations a second that multiplying and adding reaches on all threads, with no memory in the way: the ceiling of
   * everything above. Measured for so long; a kernel that cannot say lacks this.
   */
  peakFlops?(milliseconds: number): Promise<number>;
}
