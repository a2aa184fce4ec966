import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { fewestTracks } from '../blend/one-scale.ts';
import { zeros } from '../core/matrix.ts';
import type { Csr } from '../interactions/csr.ts';
import { checkListener, checkTrack, emptyBlock } from '../retrieval/top-n.ts';
import { checkedKernel } from './check-kernel-input.ts';
import { notPositiveDefinite } from './cholesky.ts';
import { usualHistory } from './fold-in.ts';
import { type HalfSweepReport, notFinite } from './half-sweep.ts';
import { kernelSources } from './kernel/sources.ts';
import type { FoldIn, Kernel, KernelName, TrackIndex } from './kernel.ts';
import type { ObjectiveOptions } from './objective.ts';
import { watched } from './watched.ts';

/** How a native call ended: `brokenRow` ≥ 0 or `brokenPivot` ≠ 0 when it did not end well. */
interface Outcome extends HalfSweepReport {
  readonly brokenRow: number;
  readonly brokenPivot: number;
}

/** Factors made ready for folding in; memory of the addon's. */
type FixedSide = { readonly brand: 'fixed side' };

/** Tracks made ready for retrieval; memory of the addon's, which reads Y beside it. */
type NativeIndex = { readonly brand: 'track index' };

/** Tracks packed for scoring; memory of the addon's. */
type PackedTracks = { readonly brand: 'packed tracks' };

/** The functions of `kernel/addon.cpp`, which trusts its arguments: {@link nativeKernel} lets through what was checked. */
export interface Addon {
  readonly sources: string;
  supports(set: KernelName): boolean;
  gram(set: KernelName, Y: Float32Array, rows: number, k: number, threads: number, G: Float64Array): Promise<void>;
  halfSweep(
    set: KernelName,
    csr: Csr,
    fixed: Float32Array,
    others: number,
    gram: Float64Array,
    k: number,
    options: ObjectiveOptions,
    steps: number,
    threads: number,
    control: Int32Array,
    solved: Float32Array,
  ): Promise<Outcome>;
  prepare(
    set: KernelName,
    fixed: Float32Array,
    others: number,
    gram: Float64Array,
    k: number,
    options: ObjectiveOptions,
    meanEntries: number,
    threads: number,
    control: Int32Array,
  ): Promise<{ readonly side: FixedSide; readonly brokenPivot: number }>;
  solve(side: FixedSide, csr: Csr, threads: number, control: Int32Array, x: Float32Array): Promise<Outcome>;
  solveNow(side: FixedSide, csr: Csr, x: Float32Array): number;
  extrapolate(x: Float32Array, before: Float32Array, length: number, beta: number, threads: number): Promise<void>;
  prepareIndex(
    set: KernelName,
    Y: Float32Array,
    tracks: number,
    k: number,
    usual: Float32Array,
    listeners: number,
    threads: number,
  ): Promise<{ readonly index: NativeIndex; readonly brokenTrack: number }>;
  topN(
    index: NativeIndex,
    X: Float32Array,
    count: number,
    n: number,
    heardStarts: Uint32Array | undefined,
    heard: Uint32Array | undefined,
    allow: Uint8Array | undefined,
    threads: number,
    control: Int32Array,
    rows: Uint32Array,
    scores: Float32Array,
    lengths: Uint32Array,
  ): Promise<number>;
  prepareScores(set: KernelName, Y: Float32Array, tracks: number, k: number, threads: number): Promise<PackedTracks>;
  score(
    packed: PackedTracks,
    X: Float32Array,
    count: number,
    threads: number,
    control: Int32Array,
    S: Float32Array,
  ): Promise<void>;
  blendBlock(
    set: KernelName,
    C: Float32Array,
    A: Float32Array,
    count: number,
    tracks: number,
    trust: Float32Array,
    trusts: Float32Array | undefined,
    evidence: Uint8Array,
    fewest: number,
    n: number,
    heardStarts: Uint32Array,
    heard: Uint32Array,
    threads: number,
    control: Int32Array,
    rows: Uint32Array,
    scores: Float32Array,
    lengths: Uint32Array,
  ): Promise<void>;
  peak(set: KernelName, threads: number, milliseconds: number): Promise<number>;
}

/** The addon, or why there is none. */
export type NativeStatus = { readonly addon: Addon } | { readonly reason: string; readonly advice: string };

const file = fileURLToPath(new URL('./kernel/build/kernel.node', import.meta.url));
const rebuild = 'Build it with `npm run build:kernel`; it needs g++ or clang++ (Debian: `apt-get install g++`).';
let status: NativeStatus | undefined;

/** Loads the addon that `npm install` built, once. One that was built from other sources than are here is not used. */
export function nativeStatus(): NativeStatus {
  status ??= load();
  return status;
}

function load(): NativeStatus {
  if (!existsSync(file)) return { reason: 'the native kernel is not built', advice: rebuild };
  try {
    const addon = createRequire(import.meta.url)(file) as Addon;
    if (addon.sources !== kernelSources())
      return { reason: 'the native kernel was built from other sources', advice: rebuild };
    return { addon };
  } catch (cause) {
    return {
      reason: `the native kernel cannot be loaded (${(cause as Error).message.split('\n')[0]})`,
      advice: rebuild,
    };
  }
}

/** The C++ kernel. @param set one that `addon.supports`. */
export function nativeKernel(addon: Addon, set: KernelName, threads: number): Kernel {
  return checkedKernel({
    name: set,
    threads,

    async gramMatrix(Y) {
      const G = new Float64Array(Y.cols * Y.cols);
      await addon.gram(set, Y.data, Y.rows, Y.cols, threads, G);
      return G;
    },

    async halfSweep(entries, fixed, gram, solved, options, watch) {
      const steps = options.solver === 'cholesky' ? 0 : options.cgSteps;
      const outcome = await watched(watch, (control) =>
        addon.halfSweep(
          set,
          entries,
          fixed.data,
          fixed.rows,
          gram,
          fixed.cols,
          options,
          steps,
          threads,
          control,
          solved.data,
        ),
      );
      check(outcome, options);
      return { loss: outcome.loss, ridge: outcome.ridge };
    },

    extrapolate: (x, before, beta) => addon.extrapolate(x.data, before.data, x.data.length, beta, threads),

    async prepareFoldIn(Y, gram, options): Promise<FoldIn> {
      const k = Y.cols;
      const { side, brokenPivot } = await addon.prepare(
        set,
        Y.data,
        Y.rows,
        gram,
        k,
        options,
        usualHistory,
        threads,
        new Int32Array(2),
      );
      check({ brokenPivot, brokenRow: -1 }, options);
      return {
        one({ rows, weights }) {
          const x = new Float32Array(k);
          const indptr = Uint32Array.of(0, rows.length);
          const broken = addon.solveNow(side, { rows: 1, cols: Y.rows, indptr, indices: rows, weights }, x);
          if (broken >= 0) throw notFinite(broken);
          return x;
        },
        async all(histories, watch) {
          const X = zeros(histories.rows, k);
          check(await watched(watch, (control) => addon.solve(side, histories, threads, control, X.data)), options);
          return X;
        },
      };
    },

    async prepareIndex(Y, usual = zeros(0, Y.cols)): Promise<TrackIndex> {
      const { index, brokenTrack } = await addon.prepareIndex(
        set,
        Y.data,
        Y.rows,
        Y.cols,
        usual.data,
        usual.rows,
        threads,
      );
      checkTrack(brokenTrack);
      return {
        tracks: Y.rows,
        async topN(X, n, { heard, allow } = {}, watch) {
          const most = Math.min(n, Y.rows); // also keeps Y alive, which the index reads
          const block = emptyBlock(X.rows, most);
          if (most === 0) return block;
          const { rows, scores, lengths } = block;
          const broken = await watched(watch, (control) =>
            addon.topN(
              index,
              X.data,
              X.rows,
              most,
              heard?.indptr,
              heard?.indices,
              allow,
              threads,
              control,
              rows,
              scores,
              lengths,
            ),
          );
          checkListener(broken);
          return block;
        },
      };
    },

    async prepareScores(Y) {
      const packed = await addon.prepareScores(set, Y.data, Y.rows, Y.cols, threads);
      return {
        tracks: Y.rows,
        async of(X, S = new Float32Array(X.rows * Y.rows)) {
          await addon.score(packed, X.data, X.rows, threads, new Int32Array(2), S);
          return S;
        },
      };
    },

    async blendBlock(collaborative, audio, { trust, evidence }, n, heard) {
      const block = emptyBlock(heard.rows, Math.min(n, heard.cols));
      if (block.n === 0) return block;
      const { rows, scores, lengths } = block;
      await addon.blendBlock(
        set,
        collaborative,
        audio,
        heard.rows,
        heard.cols,
        trust,
        trust.length === heard.cols ? undefined : trust,
        evidence,
        fewestTracks,
        block.n,
        heard.indptr,
        heard.indices,
        threads,
        new Int32Array(2),
        rows,
        scores,
        lengths,
      );
      return block;
    },

    peakFlops: (milliseconds) => addon.peak(set, threads, milliseconds),
  });
}

function check(outcome: Pick<Outcome, 'brokenRow' | 'brokenPivot'>, options: ObjectiveOptions): void {
  if (outcome.brokenPivot !== 0) throw notPositiveDefinite(outcome.brokenPivot, options.regularization);
  if (outcome.brokenRow >= 0) throw notFinite(outcome.brokenRow);
}
