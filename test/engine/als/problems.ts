import fc from 'fast-check';
import { factorizeCholesky } from '../../../engine/als/cholesky.ts';
import { gramMatrix } from '../../../engine/als/gram.ts';
import { type ObjectiveOptions, objectiveOf } from '../../../engine/als/objective.ts';
import { type Matrix, rowOf, zeros } from '../../../engine/core/matrix.ts';
import { createStreams, type Draw } from '../../../engine/core/random.ts';
import { type Csr, csrFromTriples } from '../../../engine/interactions/csr.ts';

export const objectives: readonly ObjectiveOptions[] = [
  { objective: 'hkv', alpha: 3, regularization: 0.5, unobservedWeight: 0.1 },
  { objective: 'ials', alpha: 3, regularization: 0.02, unobservedWeight: 0.2 },
];

export const someObjective = fc.constantFrom(...objectives);

/** Numbers in (−reach, reach) from a stream. */
export function randomMatrix(rows: number, cols: number, draw: Draw, reach = 1): Matrix {
  const m = zeros(rows, cols);
  for (let i = 0; i < m.data.length; i++) m.data[i] = reach * (2 * draw() - 1);
  return m;
}

/** About `share` of all pairs, with weights in (0, 5). */
export function randomWeights(rows: number, cols: number, share: number, draw: Draw): Csr {
  const row: number[] = [];
  const col: number[] = [];
  const weight: number[] = [];
  for (let r = 0; r < rows; r++) {
    for (let c = 0; c < cols; c++) {
      if (draw() >= share) continue;
      row.push(r);
      col.push(c);
      weight.push(5 * draw() + 0.01);
    }
  }
  return csrFromTriples({ rows, cols }, { row: Uint32Array.from(row), col: Uint32Array.from(col), weight });
}

/** A seeded problem: some users, tracks and interactions, with factors to start from. */
export const problem = fc
  .record({
    users: fc.integer({ min: 1, max: 12 }),
    tracks: fc.integer({ min: 1, max: 14 }),
    k: fc.integer({ min: 1, max: 11 }),
    share: fc.constantFrom(0.1, 0.4, 0.9),
    seed: fc.nat(1e6),
  })
  .map(({ users, tracks, k, share, seed }) => {
    const streams = createStreams(String(seed));
    const Y = randomMatrix(tracks, k, streams('tracks', 0));
    return {
      weights: randomWeights(users, tracks, share, streams('weights', 0)),
      X: randomMatrix(users, k, streams('users', 0)),
      Y,
      gram: gramMatrix(Y),
    };
  });

/**
 * Y as the native kernels' table holds it, in 16 bits a number: gG + ρ̄I = LLᵀ, y' = L⁻¹y over max |y'ᵢ| / 32,767 in whole
 * numbers, and back.
 */
export function roundedAsTable(weights: Csr, Y: Matrix, gram: Float64Array, options: ObjectiveOptions): Matrix {
  const k = Y.cols;
  const { gramWeight, ridge } = objectiveOf(options);
  const L = gram.map((g) => gramWeight * g);
  for (let i = 0; i < k; i++) L[i * k + i]! += ridge(weights.indices.length / Math.max(1, weights.rows), Y.rows);
  factorizeCholesky(L, k, options.regularization);
  const rounded = zeros(Y.rows, k);
  for (let row = 0; row < Y.rows; row++) {
    const white = new Float64Array(k);
    for (let i = 0; i < k; i++) {
      let sum = rowOf(Y, row)[i]!;
      for (let j = 0; j < i; j++) sum -= L[i * k + j]! * white[j]!;
      white[i] = sum / L[i * k + i]!;
    }
    const scale = Math.max(...white.map(Math.abs)) / 32_767;
    for (let i = 0; i < k; i++) white[i] = scale && scale * Math.round(white[i]! / scale);
    for (let i = 0; i < k; i++) {
      let sum = 0;
      for (let j = 0; j <= i; j++) sum += L[i * k + j]! * white[j]!;
      rowOf(rounded, row)[i] = sum;
    }
  }
  return rounded;
}

/** The loss as the papers write it: every pair of the matrix in turn, nothing rearranged. */
export function lossByEveryPair(weights: Csr, X: Matrix, Y: Matrix, o: ObjectiveOptions): number {
  const dense = zeros(weights.rows, weights.cols);
  for (let u = 0; u < weights.rows; u++) {
    for (let at = weights.indptr[u]!; at < weights.indptr[u + 1]!; at++) {
      dense.data[u * weights.cols + weights.indices[at]!] = weights.weights[at]!;
    }
  }
  const perUser = new Float64Array(X.rows);
  const perTrack = new Float64Array(Y.rows);
  let loss = 0;
  for (let u = 0; u < X.rows; u++) {
    for (let t = 0; t < Y.rows; t++) {
      const r = dense.data[u * weights.cols + t]!;
      const predicted = dot(rowOf(X, u), rowOf(Y, t));
      if (r > 0) {
        perUser[u]! += 1;
        perTrack[t]! += 1;
      }
      if (o.objective === 'hkv') loss += (1 + o.alpha * r) * ((r > 0 ? 1 : 0) - predicted) ** 2;
      else loss += (r > 0 ? (1 - predicted) ** 2 : 0) + o.unobservedWeight * predicted ** 2;
    }
  }
  const ridge = (n: number, others: number): number =>
    o.regularization * (o.objective === 'hkv' ? 1 : n + o.unobservedWeight * others);
  for (let u = 0; u < X.rows; u++) loss += ridge(perUser[u]!, Y.rows) * dot(rowOf(X, u), rowOf(X, u));
  for (let t = 0; t < Y.rows; t++) loss += ridge(perTrack[t]!, X.rows) * dot(rowOf(Y, t), rowOf(Y, t));
  return loss;
}

export function dot(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i]! * b[i]!;
  return sum;
}
