/** Listener and track as one number: listeners below 2²⁷ and tracks below 2²⁶ make different ones, all below 2⁵³. */
export const pairKey = (user: number, track: number): number => user * 2 ** 26 + track;

/**
 * The union of two sets of keys, by merging. A `Set` holds no more than 2²⁴ of them.
 *
 * @param known ascending, each once.
 * @param more  in any order, some more than once; sorted in place.
 * @returns ascending, each once; 8 bytes for each. Cost O(known + more · log more).
 */
export function unionOf(known: Float64Array, more: Float64Array): Float64Array {
  more.sort();
  const union = new Float64Array(known.length + more.length);
  let [i, j, n] = [0, 0, 0];
  while (i < known.length || j < more.length) {
    const isKnown = j === more.length || known[i]! <= more[j]!;
    const next = isKnown ? known[i++]! : more[j++]!;
    if (n === 0 || union[n - 1] !== next) union[n++] = next;
  }
  return union.slice(0, n);
}
