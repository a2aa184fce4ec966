import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { openDot, sideBySide } from '../../sim/families/dot.ts';
import { openTruth } from '../../sim/truth.ts';
import { smallWorld } from './support.ts';

const weighted = (x: Int8Array, y: Int8Array, a: number, b: number): number =>
  x.reduce((sum, xi, i) => sum + (i < 16 ? a : b) * xi * y[i]!, 0);

describe('rows multiplied in lanes', () => {
  it('give what a loop gives, for any numbers and any length, wherever rows begin', () => {
    const int8 = fc.oneof(fc.integer({ min: -128, max: 127 }), fc.constantFrom(-128, 127));
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 8 }), fc.nat(5), fc.nat(5), fc.gen(), (eights, i, j, any) => {
        const width = 16 + 8 * eights;
        const rows = (count: number) =>
          Int8Array.from(any(fc.array, int8, { minLength: count * width, maxLength: count * width }));
        const [tastes, tracks] = [rows(i + 1), rows(j + 1)];
        const [a, b] = [any(fc.integer, { min: 0, max: 256 }), any(fc.integer, { min: 0, max: 256 })];
        const { memory, rows: moved } = sideBySide([tastes, tracks])!;
        const dot = openDot(memory, width - 16);
        const [x, y] = [moved[0]!.byteOffset + i * width, moved[1]!.byteOffset + j * width];
        const expected = weighted(tastes.subarray(i * width), tracks.subarray(j * width), a, b);
        expect(dot(x, y, a, b)).toBe(expected);
      }),
    );
  });

  it('are the numbers that were given, in shared memory, or none where they do not fit', () => {
    const rows = [Int8Array.of(1, -2, 3), Int8Array.of(-128, 127)];
    const { memory, rows: moved } = sideBySide(rows)!;
    expect(moved.map((row) => [...row])).toEqual([
      [1, -2, 3],
      [-128, 127],
    ]);
    for (const row of moved) expect(row.buffer).toBe(memory.buffer);
    expect(memory.buffer).toBeInstanceOf(SharedArrayBuffer);
    expect(sideBySide([{ length: 2 ** 31 } as Int8Array, { length: 2 ** 31 + 1 } as Int8Array])).toBeUndefined();
  });

  it('make no difference to what listeners like', () => {
    for (const hiddenFactors of [1, 8, 20]) {
      const world = smallWorld({ hiddenFactors });
      const { data } = world;
      expect(data.memory).toBeDefined();
      const alone = openTruth({ ...data, memory: undefined, personal: world.streams });
      for (let listener = 0; listener < 20; listener++) {
        for (let track = 0; track < 300; track += 7) {
          expect(world.truth.on(0).score(listener, track)).toBe(alone.on(0).score(listener, track));
        }
      }
    }
  });
});
