import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  factorizeCholesky,
  inverseCholesky,
  solveCholesky,
  substitute,
  substituteAll,
} from '../../../engine/als/cholesky.ts';
import { conjugateGradientHalfSweep } from '../../../engine/als/conjugate-gradient.ts';
import { foldInUser } from '../../../engine/als/fold-in.ts';
import { gramMatrix } from '../../../engine/als/gram.ts';
import { exactHalfSweep, type HalfSweepOptions, type HalfSweepReport } from '../../../engine/als/half-sweep.ts';
import type { Matrix } from '../../../engine/core/matrix.ts';
import { rowOf, zeros } from '../../../engine/core/matrix.ts';
import { createStreams } from '../../../engine/core/random.ts';
import { type Csr, sparseRow } from '../../../engine/interactions/csr.ts';
import { lossOf } from './loss.ts';
import { dot, lossByEveryPair, objectives, problem, randomMatrix, randomWeights, someObjective } from './problems.ts';

describe('the Gram matrix', () => {
  it('is the sum of the outer products of the rows, symmetric to the bit', () => {
    fc.assert(
      fc.property(problem, ({ Y }) => {
        const G = gramMatrix(Y);
        for (let i = 0; i < Y.cols; i++) {
          for (let j = 0; j < Y.cols; j++) {
            let sum = 0;
            for (let r = 0; r < Y.rows; r++) sum += rowOf(Y, r)[i]! * rowOf(Y, r)[j]!;
            expect(G[i * Y.cols + j]).toBeCloseTo(sum, 10);
            expect(G[i * Y.cols + j]).toBe(G[j * Y.cols + i]);
          }
        }
      }),
    );
  });
});

describe('Cholesky', () => {
  it('solves what a product of the matrix with a known vector poses, and inverts', () => {
    fc.assert(
      fc.property(problem, ({ Y, gram }) => {
        const k = Y.cols;
        const A = gram.slice();
        for (let i = 0; i < k; i++) A[i * k + i]! += 0.5;
        const x = Array.from({ length: k }, (_, i) => (i % 3) - 0.7);
        const times = (v: ArrayLike<number>) =>
          Float64Array.from({ length: k }, (_, i) => dot(A.subarray(i * k, (i + 1) * k), v));
        const inverse = inverseCholesky(A.slice(), k, 0.5);
        const Ax = times(x);
        const byInverse = Float64Array.from({ length: k }, (_, i) => dot(inverse.subarray(i * k, (i + 1) * k), Ax));
        const solved = solveCholesky(A.slice(), Ax, 0.5);
        for (let i = 0; i < k; i++) {
          expect(solved[i]).toBeCloseTo(x[i]!, 9);
          expect(byInverse[i]).toBeCloseTo(x[i]!, 9);
        }
      }),
    );
  });

  it('factorises a matrix with a known factor: [[4, 2], [2, 5]] = L·Lᵀ with L = [[2, 0], [1, 2]]', () => {
    const A = Float64Array.from([4, 2, 2, 5]);
    factorizeCholesky(A, 2, 0);
    expect([A[0], A[2], A[3]]).toEqual([2, 1, 2]);
  });

  it('gives four rows at a time, and many right sides together, the bits of the plain loops', () => {
    const draw = createStreams('cholesky')('values', 0);
    for (const k of [1, 3, 4, 5, 8, 18, 31]) {
      const Y = zeros(2 * k, k);
      Y.data.forEach((_, i, data) => {
        data[i] = draw() - 0.5;
      });
      const plain = gramMatrix(Y);
      const blocked = plain.slice();
      for (let i = 0; i < k; i++) {
        for (let j = 0; j <= i; j++) {
          let sum = plain[i * k + j]!;
          for (let p = 0; p < j; p++) sum -= plain[i * k + p]! * plain[j * k + p]!;
          plain[i * k + j] = j < i ? sum / plain[j * k + j]! : Math.sqrt(sum);
        }
      }
      factorizeCholesky(blocked, k, 0);
      expect(blocked).toEqual(plain);
      const sides = Array.from({ length: 3 }, () => Float64Array.from({ length: k }, () => draw()));
      const B = Float64Array.from({ length: 3 * k }, (_, at) => sides[at % 3]![Math.floor(at / 3)]!);
      substituteAll(blocked, B, k);
      for (const [c, side] of sides.entries()) {
        substitute(blocked, side);
        expect(Float64Array.from({ length: k }, (_, i) => B[i * 3 + c]!)).toEqual(side);
      }
    }
  });

  it('refuses a matrix of lower rank even where rounding leaves a pivot just above zero', () => {
    fc.assert(
      fc.property(fc.nat(1e6), fc.integer({ min: 2, max: 12 }), (seed, k) => {
        // k − 1 rows, each an axis of its own plus something in the last column: one direction is never seen.
        const Y = zeros(k - 1, k);
        const draw = createStreams(String(seed))('low rank', 0);
        for (let row = 0; row < k - 1; row++) {
          rowOf(Y, row)[row] = 1 + draw();
          rowOf(Y, row)[k - 1] = draw();
        }
        expect(() => factorizeCholesky(gramMatrix(Y), k, 0)).toThrow(
          expect.objectContaining({ code: 'NOT_POSITIVE_DEFINITE' }),
        );
      }),
    );
  });
});

describe('the loss', () => {
  it('is what the papers write, summed over every pair', () => {
    fc.assert(
      fc.property(problem, someObjective, ({ weights, X, Y }, options) => {
        const expected = lossByEveryPair(weights, X, Y, options);
        expect(lossOf(weights, X, Y, options) / expected).toBeCloseTo(1, 9);
      }),
    );
  });
});

describe('folding in', () => {
  it('lands on the minimum: no nudge of any coordinate lowers the loss', () => {
    fc.assert(
      fc.property(problem, someObjective, fc.nat(), fc.constantFrom(-1e-2, 1e-2), (p, options, at, nudge) => {
        fc.pre(p.weights.indptr[1]! > 0);
        const exact = foldInUser(sparseRow(p.weights, 0), p.Y, p.gram, options);
        const one = { ...p.weights, rows: 1, indptr: p.weights.indptr.slice(0, 2) };
        const lossAt = (x: Float64Array): number =>
          lossByEveryPair(one, { rows: 1, cols: x.length, data: x as unknown as Float32Array }, p.Y, options);
        const moved = exact.slice();
        moved[at % moved.length]! += nudge;
        expect(lossAt(moved)).toBeGreaterThan(lossAt(exact));
      }),
    );
  });

  it('solves the one-factor case by hand: x = Σ b·y / (g·G + Σ a·y² + ρ)', () => {
    const Y = { rows: 2, cols: 1, data: Float32Array.from([1, 2]) };
    const history = { rows: Uint32Array.from([1]), weights: Float32Array.from([4]) };
    const options = { alpha: 0.5, regularization: 3, unobservedWeight: 0.25 };
    const hkv = foldInUser(history, Y, gramMatrix(Y), { ...options, objective: 'hkv' });
    expect(hkv[0]).toBeCloseTo((3 * 2) / (5 + 2 * 4 + 3), 14);
    const ials = foldInUser(history, Y, gramMatrix(Y), { ...options, objective: 'ials' });
    expect(ials[0]).toBeCloseTo(2 / (0.25 * 5 + 4 + 3 * (1 + 0.25 * 2)), 14);
  });

  it('gives zeros for an empty history, and names a regularization of 0 that cannot be solved', () => {
    const Y = randomMatrix(3, 5, createStreams('few')('tracks', 0));
    const [hkv] = objectives;
    const none = { rows: new Uint32Array(), weights: new Float32Array() };
    expect([...foldInUser(none, Y, gramMatrix(Y), hkv!)]).toEqual([0, 0, 0, 0, 0]);
    const one = { rows: Uint32Array.from([2]), weights: Float32Array.from([1]) };
    expect(() => foldInUser(one, Y, gramMatrix(Y), { ...hkv!, regularization: 0 })).toThrow(
      expect.objectContaining({
        code: 'NOT_POSITIVE_DEFINITE',
        details: { pivot: expect.any(Number), regularization: 0 },
      }),
    );
  });
});

/** Every row at once. */
function halfSweep(
  weights: Csr,
  Y: Matrix,
  gram: Float64Array,
  solved: Matrix,
  options: Omit<HalfSweepOptions, 'solver'>,
  solver: HalfSweepOptions['solver'] = 'cg',
): HalfSweepReport {
  const solve = solver === 'cg' ? conjugateGradientHalfSweep : exactHalfSweep;
  return solve(weights, Y, gram, solved, { ...options, solver })({ first: 0, last: weights.rows });
}

describe('half a sweep of conjugate gradients', () => {
  it('knows the loss that it leaves behind, without a pass for it', () => {
    fc.assert(
      fc.property(
        problem,
        someObjective,
        fc.constantFrom('cg' as const, 'cholesky' as const),
        ({ weights, X, Y, gram }, options, solver) => {
          const solved = { ...X, data: X.data.slice() };
          const { loss, ridge } = halfSweep(weights, Y, gram, solved, { ...options, cgSteps: 2 }, solver);
          const lengths = new Uint32Array(Y.rows);
          for (const track of weights.indices) lengths[track]! += 1;
          const ridgeOf = (n: number, others: number): number =>
            options.regularization * (options.objective === 'hkv' ? 1 : n + options.unobservedWeight * others);
          let [users, tracks] = [0, 0];
          for (let u = 0; u < X.rows; u++) {
            const n = weights.indptr[u + 1]! - weights.indptr[u]!;
            users += ridgeOf(n, Y.rows) * dot(rowOf(solved, u), rowOf(solved, u));
          }
          for (let t = 0; t < Y.rows; t++) tracks += ridgeOf(lengths[t]!, X.rows) * dot(rowOf(Y, t), rowOf(Y, t));
          expect(ridge).toBeCloseTo(users, 4);
          expect((loss + tracks) / lossByEveryPair(weights, solved, Y, options)).toBeCloseTo(1, 5);
        },
      ),
    );
  });

  it('reaches the exact solution of every row when given the steps, at any rank', () => {
    fc.assert(
      fc.property(problem, someObjective, ({ weights, X, Y, gram }, options) => {
        const solved = { ...X, data: X.data.slice() };
        halfSweep(weights, Y, gram, solved, { ...options, cgSteps: 3 * Y.cols + 10 });
        for (let row = 0; row < weights.rows; row++) {
          const exact = foldInUser(sparseRow(weights, row), Y, gram, options);
          exact.forEach((value, i) => {
            expect(rowOf(solved, row)[i]).toBeCloseTo(value, 5);
          });
        }
      }),
    );
  });

  it('never raises the loss, from any start and with any number of steps', () => {
    fc.assert(
      fc.property(
        problem,
        someObjective,
        fc.integer({ min: 1, max: 3 }),
        ({ weights, X, Y, gram }, options, cgSteps) => {
          const solved = { ...X, data: X.data.slice() };
          halfSweep(weights, Y, gram, solved, { ...options, cgSteps });
          const before = lossByEveryPair(weights, X, Y, options);
          expect(lossByEveryPair(weights, solved, Y, options)).toBeLessThanOrEqual(before * (1 + 1e-6));
        },
      ),
    );
  });

  it('stays where it is when started at the solution', () => {
    const streams = createStreams('still');
    const Y = randomMatrix(40, 16, streams('tracks', 0));
    const weights = randomWeights(20, 40, 0.3, streams('weights', 0));
    for (const options of objectives) {
      const solved = zeros(20, 16);
      for (let row = 0; row < 20; row++) {
        rowOf(solved, row).set(foldInUser(sparseRow(weights, row), Y, gramMatrix(Y), options));
      }
      const start = solved.data.slice();
      halfSweep(weights, Y, gramMatrix(Y), solved, { ...options, cgSteps: 2 });
      solved.data.forEach((value, i) => {
        expect(Math.abs(value - start[i]!)).toBeLessThan(1e-6);
      });
    }
  });

  it('names the row whose factor is too large for 32 bits', () => {
    const Y = { rows: 1, cols: 1, data: Float32Array.from([1e-39]) };
    const weights = randomWeights(2, 1, 1, () => 0.5);
    const options = { ...objectives[0]!, regularization: 1e-80, cgSteps: 2 };
    const one = { ...weights, indptr: Uint32Array.from([0, 0, 1]) }; // only row 1 has met the track
    expect(() => halfSweep(one, Y, gramMatrix(Y), zeros(2, 1), options)).toThrow(
      expect.objectContaining({ code: 'NOT_FINITE', details: { row: 1 } }),
    );
  });
});
