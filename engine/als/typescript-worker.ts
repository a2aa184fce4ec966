import type { Matrix } from '../core/matrix.ts';
import type { Csr } from '../interactions/csr.ts';
import { conjugateGradientHalfSweep } from './conjugate-gradient.ts';
import {
  exactHalfSweep,
  type HalfSweepOptions,
  type HalfSweepReport,
  interrupted,
  type RowRange,
} from './half-sweep.ts';
import { advance, type Control, isStopped } from './watched.ts';

/** Some ranges of a half sweep; large arrays are in shared memory and `solved` is written there. */
export interface HalfSweepTask {
  readonly entries: Csr;
  readonly fixed: Matrix;
  readonly gram: Float64Array;
  readonly solved: Matrix;
  readonly options: HalfSweepOptions;
  readonly ranges: readonly RowRange[];
  readonly control: Control;
}

/** Runs on another thread, or on this one. @returns a report of each range. @throws as a HalfSweep; INTERRUPTED. */
export function solveRanges(task: HalfSweepTask): HalfSweepReport[] {
  const { entries, fixed, gram, solved, options, control } = task;
  const solve = (options.solver === 'cholesky' ? exactHalfSweep : conjugateGradientHalfSweep)(
    entries,
    fixed,
    gram,
    solved,
    options,
  );
  return task.ranges.map((range) => {
    if (isStopped(control)) throw interrupted();
    const report = solve(range);
    advance(control, range.last - range.first);
    return report;
  });
}

export const respond = () => solveRanges;
