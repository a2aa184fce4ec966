import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { IdPacking } from '../../../engine/cache/codec/packing.ts';
import { u32 } from '../../../engine/cache/codec/u32.ts';
import { type CachedSlate, decodeSlate, encodeSlate } from '../../../engine/cache/codec.ts';

const generations = fc.nat({ max: 0xffff_ffff });
const tracks = fc.uint32Array({ max: 0xffff_fffe, maxLength: 300 });

/** Any list; half of them with propensities, of which most are 1. */
const slates: fc.Arbitrary<CachedSlate> = fc
  .tuple(generations, tracks, fc.boolean())
  .chain(([generation, ids, has]) => {
    if (!has) return fc.constant({ generation, tracks: ids });
    const probability = fc.oneof(
      { weight: 9, arbitrary: fc.constant(1) },
      { weight: 1, arbitrary: fc.float({ min: 0, minExcluded: true, max: 1, noNaN: true }) },
    );
    return fc
      .array(probability, { minLength: ids.length, maxLength: ids.length })
      .map((all) => ({ generation, tracks: ids, propensity: Float32Array.from(all) }));
  });

describe('slate codec', () => {
  it('loses nothing: ids, their order, the generation and every propensity come back', () => {
    fc.assert(
      fc.property(slates, (slate) => {
        const back = decodeSlate(encodeSlate(slate), 'key');
        expect(back.generation).toBe(slate.generation);
        expect(back.tracks).toEqual(slate.tracks);
        const certain = new Float32Array(slate.tracks.length).fill(1);
        expect(back.propensity ?? certain).toEqual(slate.propensity ?? certain);
      }),
    );
  });

  it('takes the bytes of its layout: 9, 4 an id, 6 for each propensity that is not 1', () => {
    fc.assert(
      fc.property(slates, (slate) => {
        const uncertain = slate.propensity?.filter((probability) => probability !== 1).length ?? 0;
        expect(encodeSlate(slate).length).toBe(9 + 4 * slate.tracks.length + 6 * uncertain);
      }),
    );
    expect(encodeSlate({ generation: 1, tracks: new Uint32Array(200) }).length).toBe(809);
  });

  it('writes the documented bytes, little-endian', () => {
    const propensity = Float32Array.of(1, 0.5);
    const bytes = encodeSlate({ generation: 0x01020304, tracks: Uint32Array.of(7, 0x0a0b0c0d), propensity });
    expect(bytes.toString('hex')).toBe(
      'd1' + '04030201' + '0200' + '0100' + '07000000' + '0d0c0b0a' + '0100' + '0000003f',
    );
  });

  it('leaves out propensities that are all 1', () => {
    const ids = Uint32Array.of(4, 5);
    const bytes = encodeSlate({ generation: 1, tracks: ids, propensity: Float32Array.of(1, 1) });
    expect(bytes).toEqual(encodeSlate({ generation: 1, tracks: ids }));
    expect(decodeSlate(bytes, 'key').propensity).toBeUndefined();
  });

  it('refuses every truncation and every extension, and names the key', () => {
    fc.assert(
      fc.property(slates, fc.nat(), fc.uint8Array({ minLength: 1, maxLength: 8 }), (slate, cut, more) => {
        const bytes = encodeSlate(slate);
        const torn = bytes.subarray(0, cut % bytes.length);
        for (const wrong of [torn, Buffer.concat([bytes, more])]) {
          expect(() => decodeSlate(wrong, 'dp:x:7')).toThrow(
            expect.objectContaining({ code: 'INVALID_INPUT', message: expect.stringContaining('dp:x:7 holds') }),
          );
        }
      }),
    );
  });

  it('refuses what other programs store', () => {
    const foreign = ['', '42', '[1,2,3]', '{"tracks":[1]}', 'Ñ', '\u0001\u0000\u0000\u0000'];
    for (const text of foreign) expect(() => decodeSlate(Buffer.from(text), 'key')).toThrow('no list');
  });

  it('accepts only bytes that it would write itself: whatever it reads packs to the same bytes again', () => {
    // Random bytes are rarely accepted, so start from a real value and damage it.
    let accepted = 0;
    fc.assert(
      fc.property(slates, fc.array(fc.tuple(fc.nat(), fc.nat({ max: 255 })), { maxLength: 3 }), (slate, damages) => {
        const bytes = encodeSlate(slate);
        for (const [at, byte] of damages) bytes[at % bytes.length] = byte;
        let back: CachedSlate;
        try {
          back = decodeSlate(bytes, 'key');
        } catch (error) {
          expect(error).toMatchObject({ code: 'INVALID_INPUT' });
          return;
        }
        accepted++;
        expect(encodeSlate(back)).toEqual(bytes);
      }),
      { numRuns: 500 },
    );
    expect(accepted).toBeGreaterThan(20);
  });

  it('checks the width of ids before they overflow', () => {
    const narrow: IdPacking = { ...u32, name: 'u20', largestId: 2 ** 20 - 1 };
    const list = (id: number): CachedSlate => ({ generation: 1, tracks: Uint32Array.of(3, id) });
    expect(() => encodeSlate(list(2 ** 20 - 1), narrow)).not.toThrow();
    expect(() => encodeSlate(list(2 ** 20), narrow)).toThrow('Track 1048576 does not fit into u20 ids');
    expect(() => encodeSlate(list(0xffff_fffe))).not.toThrow();
    expect(() => encodeSlate(list(0xffff_ffff))).toThrow('does not fit'); // "no track" is not a track
  });

  it('refuses generations, lengths and propensities that the layout cannot hold', () => {
    const one = Uint32Array.of(1);
    for (const generation of [-1, 1.5, 2 ** 32, Number.NaN]) {
      expect(() => encodeSlate({ generation, tracks: one })).toThrow('generation');
    }
    expect(() => encodeSlate({ generation: 1, tracks: new Uint32Array(65_536) })).toThrow('longer than 65535');
    for (const probability of [0, -0.1, 1.001, Number.NaN, Number.POSITIVE_INFINITY]) {
      expect(() => encodeSlate({ generation: 1, tracks: one, propensity: Float32Array.of(probability) })).toThrow(
        '(0, 1]',
      );
    }
    expect(() => encodeSlate({ generation: 1, tracks: one, propensity: Float32Array.of(1, 1) })).toThrow(
      '2 propensities',
    );
  });

  it('holds the longest list', () => {
    const longest = Uint32Array.from({ length: 65_535 }, (_, i) => i * 3);
    expect(decodeSlate(encodeSlate({ generation: 0, tracks: longest }), 'key').tracks).toEqual(longest);
  });
});
