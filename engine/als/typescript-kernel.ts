import { setImmediate } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import { DubplateError } from '../core/errors.ts';
import { type Matrix, rowOf, zeros } from '../core/matrix.ts';
import { type Csr, sparseRow } from '../interactions/csr.ts';
import { checkListener, checkTrack, emptyBlock, scoreAll, topN } from '../retrieval/top-n.ts';
import { checkedKernel, firstTooLong } from './check-kernel-input.ts';
import { conjugateGradientHalfSweep, flopsPerSweep } from './conjugate-gradient.ts';
import { foldInUser } from './fold-in.ts';
import { gramMatrix } from './gram.ts';
import {
  exactHalfSweep,
  type HalfSweepOptions,
  type HalfSweepReport,
  interrupted,
  type RowRange,
} from './half-sweep.ts';
import type { Kernel, Watch } from './kernel.ts';
import type { WorkerAnswer, WorkerTask } from './typescript-worker.ts';

/** A side is solved in so many ranges of rows, whatever the number of threads: sums over them have the same bits. */
const rangeCount = 32;

/** Below this many operations a half sweep is over before workers would have started. */
const worthWorkers = 3e8;

/**
 * The reference kernel: plain TypeScript, about 1.5 GFLOP/s a thread. Large half sweeps are shared among worker threads, which
 * live as long as the kernel's process and do not keep it alive.
 */
export function typescriptKernel(threads: number): Kernel {
  const workers: Worker[] = [];
  const halfSweepOf = (options: HalfSweepOptions) =>
    options.solver === 'cholesky' ? exactHalfSweep : conjugateGradientHalfSweep;

  const shared = async (task: Omit<WorkerTask, 'ranges'>, ranges: readonly RowRange[], watch: Watch | undefined) => {
    while (workers.length < threads) workers.push(startWorker());
    let done = 0;
    const reports = await Promise.all(
      workers.map((worker, w) =>
        ask(
          worker,
          { ...task, ranges: ranges.filter((_, i) => i % threads === w) },
          (rows) => {
            done += rows;
            watch?.onRows?.(done);
          },
          watch?.signal,
        ),
      ),
    ).catch((error) => {
      for (const worker of workers.splice(0)) void worker.terminate(); // those that were still at it, too
      throw error;
    });
    return ranges.map((_, i) => reports[i % threads]?.[Math.floor(i / threads)] ?? { loss: 0, ridge: 0 });
  };

  return checkedKernel({
    name: 'typescript',
    threads,
    gramMatrix: async (Y) => gramMatrix(Y),

    async halfSweep(entries, fixed, gram, solved, options, watch) {
      const ranges = evenRanges(entries);
      const size = {
        users: entries.rows,
        tracks: 0,
        interactions: entries.indices.length,
        factors: fixed.cols,
        ...options,
      };
      if (threads === 1 || flopsPerSweep(size) / 2 < worthWorkers) {
        return total(ranges.map(halfSweepOf(options)(entries, fixed, gram, solved, options)));
      }
      const X = sharedCopy(solved);
      const task = {
        entries: {
          ...entries,
          indptr: sharedArray(Uint32Array, entries.indptr),
          indices: sharedArray(Uint32Array, entries.indices),
          weights: sharedArray(Float32Array, entries.weights),
        },
        fixed: sharedCopy(fixed),
        gram,
        solved: X,
        options,
      };
      const reports = await shared(task, ranges, watch);
      solved.data.set(X.data);
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
            if (watch?.signal?.aborted) throw interrupted();
            scoreAll(rowOf(X, row), Y, scores);
            const best = topN(scores, block.n, { heard: heard && sparseRow(heard, row).rows, allow });
            block.rows.set(best.rows, row * block.n);
            block.scores.set(best.scores, row * block.n);
            block.lengths[row] = best.rows.length;
            if (row % 256 === 255) {
              watch?.onRows?.(row + 1);
              await setImmediate();
            }
          }
          return block;
        },
      };
    },

    async scoreBlock(X, Y) {
      const S = new Float32Array(X.rows * Y.rows);
      for (let row = 0; row < X.rows; row++) {
        scoreAll(rowOf(X, row), Y, S.subarray(row * Y.rows, (row + 1) * Y.rows));
      }
      return S;
    },

    async prepareFoldIn(Y, gram, options) {
      const one = (history: ReturnType<typeof sparseRow>): Float32Array =>
        Float32Array.from(foldInUser(history, Y, gram, options));
      return {
        one,
        async all(histories, watch) {
          const X = zeros(histories.rows, Y.cols);
          for (let row = 0; row < histories.rows; row++) {
            if (watch?.signal?.aborted) throw interrupted();
            X.data.set(one(sparseRow(histories, row)), row * Y.cols);
          }
          return X;
        },
      };
    },
  });
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

function startWorker(): Worker {
  const worker = new Worker(new URL('./typescript-worker-entry.js', import.meta.url), { execArgv: [] });
  worker.unref();
  return worker;
}

/** One task for one worker, which answers range by range. */
function ask(
  worker: Worker,
  task: WorkerTask,
  onRows: (rows: number) => void,
  signal: AbortSignal | undefined,
): Promise<HalfSweepReport[]> {
  return new Promise((resolve, reject) => {
    const reports: HalfSweepReport[] = [];
    const finish = (settle: () => void): void => {
      worker.off('error', onError);
      worker.off('message', onAnswer);
      signal?.removeEventListener('abort', stop);
      worker.unref();
      settle();
    };
    const stop = (): void => finish(() => reject(interrupted()));
    const onError = (error: Error): void => finish(() => reject(error));
    const onAnswer = (answer: WorkerAnswer): void => {
      if ('error' in answer) {
        finish(() => reject(asError(answer.error)));
        return;
      }
      reports.push(answer.report);
      onRows(answer.rows);
      if (reports.length === task.ranges.length) finish(() => resolve(reports));
    };
    if (signal?.aborted) return reject(interrupted());
    if (task.ranges.length === 0) return resolve(reports);
    signal?.addEventListener('abort', stop);
    worker.on('error', onError);
    worker.on('message', onAnswer);
    worker.ref();
    worker.postMessage(task);
  });
}

/** An error that crossed between threads is a plain object; ours gets its class back. */
const asError = ({ code, message, hint, details }: Extract<WorkerAnswer, { error: unknown }>['error']): Error =>
  code === undefined
    ? new Error(message)
    : new DubplateError(code, message, { hint: hint ?? '', details: details ?? {} });
