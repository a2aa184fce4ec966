import type { Draw } from '../engine/core/random.ts';

/**
 * eˣ and ln by +, −, · and ÷ only, which are exact to the last bit in every JavaScript engine; `Math.exp` and `Math.log`
 * are not, and what reaches the event log may not depend on the engine.
 */

/** eˣ = (e^(x/1024))^1024: six terms of the series, squared ten times. |x| ≤ 30; relative error below 1e-12. */
export function expExact(x: number): number {
  const r = x / 1024;
  let y = 1 + r * (1 + (r / 2) * (1 + (r / 3) * (1 + (r / 4) * (1 + (r / 5) * (1 + r / 6)))));
  for (let squaring = 0; squaring < 10; squaring++) y *= y;
  return y;
}

/** ln y = k·ln 2 + 2·artanh z, z = (m − 1)/(m + 1), y = m·2ᵏ, m in [0.75, 1.5). y > 0; error below 1e-14. */
export function lnExact(y: number): number {
  let m = y;
  let k = 0;
  for (; m >= 1.5; k++) m /= 2;
  for (; m < 0.75; k--) m *= 2;
  const z = (m - 1) / (m + 1);
  let sum = 0;
  for (let n = 21; n >= 1; n -= 2) sum = sum * z * z + 1 / n;
  return k * Math.LN2 + 2 * z * sum;
}

/** The logistic function 1 / (1 + e⁻ˣ). */
export const sigmoid = (x: number): number => 1 / (1 + expExact(-Math.max(-30, Math.min(30, x))));

const root3 = Math.sqrt(3);

/** A bell-shaped number, mean 0, variance 1, within ±3.47: the sum of four uniform draws. Always four draws. */
export const bell = (draw: Draw): number => (draw() + draw() + draw() + draw() - 2) * root3;

/** An index drawn in proportion to `weights`, from one uniform number u in [0, 1). */
export function pick(weights: ArrayLike<number>, u: number): number {
  let total = 0;
  for (let i = 0; i < weights.length; i++) total += weights[i]!;
  let left = u * total;
  for (let i = 0; i < weights.length; i++) {
    left -= weights[i]!;
    if (left < 0) return i;
  }
  return weights.length - 1;
}
