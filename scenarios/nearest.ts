/** The name that was probably meant: the one of `known` with the fewest slips from `found`, where those are few. */
export function nearest(found: string, known: readonly string[]): string | undefined {
  const wanted = found.toLowerCase();
  const [best] = known
    .map((name) => ({ name, slips: slipsBetween(wanted, name.toLowerCase()) }))
    .filter(({ name, slips }) => slips <= Math.max(found.length, name.length) / 3)
    .sort((a, b) => a.slips - b.slips);
  return best?.name;
}

/**
 * `; did you mean 'world.drift'?`, or nothing.
 * @param within what stands before the name: `world.`
 */
export function didYouMean(found: string, known: readonly string[], within = ''): string {
  const name = nearest(found, known);
  return name === undefined ? '' : `; did you mean '${within}${name}'?`;
}

/**
 * Letters to add, leave out, replace, or swap with the next: the distance d of all of both words, from those of their beginnings.
 *
 *     d(i, j) = min(d(i−1, j) + 1, d(i, j−1) + 1, d(i−1, j−1) + [a_i ≠ b_j], d(i−2, j−2) + 1 where a_i a_i−1 = b_j−1 b_j)
 *
 * @see Damerau (1964), "A technique for computer detection and correction of spelling errors".
 */
export function slipsBetween(a: string, b: string): number {
  const rows: number[][] = [Array.from({ length: b.length + 1 }, (_, j) => j)];
  const at = (i: number, j: number): number => rows[i]?.[j] ?? Number.POSITIVE_INFINITY;
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    rows.push(row);
    for (let j = 1; j <= b.length; j++) {
      const isSwap = a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1];
      row.push(
        Math.min(
          at(i - 1, j) + 1,
          at(i, j - 1) + 1,
          at(i - 1, j - 1) + (a[i - 1] === b[j - 1] ? 0 : 1),
          isSwap ? at(i - 2, j - 2) + 1 : Number.POSITIVE_INFINITY,
        ),
      );
    }
  }
  return at(a.length, b.length);
}
