import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { below, block, createStreams, normalFrom, threefry2x32 } from '../../../engine/core/random.ts';

const hex = (): string[] => [...block].map((word) => (word >>> 0).toString(16).padStart(8, '0'));

describe('threefry2x32', () => {
  // Random123 1.14, tests/kat_vectors: threefry2x32 with 20 rounds.
  it.each([
    [
      [0, 0, 0, 0],
      ['6b200159', '99ba4efe'],
    ],
    [
      [-1, -1, -1, -1],
      ['1cb996fc', 'bb002be7'],
    ],
    [
      [0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344],
      ['c4923a9c', '483df7a0'],
    ],
  ] as const)('gives the published answer for %j', ([c0, c1, k0, k1], expected) => {
    threefry2x32(c0, c1, k0, k1);
    expect(hex()).toEqual(expected);
  });
});

describe('streams', () => {
  const take = (n: number, draw: () => number): number[] => Array.from({ length: n }, draw);

  it('give the same draws for the same key, whatever was drawn before', () => {
    fc.assert(
      fc.property(fc.string(), fc.nat(), fc.nat(), fc.nat(50), (seed, actor, step, noise) => {
        const fresh = createStreams(seed)('play', actor, step);
        const streams = createStreams(seed);
        take(noise, streams('other', actor, step));
        take(noise, streams('play', actor + 1, step));
        expect(take(5, streams('play', actor, step))).toEqual(take(5, fresh));
      }),
    );
  });

  it.each([
    ['seed', createStreams('a')('p', 1, 1), createStreams('b')('p', 1, 1)],
    ['purpose', createStreams('a')('p', 1, 1), createStreams('a')('q', 1, 1)],
    ['actor', createStreams('a')('p', 1, 1), createStreams('a')('p', 2, 1)],
    ['step', createStreams('a')('p', 1, 1), createStreams('a')('p', 1, 2)],
  ])('differ when the %s differs', (_, one, other) => {
    expect(take(4, one)).not.toEqual(take(4, other));
  });

  it('are uniform across actors: chi-square over 100 cells of the first draws of 100,000 actors', () => {
    const streams = createStreams('uniform');
    const cells = new Float64Array(100);
    for (let actor = 0; actor < 100_000; actor++) cells[below(100, streams('first', actor))]! += 1;
    const chiSquare = cells.reduce((sum, count) => sum + (count - 1000) ** 2 / 1000, 0);
    // 99 degrees of freedom: 0.01 % of correct generators lie beyond either end.
    expect(chiSquare).toBeGreaterThan(53);
    expect(chiSquare).toBeLessThan(162);
  });

  it('give normal numbers with mean 0 and variance 1', () => {
    const draw = createStreams('normal')('numbers', 0);
    const values = take(100_000, () => normalFrom(draw));
    const mean = values.reduce((a, b) => a + b, 0) / values.length;
    const variance = values.reduce((a, b) => a + (b - mean) ** 2, 0) / values.length;
    expect(Math.abs(mean)).toBeLessThan(0.015);
    expect(Math.abs(variance - 1)).toBeLessThan(0.025);
  });
});
