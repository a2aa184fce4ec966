/**
 * Kolmogorov–Smirnov distance of two samples: the largest difference of their empirical distribution functions.
 *
 *     D = sup |F(x) − G(x)|
 *
 * @param a, b in ascending order, neither empty, all finite.
 * @returns 0 for equal distributions to 1 for those that do not overlap. Cost O(n + m).
 */
export function kolmogorovSmirnov(a: Float64Array, b: Float64Array): number {
  let [i, j] = [0, 0];
  let largest = 0;
  while (i < a.length && j < b.length) {
    const x = Math.min(a[i]!, b[j]!);
    while (i < a.length && a[i]! <= x) i++;
    while (j < b.length && b[j]! <= x) j++;
    largest = Math.max(largest, Math.abs(i / a.length - j / b.length));
  }
  return largest;
}

/** (value − target) / |target|: −0.1 is a tenth too little. Infinite for a target of 0 that is not met. */
export const relativeError = (value: number, target: number): number =>
  value === target ? 0 : (value - target) / Math.abs(target);

/**
 * The value below which the share `p` of some numbers lies, between two of them by linear interpolation (R's type 7).
 * @param sorted in ascending order; not a number for none.
 */
export function quantileOf(sorted: Float64Array, p: number): number {
  const at = p * (sorted.length - 1);
  const below = sorted[Math.floor(at)] ?? Number.NaN;
  const above = sorted[Math.ceil(at)] ?? Number.NaN;
  return below + (at - Math.floor(at)) * (above - below);
}
