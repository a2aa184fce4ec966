import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { digestOf } from '../../engine/core/digest.ts';
import { createStreams } from '../../engine/core/random.ts';
import { type Csr, rowLengths, sparseRow, transpose } from '../../engine/interactions/csr.ts';
import { activityOf, generateListening, type ListeningSize } from '../../scenarios/bench/generate-listening.ts';
import { hiddenTaste } from '../../scenarios/bench/hidden-taste.ts';

function generate(size: ListeningSize, seed: string): Csr {
  const streams = createStreams(seed);
  return generateListening(hiddenTaste(size.tracks, streams), activityOf(size, streams));
}

const digest = ({ indptr, indices, weights }: Csr): string => digestOf(indptr, indices, weights);

/** From one interaction a user to a quarter of the catalogue for everyone. */
const sizes: fc.Arbitrary<ListeningSize> = fc
  .record({ users: fc.integer({ min: 1, max: 60 }), tracks: fc.integer({ min: 4, max: 300 }) })
  .chain(({ users, tracks }) =>
    fc
      .integer({ min: users, max: users * Math.floor(tracks / 4) })
      .map((interactions) => ({ users, tracks, interactions })),
  );

describe('generated listening', () => {
  it('has exactly the size asked for, with sorted rows, each track once, and positive weights', () => {
    fc.assert(
      fc.property(sizes, fc.string({ maxLength: 5 }), (size, seed) => {
        const listening = generate(size, seed);
        expect([listening.rows, listening.cols]).toEqual([size.users, size.tracks]);
        expect(listening.indices).toHaveLength(size.interactions);
        expect(listening.indptr[size.users]).toBe(size.interactions);
        for (let user = 0; user < size.users; user++) {
          const { rows } = sparseRow(listening, user);
          expect(rows.length).toBeGreaterThan(0);
          expect(rows.length).toBeLessThanOrEqual(size.tracks / 4);
          for (let i = 1; i < rows.length; i++) expect(rows[i]).toBeGreaterThan(rows[i - 1]!);
          expect(rows.at(-1)).toBeLessThan(size.tracks);
        }
        expect(listening.weights.every((weight) => weight >= 8 && weight < 100)).toBe(true);
      }),
      { numRuns: 60 },
    );
  });

  it('is the same for the same seed, to the byte, and another for another', () => {
    const size = { users: 300, tracks: 500, interactions: 9000 };
    expect(digest(generate(size, '7'))).toBe(digest(generate(size, '7')));
    expect(digest(generate(size, '7'))).not.toBe(digest(generate(size, '8')));
  });

  it('gives a listener the same tracks whoever else there is', () => {
    const taste = hiddenTaste(400, createStreams('7'));
    const together = generateListening(taste, Uint32Array.of(10, 60, 20));
    const alone = generateListening(taste, Uint32Array.of(60), { first: 1 });
    expect(sparseRow(alone, 0)).toEqual(sparseRow(together, 1));
  });

  it('is refused when users cannot have so many interactions', () => {
    for (const interactions of [29, 30 * 10 + 1]) {
      expect(() => generate({ users: 30, tracks: 40, interactions }, '1')).toThrowError(
        expect.objectContaining({ code: 'INVALID_OPTIONS', message: expect.stringContaining('30 to 300') }),
      );
    }
  });

  describe('of 4,000 users', () => {
    const listening = generate({ users: 4000, tracks: 2000, interactions: 200_000 }, '1');
    const descending = (lengths: Uint32Array): Uint32Array => lengths.sort().reverse();
    const perUser = descending(rowLengths(listening));
    const perTrack = descending(rowLengths(transpose(listening)));
    const share = (lengths: Uint32Array, count: number): number =>
      lengths.subarray(0, count).reduce((sum, length) => sum + length, 0) / listening.indices.length;

    it('is heavy-tailed on both sides', () => {
      expect(share(perUser, 400)).toBeGreaterThan(0.3); // a tenth of the users
      expect(perUser[0]).toBeGreaterThan(10 * perUser[2000]!);
      expect(share(perTrack, 200)).toBeGreaterThan(0.3); // a tenth of the tracks
      expect(perTrack[0]).toBeGreaterThan(10 * perTrack[1000]!);
      expect(perTrack[1999]).toBeGreaterThan(0);
    });

    it('plays most tracks once and a few very often', () => {
      const plays = listening.weights.map((r) => Math.round(2 ** (r / 8) - 1)).sort();
      expect(plays[plays.length / 2]).toBe(1);
      expect(plays.at(-1)).toBeGreaterThan(1000);
      // P(plays ≥ 10) = 10^−1.1
      const often = plays.filter((count) => count >= 10).length / plays.length;
      expect(often).toBeGreaterThan(0.95 * 10 ** -1.1);
      expect(often).toBeLessThan(1.05 * 10 ** -1.1);
    });

    it('has taste besides fame: two users share more tracks when they share one off the charts', () => {
      const fame = rowLengths(transpose(listening));
      const byTrack = transpose(listening);
      const overlap = (a: number, b: number): number => {
        const heard = new Set(sparseRow(listening, a).rows);
        const other = sparseRow(listening, b).rows;
        return other.filter((track) => heard.has(track)).length / Math.sqrt(heard.size * other.length);
      };
      const [together, apart] = [[] as number[], [] as number[]];
      for (let track = 0; track < 2000; track++) {
        if (fame[track]! < 30 || fame[track]! > 60) continue;
        const fans = sparseRow(byTrack, track).rows;
        together.push(overlap(fans[0]!, fans[1]!));
        apart.push(overlap(fans[0]!, (fans[1]! * 7 + track) % 4000));
      }
      const mean = (values: readonly number[]): number => values.reduce((sum, x) => sum + x, 0) / values.length;
      expect(together.length).toBeGreaterThan(100);
      expect(mean(together)).toBeGreaterThan(1.5 * mean(apart));
    });
  });
});
