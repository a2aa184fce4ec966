import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { csrFromTriples, rowLengths, sparseRow, transpose } from '../../../engine/interactions/csr.ts';

const shape = { rows: 7, cols: 9 };
const triples = fc.array(fc.tuple(fc.nat(6), fc.nat(8), fc.nat(20)), { maxLength: 60 });
const build = (t: readonly (readonly [number, number, number])[]) =>
  csrFromTriples(shape, {
    row: Uint32Array.from(t, ([r]) => r),
    col: Uint32Array.from(t, ([, c]) => c),
    weight: t.map(([, , w]) => w),
  });

describe('compressed rows', () => {
  it('hold the sum of every cell, columns ascending, as a dense table does', () => {
    fc.assert(
      fc.property(triples, (t) => {
        const dense = new Map<string, number>();
        for (const [r, c, w] of t) dense.set(`${r} ${c}`, (dense.get(`${r} ${c}`) ?? 0) + w);
        const csr = build(t);
        const found = new Map<string, number>();
        for (let r = 0; r < csr.rows; r++) {
          const { rows, weights } = sparseRow(csr, r);
          expect([...rows]).toEqual([...rows].sort((a, b) => a - b));
          rows.forEach((c, i) => {
            found.set(`${r} ${c}`, weights[i]!);
          });
        }
        expect(found).toEqual(dense);
        expect([...rowLengths(csr)].reduce((a, b) => a + b, 0)).toBe(csr.indices.length);
      }),
    );
  });

  it('come back from being transposed twice, bit for bit', () => {
    fc.assert(
      fc.property(triples, (t) => {
        const csr = build(t);
        expect(transpose(transpose(csr))).toEqual(csr);
        expect(transpose(csr)).toEqual(
          csrFromTriples(
            { rows: 9, cols: 7 },
            {
              row: Uint32Array.from(t, ([, c]) => c),
              col: Uint32Array.from(t, ([r]) => r),
              weight: t.map(([, , w]) => w),
            },
          ),
        );
      }),
    );
  });
});
