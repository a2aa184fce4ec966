import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DubplateError } from '../../../engine/core/errors.ts';
import { readNpy, readNpyVector, writeNpy, writeNpyVector } from '../../../engine/core/npy.ts';

const folder = mkdtempSync(join(tmpdir(), 'dubplate-npy-'));

describe('.npy files', () => {
  it('come back bit for bit', () => {
    const matrices = fc
      .tuple(fc.integer({ min: 0, max: 9 }), fc.integer({ min: 1, max: 9 }))
      .chain(([rows, cols]) =>
        fc
          .float32Array({ minLength: rows * cols, maxLength: rows * cols })
          .map((data) => ({ rows, cols, data: Float32Array.from(data) })),
      );
    fc.assert(
      fc.property(matrices, (matrix) => {
        const path = join(folder, 'm.npy');
        writeNpy(path, matrix);
        expect(readNpy(path)).toEqual(matrix);
      }),
      { numRuns: 30 },
    );
  });

  it('of one dimension come back bit for bit, as the type they were', () => {
    const path = join(folder, 'v.npy');
    fc.assert(
      fc.property(fc.uint32Array({ maxLength: 9 }), fc.float32Array({ maxLength: 9 }), (whole, real) => {
        writeNpyVector(path, whole);
        expect(readNpyVector(path, Uint32Array)).toEqual(Uint32Array.from(whole));
        writeNpyVector(path, real);
        expect(readNpyVector(path, Float32Array)).toEqual(Float32Array.from(real));
      }),
      { numRuns: 30 },
    );
  });

  it('of one dimension have the header that NumPy writes', () => {
    const path = join(folder, 'header.npy');
    writeNpyVector(path, Uint32Array.of(7, 2 ** 32 - 1));
    const bytes = readFileSync(path);
    expect(bytes.toString('latin1', 10)).toMatch(/^\{'descr': '<u4', 'fortran_order': False, 'shape': \(2,\), \} *\n/);
    expect([bytes.readUInt32LE(bytes.length - 8), bytes.readUInt32LE(bytes.length - 4)]).toEqual([7, 2 ** 32 - 1]);
  });

  it('are refused where another type or number of dimensions is wanted', () => {
    const path = join(folder, 'other.npy');
    const refused = (found: string) =>
      expect.objectContaining({ code: 'INVALID_INPUT', message: expect.stringContaining(found) });
    writeNpyVector(path, Uint32Array.of(1, 2, 3));
    expect(() => readNpyVector(path, Float32Array)).toThrowError(refused('it holds 3 numbers of uint32'));
    expect(() => readNpy(path)).toThrowError(refused('it holds 3 numbers of uint32'));
    writeNpy(path, { rows: 1, cols: 3, data: new Float32Array(3) });
    expect(() => readNpyVector(path, Float32Array)).toThrowError(refused('it holds 1 × 3 numbers of float32'));
  });

  it('start their data on a multiple of 64 bytes, as NumPy writes them', () => {
    const path = join(folder, 'aligned.npy');
    writeNpy(path, { rows: 1, cols: 2, data: Float32Array.of(1.5, -2) });
    const bytes = readFileSync(path);
    expect((bytes.length - 8) % 64).toBe(0);
    expect(bytes.readFloatLE(bytes.length - 8)).toBe(1.5);
    expect(bytes.toString('latin1', 10)).toMatch(
      /^\{'descr': '<f4', 'fortran_order': False, 'shape': \(1, 2\), \} *\n/,
    );
  });

  it.each([
    ['text', 'not a matrix at all, but long enough'],
    ['a truncated file', undefined],
  ])('are refused with a hint when they are %s', (_, text) => {
    const path = join(folder, 'bad.npy');
    writeNpy(path, { rows: 2, cols: 2, data: new Float32Array(4) });
    writeFileSync(path, text ?? readFileSync(path).subarray(0, -4));
    expect(() => readNpy(path)).toThrowError(
      expect.objectContaining({ code: 'INVALID_INPUT', hint: expect.stringContaining('numpy.save') }),
    );
  });

  it('are reported when missing', () => {
    expect(() => readNpy(join(folder, 'none.npy'))).toThrow(DubplateError);
  });
});
