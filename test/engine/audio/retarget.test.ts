import { describe, expect, it } from 'vitest';
import { chooseKernel } from '../../../engine/als/choose-kernel.ts';
import { fitRetargeting, retarget } from '../../../engine/audio/retarget.ts';
import { type Matrix, rowOf, zeros } from '../../../engine/core/matrix.ts';
import { createStreams, normalFrom } from '../../../engine/core/random.ts';

const kernel = chooseKernel();
const k = 6;
const draw = createStreams('retarget')('vectors', 0);
const random = (rows: number): Matrix => ({
  rows,
  cols: k,
  data: Float32Array.from({ length: rows * k }, () => normalFrom(draw)),
});

/** Rotates the first two axes by an angle. */
function rotated(matrix: Matrix, angle: number): Matrix {
  const out = zeros(matrix.rows, k);
  out.data.set(matrix.data);
  for (let r = 0; r < matrix.rows; r++) {
    const [a, b] = [matrix.data[r * k]!, matrix.data[r * k + 1]!];
    out.data[r * k] = Math.cos(angle) * a - Math.sin(angle) * b;
    out.data[r * k + 1] = Math.sin(angle) * a + Math.cos(angle) * b;
  }
  return out;
}

const distance = (a: Matrix, b: Matrix): number =>
  Math.hypot(...a.data.map((x, i) => x - b.data[i]!)) / Math.hypot(...b.data);

describe('retargeting', () => {
  it('carries vectors it was not fitted on through a rotation of the axes', async () => {
    const before = random(400);
    const unseen = random(50);
    const fitted = fitRetargeting(before, rotated(before, 0.7), 'identity');
    expect(fitted.drift).toBeGreaterThan(0.3);
    expect(distance(unseen, rotated(unseen, 0.7))).toBeGreaterThan(0.3);
    expect(distance(await retarget(unseen, fitted, kernel), rotated(unseen, 0.7))).toBeLessThan(0.01);
  });

  it('leaves everything where it is when nothing moved, or when there is nothing to go by', async () => {
    const before = random(100);
    for (const fitted of [
      fitRetargeting(before, before, 'identity'),
      fitRetargeting(zeros(0, k), zeros(0, k), 'identity'),
    ]) {
      expect(fitted.drift).toBe(0);
      expect(await retarget(before, fitted, kernel)).toEqual(before);
    }
  });

  it('on the word of one anchor moves only what is like it, and not quite all the way', async () => {
    const anchor = random(1);
    const target = rotated(anchor, 0.7);
    const fitted = fitRetargeting(anchor, target, 'identity');
    // What is left of a vector without its part along the anchor.
    const e = [...rowOf(anchor, 0)];
    const length2 = e.reduce((sum, v) => sum + v * v, 0);
    const other = [...rowOf(random(2), 1)];
    const along = other.reduce((sum, v, i) => sum + v * e[i]!, 0) / length2;
    const across = { rows: 1, cols: k, data: Float32Array.from(other, (v, i) => v - along * e[i]!) };
    expect(distance(await retarget(across, fitted, kernel), across)).toBeLessThan(1e-5);
    // λ is 0.01/k of the anchor's squared length.
    const left = distance(await retarget(anchor, fitted, kernel), target) / distance(anchor, target);
    expect(left).toBeCloseTo(0.01 / k / (1 + 0.01 / k), 4);
  });

  it('finds its way from a space that has nothing in common, of another size too', async () => {
    const truth = random(3); // y = three combinations of the six axes
    const through = (e: Matrix): Matrix => {
      const y = zeros(e.rows, 3);
      for (let n = 0; n < e.rows; n++) {
        for (let i = 0; i < 3; i++) {
          for (let j = 0; j < k; j++) y.data[n * 3 + i]! += truth.data[i * k + j]! * e.data[n * k + j]!;
        }
      }
      return y;
    };
    const [anchors, unseen] = [random(400), random(50)];
    const fitted = fitRetargeting(anchors, through(anchors), 'zero');
    expect(distance(await retarget(unseen, fitted, kernel), through(unseen))).toBeLessThan(0.02);
  });
});
