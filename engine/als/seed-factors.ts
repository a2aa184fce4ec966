import { type Matrix, rowOf, zeros } from '../core/matrix.ts';
import type { Draw, Streams } from '../core/random.ts';

export type Side = 'users' | 'tracks';

/** Standard deviation of a start factor's inner product with a unit vector is this over √k. */
export const startScale = 0.1;

/**
 * Start factors: each number uniform in ±√3·startScale/√k, drawn from a stream keyed by the id itself. The factor of
 * "t17" is the same in every run of one seed, whatever its row and whoever else is in the catalogue, so twin arms and
 * growing catalogues stay paired.
 *
 * @param ids  the rows, in order.
 * @param k    length of a factor.
 * @returns [ids × k], float32.
 */
export function seedFactors(ids: readonly string[], k: number, side: Side, streams: Streams): Matrix {
  const factors = zeros(ids.length, k);
  for (const [row, id] of ids.entries()) seedRow(rowOf(factors, row), drawOf(id, side, streams));
  return factors;
}

/** The factors of a finished generation: row i belongs to `ids[i]`. */
export interface KnownFactors {
  readonly ids: readonly string[];
  readonly factors: Matrix;
}

/**
 * Start factors of a warm start: rows whose id is known carry over, the others are seeded. A row of zeros (nothing was
 * known of it) counts as new: sweeps from zeros on both sides would stay at zero.
 *
 * @param previous the last generation of the same k; undefined for the first training.
 */
export function startFactors(
  ids: readonly string[],
  k: number,
  side: Side,
  streams: Streams,
  previous: KnownFactors | undefined,
): Matrix {
  if (previous === undefined || previous.factors.cols !== k) return seedFactors(ids, k, side, streams);
  const rowOfId = new Map(previous.ids.map((id, row) => [id, row]));
  const start = zeros(ids.length, k);
  for (const [row, id] of ids.entries()) {
    const before = rowOfId.get(id);
    const known = before === undefined ? undefined : rowOf(previous.factors, before);
    if (known?.some((value) => value !== 0)) rowOf(start, row).set(known);
    else seedRow(rowOf(start, row), drawOf(id, side, streams));
  }
  return start;
}

function seedRow(row: Float32Array, draw: Draw): void {
  const reach = (Math.sqrt(3) * startScale) / Math.sqrt(row.length);
  for (let i = 0; i < row.length; i++) row[i] = reach * (2 * draw() - 1);
}

const drawOf = (id: string, side: Side, streams: Streams): Draw =>
  streams(`start factors of ${side}`, hashOf(id, 0x811c9dc5), hashOf(id, 0x9e3779b9));

/** FNV-1a over the UTF-16 code units, from a given start: two of them make a 64-bit key. */
function hashOf(id: string, start: number): number {
  let hash = start;
  for (let i = 0; i < id.length; i++) hash = Math.imul(hash ^ id.charCodeAt(i), 0x01000193);
  return hash >>> 0;
}
