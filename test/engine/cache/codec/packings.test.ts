import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { bits27 } from '../../../../engine/cache/codec/bits.ts';
import type { IdPacking } from '../../../../engine/cache/codec/packing.ts';
import { packings } from '../../../../engine/cache/codec/packings.ts';
import { decodeSlate, encodeSlate } from '../../../../engine/cache/codec.ts';

const pack = (packing: IdPacking, ids: Uint32Array): Uint8Array => {
  const bytes = new Uint8Array(packing.bytesFor(ids.length)).fill(0xaa); // whatever lay there before
  packing.pack(ids, new DataView(bytes.buffer));
  return bytes;
};

/** Ids that a packing can hold, the extreme ones often; any length. */
const idsOf = ({ largestId }: IdPacking): fc.Arbitrary<Uint32Array> =>
  fc
    .array(fc.oneof(fc.nat({ max: largestId }), fc.constantFrom(0, 1, largestId - 1, largestId)), { maxLength: 300 })
    .map((ids) => Uint32Array.from(ids));

describe.each(Object.values(packings))('ids packed by $name', (packing) => {
  it('come back, every one in its place, at any length', () => {
    fc.assert(
      fc.property(idsOf(packing), (ids) => {
        const back = new Uint32Array(ids.length);
        expect(packing.unpack(new DataView(pack(packing, ids).buffer), back)).toBe(true);
        expect(back).toEqual(ids);
      }),
      { numRuns: 300 },
    );
  });

  it('are read only from bytes that packing writes: anything else is noticed, or packs to the same bytes again', () => {
    fc.assert(
      fc.property(
        idsOf(packing),
        fc.array(fc.tuple(fc.nat(), fc.nat({ max: 255 })), { maxLength: 3 }),
        (ids, damages) => {
          const bytes = pack(packing, ids);
          for (const [at, byte] of damages) if (bytes.length > 0) bytes[at % bytes.length] = byte;
          const back = new Uint32Array(ids.length);
          if (packing.unpack(new DataView(bytes.buffer), back)) expect(pack(packing, back)).toEqual(bytes);
        },
      ),
      { numRuns: 300 },
    );
  });

  it('make a slate: generation, order and propensities come back, and the value says how it was packed', () => {
    fc.assert(
      fc.property(idsOf(packing), fc.nat({ max: 0xffff_ffff }), (tracks, generation) => {
        const propensity = Float32Array.from(tracks, (_, i) => (i % 7 === 3 ? 0.125 : 1));
        const back = decodeSlate(encodeSlate({ generation, tracks, propensity }, packing), 'key');
        expect({ generation: back.generation, tracks: back.tracks }).toEqual({ generation, tracks });
        if (tracks.length > 3) expect(back.propensity).toEqual(propensity);
      }),
    );
  });

  it('are checked before they overflow', () => {
    const list = (id: number) => ({ generation: 1, tracks: Uint32Array.of(3, id) });
    expect(() => encodeSlate(list(packing.largestId), packing)).not.toThrow();
    expect(() => encodeSlate(list(packing.largestId + 1), packing)).toThrow(
      `Track ${packing.largestId + 1} does not fit into ${packing.name} ids (at most ${packing.largestId})`,
    );
  });
});

describe('bytes of a packing', () => {
  it.each([
    ['u64', Uint32Array.of(7, 0x0a0b0c0d), '0700000000000000' + '0d0c0b0a00000000'],
    ['u32', Uint32Array.of(7, 0x0a0b0c0d), '07000000' + '0d0c0b0a'],
    ['bits30', Uint32Array.of(7, 0x2a0b0c0d, 2 ** 30 - 1), '0700004003c382faffffff03'],
    ['bits27', Uint32Array.of(7, 0x050b0c0d, 2 ** 27 - 1), '070000686058e8ffffff01'],
  ] as const)('are for %s one number, Σ idᵢ·2^(i·width), little-endian', (name, ids, hex) => {
    const packing = packings[name];
    const width = packing.bytesFor(8);
    const number = [...ids].reduce((sum, id, i) => sum + (BigInt(id) << BigInt(i * width)), 0n);
    const digits = number.toString(16).padStart(2 * packing.bytesFor(ids.length), '0');
    expect(Buffer.from(digits, 'hex').reverse().toString('hex')).toBe(hex);
    expect(Buffer.from(pack(packing, ids)).toString('hex')).toBe(hex);
  });

  it('have formats of their own, for ever', () => {
    const formats = Object.values(packings).map(({ name, format }) => [name, format]);
    expect(formats).toEqual([
      ['u64', 2],
      ['u32', 1],
      ['bits30', 3],
      ['bits27', 4],
    ]);
  });

  it('for 200 ids by 27 bits are at most 1.02 of what any code needs for 200 distinct tracks of 100M in order', () => {
    // log₂(N! / (N − 200)!) = Σ log₂(N − i), in bits
    let bound = 0;
    for (let i = 0; i < 200; i++) bound += Math.log2(100e6 - i);
    expect(bound).toBeCloseTo(5315.1, 1);
    expect((8 * bits27.bytesFor(200)) / bound).toBeLessThan(1.02);
    expect(bits27.largestId).toBeGreaterThan(100e6);
  });
});
