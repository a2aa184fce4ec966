/**
 * What loops of the algorithms do, counted product by product and sum by sum: an independent route to the closed forms.
 * Divisions and the few operations on single numbers are left out.
 */
class Counter {
  flops = 0;
  /** u · v, or u += a · v, of length n. */
  vector(n: number): void {
    for (let i = 0; i < n; i++) this.flops += 2;
  }
  /** A matrix times a vector. */
  matrix(rows: number, cols: number): void {
    for (let row = 0; row < rows; row++) this.vector(cols);
  }
  /** YᵀY of n rows: one triangle, the other is its mirror image. */
  gram(n: number, k: number): void {
    for (let row = 0; row < n; row++) for (let i = 0; i < k; i++) this.vector(k - i);
  }
}

interface Sweep {
  readonly users: number;
  readonly tracks: number;
  readonly perUser: number;
  readonly k: number;
}

/** A sweep of preconditioned conjugate gradients, as engine/als/conjugate-gradient.ts describes it. */
export function countSweep({ users, tracks, perUser, k, steps }: Sweep & { readonly steps: number }): number {
  const counter = new Counter();
  const half = (rows: number, fixed: number, perRow: number): void => {
    counter.gram(fixed, k);
    for (let row = 0; row < rows; row++) {
      counter.matrix(k, k); // M x
      counter.matrix(perRow, k); // yᵀx of each entry
      counter.matrix(perRow, k); // residual += …·y
      for (let step = 1; ; step++) {
        counter.matrix(k, k); // z = M⁻¹ r
        counter.matrix(perRow, k); // yᵀp
        counter.vector(k); // pᵀMp
        counter.vector(k); // x += stride·p
        if (step === steps) break;
        counter.matrix(perRow, k); // Ap += …·y
        counter.vector(k); // r −= stride·Ap
        counter.vector(k); // rᵀz
        counter.vector(k); // p = z + β·p
        counter.vector(k); // Mp = r + β·Mp
      }
    }
  };
  half(users, tracks, perUser);
  half(tracks, users, (users * perUser) / tracks);
  return counter.flops;
}

/** A sweep in which the normal equations of every row are summed up in one triangle and solved. */
export function countCholeskySweep({ users, tracks, perUser, k }: Sweep): number {
  const counter = new Counter();
  const half = (rows: number, fixed: number, perRow: number): void => {
    counter.gram(fixed, k);
    for (let row = 0; row < rows; row++) {
      counter.gram(perRow, k);
      counter.matrix(perRow, k); // right-hand side: 2 k of each entry
      for (let column = 0; column < k; column++) {
        for (let below = column; below < k; below++) counter.vector(column); // L Lᵀ
      }
      for (let i = 0; i < k; i++) counter.vector(i); // forwards
      for (let i = 0; i < k; i++) counter.vector(i); // backwards
    }
  };
  half(users, tracks, perUser);
  half(tracks, users, (users * perUser) / tracks);
  return counter.flops;
}

/** One example of a two-tower model: both towers forwards and backwards, its scores with the batch and their gradients. */
export function countTwoTowerExample(layers: readonly number[], batch: number): number {
  const counter = new Counter();
  const d = layers.at(-1)!;
  for (const _tower of ['listener', 'track']) {
    for (let layer = 1; layer < layers.length; layer++) {
      const [from, to] = [layers[layer - 1]!, layers[layer]!];
      counter.matrix(to, from); // forwards
      counter.matrix(from, to); // gradient of what came in
      counter.matrix(to, from); // gradient of the weights
    }
  }
  counter.matrix(batch, d); // scores
  counter.matrix(batch, d); // gradient of the listener's side
  counter.matrix(batch, d); // gradient of the tracks' side
  return counter.flops;
}
