/** Draws an index in proportion to weights, in constant time, from two uniform numbers. */
export interface Alias {
  readonly length: number;
  draw(u: number, v: number): number;
}

/**
 * Vose's alias method: column i holds index i with chance `share[i]` and `other[i]` otherwise.
 *
 * @param weights n ≥ 1 numbers ≥ 0, not all 0.
 * @see Vose (1991), A linear algorithm for generating random numbers with a given distribution. Cost O(n).
 */
export function aliasOf(weights: ArrayLike<number>): Alias {
  const n = weights.length;
  let total = 0;
  for (let i = 0; i < n; i++) total += weights[i]!;
  const share = Float64Array.from({ length: n }, (_, i) => (weights[i]! * n) / total);
  const other = Uint32Array.from({ length: n }, (_, i) => i);
  const small: number[] = [];
  const large: number[] = [];
  for (let i = 0; i < n; i++) (share[i]! < 1 ? small : large).push(i);
  while (small.length > 0 && large.length > 0) {
    const poor = small.pop()!;
    const rich = large[large.length - 1]!;
    other[poor] = rich;
    share[rich]! -= 1 - share[poor]!;
    if (share[rich]! < 1) {
      large.pop();
      small.push(rich);
    }
  }
  // What is left is 1 up to rounding.
  for (const i of [...small, ...large]) share[i] = 1;
  return {
    length: n,
    draw: (u, v) => {
      const column = Math.floor(u * n);
      return v < share[column]! ? column : other[column]!;
    },
  };
}
