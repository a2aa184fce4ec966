import { parentPort } from 'node:worker_threads';
import { DubplateError, type ErrorCode } from '../core/errors.ts';
import type { Matrix } from '../core/matrix.ts';
import type { Csr } from '../interactions/csr.ts';
import { conjugateGradientHalfSweep } from './conjugate-gradient.ts';
import { exactHalfSweep, type HalfSweepOptions, type HalfSweepReport, type RowRange } from './half-sweep.ts';

/** Some ranges of a half sweep; large arrays are in shared memory and `solved` is written there. */
export interface WorkerTask {
  readonly entries: Csr;
  readonly fixed: Matrix;
  readonly gram: Float64Array;
  readonly solved: Matrix;
  readonly options: HalfSweepOptions;
  readonly ranges: readonly RowRange[];
}

/** A range is done, or nothing more will come. */
export type WorkerAnswer =
  | { readonly report: HalfSweepReport; readonly rows: number }
  | {
      readonly error: {
        readonly code?: ErrorCode;
        readonly message: string;
        readonly hint?: string;
        readonly details?: Readonly<Record<string, unknown>>;
      };
    };

parentPort?.on('message', ({ entries, fixed, gram, solved, options, ranges }: WorkerTask) => {
  const answer = (message: WorkerAnswer): void => parentPort?.postMessage(message);
  const halfSweep = options.solver === 'cholesky' ? exactHalfSweep : conjugateGradientHalfSweep;
  try {
    const solve = halfSweep(entries, fixed, gram, solved, options);
    for (const range of ranges) answer({ report: solve(range), rows: range.last - range.first });
  } catch (error) {
    if (error instanceof DubplateError) {
      const { code, message, hint, details } = error;
      answer({ error: { code, message, hint, details } });
    } else answer({ error: { message: String(error) } });
  }
});
