import type { Draw } from '../engine/core/random.ts';

/**
 * eˣ, ln, sine and cosine by +, −, ·, ÷ and √ only, which are exact to the last bit in every JavaScript engine; `Math.exp`,
 * `Math.log` and `Math.sin` are not, and what reaches the event log may not depend on the engine.
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

/** The angle of a sine s in [0, 1]: halved ten times by sin(x/2) = sin x / √(2 + 2 cos x), then two terms of the series; error below 1e-11. */
export function asinExact(s: number): number {
  let sin = s;
  for (let halving = 0; halving < 10; halving++) sin /= Math.sqrt(2 + 2 * Math.sqrt(1 - sin * sin));
  return 1024 * (sin + (sin * sin * sin) / 6);
}

/** Cosine and sine of an angle: series of the 1024th part of it, doubled ten times. |x| ≤ 100; error below 1e-8. */
export function turnBy(x: number): { readonly cos: number; readonly sin: number } {
  const r = x / 1024;
  const square = r * r;
  let cos = 1 - (square / 2) * (1 - (square / 12) * (1 - square / 30));
  let sin = r * (1 - (square / 6) * (1 - (square / 20) * (1 - square / 42)));
  for (let doubling = 0; doubling < 10; doubling++) [cos, sin] = [cos * cos - sin * sin, 2 * sin * cos];
  return { cos, sin };
}

/** The logistic function 1 / (1 + e⁻ˣ). */
export const sigmoid = (x: number): number => 1 / (1 + expExact(-Math.max(-30, Math.min(30, x))));

const root3 = Math.sqrt(3);

/** A bell-shaped number, mean 0, variance 1, within ±3.47: the sum of four uniform draws. Always four draws. */
export const bell = (draw: Draw): number => (draw() + draw() + draw() + draw() - 2) * root3;

/** An index drawn in proportion to the n ≥ 1 `weights`, from one uniform number u in [0, 1). */
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
