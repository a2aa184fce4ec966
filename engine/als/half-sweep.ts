import { DubplateError } from '../core/errors.ts';
import type { Matrix } from '../core/matrix.ts';
import { type Csr, sparseRow } from '../interactions/csr.ts';
import { foldInUser } from './fold-in.ts';
import { type ObjectiveOptions, objectiveOf } from './objective.ts';

/** How one side is solved while the other stays fixed. */
export type HalfSweepOptions = ObjectiveOptions & {
  /** `cg`: a few conjugate-gradient steps from where the row stands. `cholesky`: exactly, at several times the cost. */
  readonly solver: 'cg' | 'cholesky';
  /** Conjugate-gradient steps per row, ≥ 1. */
  readonly cgSteps: number;
};

/** What a half sweep knows of the loss when it is done, so that the loss of a sweep costs no pass of its own. */
export interface HalfSweepReport {
  /** g·Σ all ŷ² + Σ observed (a·ŷ² − 2b·ŷ + b) + Σ solved ρ‖x‖²: everything but the ridge of the fixed side. */
  readonly loss: number;
  /** Σ ρ‖x‖² of the solved side. */
  readonly ridge: number;
}

/** Rows first … last − 1. */
export interface RowRange {
  readonly first: number;
  readonly last: number;
}

/** A half sweep in the making: solves one range of rows after another, in any order, and reports on each. */
export type RangeSolver = (range: RowRange) => HalfSweepReport;

/**
 * What prepares half a sweep.
 *
 * @param entries observed weights r > 0 [rows × others].
 * @param fixed   Y [others × k].
 * @param gram    G = YᵀY [k × k], float64.
 * @param solved  X [rows × k]: read as the start, overwritten with the result; rows without entries become zero.
 * @throws DubplateError NOT_POSITIVE_DEFINITE when λ = 0 and Y does not span k dimensions; NOT_FINITE naming the row.
 */
export type HalfSweep = (
  entries: Csr,
  fixed: Matrix,
  gram: Float64Array,
  solved: Matrix,
  options: HalfSweepOptions,
) => RangeSolver;

/** Half a sweep by {@link foldInUser}: every row exactly. Cost O(n·k² + k³) a row. */
export const exactHalfSweep: HalfSweep = (entries, fixed, gram, solved, options) => {
  const k = fixed.cols;
  const { target, ridge } = objectiveOf(options);
  return ({ first, last }) => {
    const report = { loss: 0, ridge: 0 };
    for (let row = first; row < last; row++) {
      const history = sparseRow(entries, row);
      const x = foldInUser(history, fixed, gram, options);
      solved.data.set(x, row * k);
      const norm = x.reduce((sum, value) => sum + value * value, 0);
      if (!Number.isFinite(Math.fround(norm))) throw notFinite(row);
      report.ridge += ridge(history.rows.length, fixed.rows) * norm;
      // At the solution xᵀA x − 2bᵀx = −bᵀx.
      for (const [n, column] of history.rows.entries()) {
        let predicted = 0;
        for (let i = 0; i < k; i++) predicted += x[i]! * fixed.data[column * k + i]!;
        report.loss += target(history.weights[n]!) * (1 - predicted);
      }
    }
    return report;
  };
};

export const notFinite = (row: number): DubplateError =>
  new DubplateError('NOT_FINITE', `The factor solved for row ${row} is not finite`, {
    hint: 'Weights or factors are too large for 32-bit numbers: scale the weights down or raise `als.regularization`.',
    details: { row },
  });

export const interrupted = (): DubplateError =>
  new DubplateError('INTERRUPTED', 'Training was stopped before its end', {
    hint: 'Nothing of it was kept: start it again.',
  });
