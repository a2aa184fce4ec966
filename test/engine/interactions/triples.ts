import { createHash } from 'node:crypto';
import type { Csr, Shape } from '../../../engine/interactions/csr.ts';

/** Row, column, weight. */
export type Triple = [number, number, number];

/** The entries of a matrix, in its order. */
export function triplesOf({ rows, indptr, indices, weights }: Csr): Triple[] {
  return Array.from({ length: rows }, (_, r) =>
    Array.from(indices.subarray(indptr[r], indptr[r + 1]), (c, i): Triple => [r, c, weights[indptr[r]! + i]!]),
  ).flat();
}

/** Entries in any order, the same for the same arguments. A skew above 1 makes low rows and columns the busier ones. */
export function randomTriples({ rows, cols }: Shape, count: number, skew: number) {
  const draws = drawsOf(`${rows} ${cols} ${count}`);
  const below = (limit: number) => Math.floor(limit * draws() ** skew);
  const row = Uint32Array.from({ length: count }, () => below(rows));
  const col = Uint32Array.from({ length: count }, () => below(cols));
  const weight = Float64Array.from({ length: count }, () => [0.1, 1, 3, 2 ** 60, 1e-9][below(5)]!);
  return { row, col, weight };
}

/** Numbers in [0, 1) from a hash in counter mode. */
function drawsOf(seed: string): () => number {
  let words = new Uint32Array(0);
  let used = 0;
  let block = 0;
  return () => {
    if (used === words.length) {
      const hashes = Array.from({ length: 64 }, () => createHash('sha512').update(`${seed} ${block++}`).digest());
      words = new Uint32Array(Uint8Array.from(Buffer.concat(hashes)).buffer);
      used = 0;
    }
    return words[used++]! / 2 ** 32;
  };
}

/** The same bytes, for arrays that are too long to be compared one by one. */
export const isSame = (a: NodeJS.TypedArray, b: NodeJS.TypedArray): boolean =>
  Buffer.from(a.buffer, a.byteOffset, a.byteLength).equals(Buffer.from(b.buffer, b.byteOffset, b.byteLength));
