import { setImmediate } from 'node:timers/promises';
import { blendScores } from '../blend/one-scale.ts';
import { DubplateError } from '../core/errors.ts';
import { type Matrix, rowOf, zeros } from '../core/matrix.ts';
import { SideThread } from '../core/side-thread.ts';
import { type Csr, columnsOf, type SparseRow, sparseRow } from '../interactions/csr.ts';
import { selectBest } from '../retrieval/select.ts';
import { checkListener, checkTrack, emptyBlock, scoreAll, topN } from '../retrieval/top-n.ts';
import { checkedKernel, firstTooLong } from './check-kernel-input.ts';
import { flopsPerSweep } from './conjugate-gradient.ts';
import { checkFoldIn, foldInUser } from './fold-in.ts';
import { gramMatrix } from './gram.ts';
import { type HalfSweepReport, interrupted, notFinite, type RowRange } from './half-sweep.ts';
import type { Kernel, Watch } from './kernel.ts';
import { type HalfSweepTask, solveRanges } from './typescript-worker.ts';
import { watched } from './watched.ts';

/** A side is solved in so many ranges of rows, whatever the number of threads: sums over them have the same bits. */
const rangeCount = 32;

/** Below this many operations a half sweep is over before workers would have started. */
const worthWorkers = 3e8;

/**
 * The reference kernel: plain TypeScript, about 1.5 GFLOP/s a thread. Large half sweeps are shared among worker threads, which
 * live as long as the kernel's process and do not keep it alive.
 */
export function typescriptKernel(threads: number): Kernel {
  const workers = Array.from(
    { length: threads },
    () => new SideThread<HalfSweepTask, HalfSweepReport[]>(new URL('./typescript-worker.ts', import.meta.url)),
  );

  /** The reports of all ranges, in their order. Nobody is at work any more when this ends, well or not. */
  async function shared(task: HalfSweepTask): Promise<HalfSweepReport[]> {
    const shares = await Promise.allSettled(
      workers.map((worker, w) => worker.ask({ ...task, ranges: task.ranges.filter((_, i) => i % threads === w) })),
    );
    const failures = shares.flatMap((share) => (share.status === 'rejected' ? [share.reason] : []));
    // Each stopped at the first row of its own: the first of all is what one thread would name.
    if (failures.length > 0) throw failures.reduce((a, b) => (brokenRowOf(b) < brokenRowOf(a) ? b : a));
    const reports = shares.map((share) => (share.status === 'fulfilled' ? share.value : []));
    return task.ranges.map((_, i) => reports[i % threads]![Math.floor(i / threads)]!);
  }

  return checkedKernel({
    name: 'typescript',
    threads,
    gramMatrix: async (Y) => gramMatrix(Y),

    async halfSweep(entries, fixed, gram, solved, options, watch) {
      const size = {
        users: entries.rows,
        tracks: 0,
        interactions: entries.indices.length,
        factors: fixed.cols,
        ...options,
      };
      const ranges = evenRanges(entries);
      if (flopsPerSweep(size) / 2 < worthWorkers) {
        return watched(watch, async (control) =>
          total(solveRanges({ entries, fixed, gram, solved, options, ranges, control })),
        );
      }
      const X = sharedCopy(solved);
      const shareable = {
        ...entries,
        indptr: sharedArray(Uint32Array, entries.indptr),
        indices: sharedArray(Uint32Array, entries.indices),
        weights: sharedArray(Float32Array, entries.weights),
      };
      const task = { entries: shareable, fixed: sharedCopy(fixed), gram, solved: X, options, ranges };
      const reports = await watched(watch, (control) => shared({ ...task, control }), new SharedArrayBuffer(8));
      solved.data.set(X.data);
      watch?.onRows?.(entries.rows);
      return total(reports);
    },

    async extrapolate(x, before, beta) {
      for (let i = 0; i < x.data.length; i++) {
        const now = x.data[i]!;
        x.data[i] = now + beta * (now - before.data[i]!);
        before.data[i] = now;
      }
    },

    async prepareIndex(Y) {
      checkTrack(firstTooLong(Y));
      return {
        tracks: Y.rows,
        async topN(X, n, { heard, allow } = {}, watch) {
          checkListener(firstTooLong(X));
          const block = emptyBlock(X.rows, Math.min(n, Y.rows));
          const scores = new Float32Array(Y.rows);
          for (let row = 0; row < X.rows; row++) {
            await pause(row, watch);
            scoreAll(rowOf(X, row), Y, scores);
            const best = topN(scores, block.n, { heard: heard && columnsOf(heard, row), allow });
            block.rows.set(best.rows, row * block.n);
            block.scores.set(best.scores, row * block.n);
            block.lengths[row] = best.rows.length;
          }
          return block;
        },
      };
    },

    prepareScores: async (Y) => ({
      tracks: Y.rows,
      async of(X, S = new Float32Array(X.rows * Y.rows)) {
        for (let row = 0; row < X.rows; row++) {
          scoreAll(rowOf(X, row), Y, S.subarray(row * Y.rows, (row + 1) * Y.rows));
        }
        return S;
      },
    }),

    async blendBlock(collaborative, audio, { trust, evidence }, n, heard) {
      const { rows: listeners, cols: tracks } = heard;
      const block = emptyBlock(listeners, Math.min(n, tracks));
      const all = Uint32Array.from({ length: tracks }, (_, track) => track);
      for (let row = 0; row < listeners; row++) {
        await pause(row, undefined);
        const own = (values: Float32Array): Float32Array => values.subarray(row * tracks, (row + 1) * tracks);
        const scores = own(collaborative);
        for (const track of columnsOf(heard, row)) scores[track] = Number.NEGATIVE_INFINITY;
        const candidates = all.filter((track) => scores[track] !== Number.NEGATIVE_INFINITY);
        blendScores(scores, own(audio), candidates, { trust: trust.length === tracks ? trust : own(trust), evidence });
        const best = selectBest(candidates, scores, block.n);
        block.rows.set(best, row * block.n);
        for (const [place, track] of best.entries()) block.scores[row * block.n + place] = scores[track]!;
        block.lengths[row] = best.length;
      }
      return block;
    },

    async prepareFoldIn(Y, gram, options) {
      checkFoldIn(Y, gram, options);
      const solve = (history: SparseRow, row: number): Float32Array => {
        const x = Float32Array.from(foldInUser(history, Y, gram, options));
        if (!x.every(Number.isFinite)) throw notFinite(row);
        return x;
      };
      return {
        one: (history) => solve(history, 0),
        async all(histories, watch) {
          const X = zeros(histories.rows, Y.cols);
          for (let row = 0; row < histories.rows; row++) {
            await pause(row, watch);
            X.data.set(solve(sparseRow(histories, row), row), row * Y.cols);
          }
          return X;
        },
      };
    },
  });
}

/** The row that an error is about; before all rows where it is about none. */
const brokenRowOf = (error: unknown): number =>
  error instanceof DubplateError && typeof error.details.row === 'number' ? error.details.row : -1;

/** Between rows, now and then: lets others on this thread have a turn, and hears from who watches. */
async function pause(rowsDone: number, watch: Watch | undefined): Promise<void> {
  if (rowsDone % 256 === 0) {
    if (rowsDone > 0) watch?.onRows?.(rowsDone);
    await setImmediate();
  }
  if (watch?.signal?.aborted) throw interrupted();
}

/** Ranges of about equally many entries. */
function evenRanges(entries: Csr): RowRange[] {
  const ranges: RowRange[] = [];
  let first = 0;
  for (let i = 1; i <= rangeCount; i++) {
    const until = (entries.indices.length * i) / rangeCount;
    let last = i === rangeCount ? entries.rows : first;
    while (last < entries.rows && entries.indptr[last]! < until) last += 1;
    if (last > first) ranges.push({ first, last });
    first = last;
  }
  return ranges;
}

function total(reports: readonly HalfSweepReport[]): HalfSweepReport {
  let [loss, ridge] = [0, 0];
  for (const report of reports) {
    loss += report.loss;
    ridge += report.ridge;
  }
  return { loss, ridge };
}

const sharedCopy = (m: Matrix): Matrix => ({ ...m, data: sharedArray(Float32Array, m.data) });

function sharedArray<T extends Float32Array | Uint32Array>(kind: new (buffer: SharedArrayBuffer) => T, from: T): T {
  const copy = new kind(new SharedArrayBuffer(from.byteLength));
  copy.set(from);
  return copy;
}
