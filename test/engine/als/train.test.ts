import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { rankAdvice, supportedRank } from '../../../engine/als/rank-advice.ts';
import { seedFactors, startFactors } from '../../../engine/als/seed-factors.ts';
import { trainAls } from '../../../engine/als/train.ts';
import { typescriptKernel } from '../../../engine/als/typescript-kernel.ts';
import { rowOf, zeros } from '../../../engine/core/matrix.ts';
import { createStreams } from '../../../engine/core/random.ts';
import { csrFromTriples, interactionMatrix } from '../../../engine/interactions/csr.ts';
import { alsOptionsSchema } from '../../../engine/options.ts';
import { dot, lossByEveryPair, objectives, randomWeights } from './problems.ts';

const streams = createStreams('train');
const run = { kernel: typescriptKernel(1) };
const plain = { solver: 'cg', cgSteps: 2, momentum: 0, tolerance: 0 } as const;
const ids = (prefix: string, n: number) => Array.from({ length: n }, (_, i) => `${prefix}${i}`);
const startOf = (users: number, tracks: number, k: number) => ({
  users: seedFactors(ids('u', users), k, 'users', streams),
  tracks: seedFactors(ids('t', tracks), k, 'tracks', streams),
});

describe('training', () => {
  const weights = randomWeights(60, 80, 0.15, streams('weights', 0));
  const interactions = interactionMatrix(weights);

  it.each(objectives)(
    'lowers the loss of $objective in every sweep, and reports the loss that it has',
    async (objective) => {
      for (const solver of ['cg', 'cholesky'] as const) {
        const options = { ...objective, ...plain, factors: 8, sweeps: 8, solver };
        const { users, tracks, losses } = await trainAls(interactions, startOf(60, 80, 8), options, run);
        expect(losses).toHaveLength(8);
        losses.slice(1).forEach((loss, i) => {
          expect(loss).toBeLessThanOrEqual(losses[i]! * (1 + 1e-6));
        });
        expect(losses.at(-1)! / lossByEveryPair(weights, users, tracks, objective)).toBeCloseTo(1, 6);
      }
    },
  );

  it('recovers two tastes: each group ranks the tracks of its own above all others, unseen ones too', async () => {
    const draw = streams('groups', 0);
    const row: number[] = [];
    const col: number[] = [];
    for (let u = 0; u < 40; u++) {
      for (let t = 0; t < 40; t++) {
        if (u % 2 !== t % 2 || draw() < 0.4) continue;
        row.push(u);
        col.push(t);
      }
    }
    const triples = { row: Uint32Array.from(row), col: Uint32Array.from(col), weight: row.map(() => 1) };
    const matrix = interactionMatrix(csrFromTriples({ rows: 40, cols: 40 }, triples));
    for (const objective of objectives) {
      const options = { ...objective, ...plain, factors: 2, sweeps: 15 };
      const { users, tracks } = await trainAls(matrix, startOf(40, 40, 2), options, run);
      for (let u = 0; u < 40; u++) {
        const scores = Array.from({ length: 40 }, (_, t) => dot(rowOf(users, u), rowOf(tracks, t)));
        const own = scores.filter((_, t) => t % 2 === u % 2);
        const other = scores.filter((_, t) => t % 2 !== u % 2);
        expect(Math.min(...own)).toBeGreaterThan(Math.max(...other));
      }
    }
  });

  it('gives the same bits again, leaves the start alone, and reports each sweep', async () => {
    const options = { ...alsOptionsSchema.parse({ factors: 6 }), sweeps: 3 };
    const start = startOf(60, 80, 6);
    const copy = structuredClone(start);
    const told: number[] = [];
    const progress = (_: string, done: number, total: number) => told.push(done / total);
    const first = await trainAls(interactions, start, options, { ...run, progress });
    expect(await trainAls(interactions, start, options, run)).toEqual(first);
    expect(start).toEqual(copy);
    expect(told).toEqual([1 / 3, 2 / 3, 1]);
  });

  it('leaves users and tracks that nobody met at zero, as a folded-in stranger would be', async () => {
    const triples = { row: Uint32Array.from([0, 1]), col: Uint32Array.from([0, 0]), weight: [1, 1] };
    const matrix = interactionMatrix(csrFromTriples({ rows: 3, cols: 2 }, triples));
    const options = { ...alsOptionsSchema.parse({ factors: 2 }), sweeps: 2 };
    const { users, tracks } = await trainAls(matrix, startOf(3, 2, 2), options, run);
    expect([...rowOf(users, 2)]).toEqual([0, 0]);
    expect([...rowOf(tracks, 1)]).toEqual([0, 0]);
    expect(rowOf(users, 0).some((value) => value !== 0)).toBe(true);
  });

  it.each([
    ['a NaN weight', Number.NaN],
    ['an infinite weight', Number.POSITIVE_INFINITY],
    ['a negative weight', -1],
  ])('names the user row of %s', async (_, weight) => {
    const triples = { row: Uint32Array.from([0, 2]), col: Uint32Array.from([0, 1]), weight: [1, weight] };
    const matrix = interactionMatrix(csrFromTriples({ rows: 3, cols: 2 }, triples));
    await expect(trainAls(matrix, startOf(3, 2, 2), alsOptionsSchema.parse({ factors: 2 }), run)).rejects.toThrow(
      expect.objectContaining({ code: 'NOT_FINITE', message: expect.stringContaining('user row 2 and track row 1') }),
    );
  });

  it('names the row of a start factor that is not finite', async () => {
    const start = startOf(60, 80, 4);
    start.tracks.data[4 * 7 + 2] = Number.NaN;
    await expect(trainAls(interactions, start, alsOptionsSchema.parse({ factors: 4 }), run)).rejects.toThrow(
      expect.objectContaining({ code: 'NOT_FINITE', message: expect.stringContaining('track row 7') }),
    );
  });
});

describe('start factors', () => {
  it('belong to the id: neither its row nor the rest of the catalogue changes them', () => {
    fc.assert(
      fc.property(fc.uniqueArray(fc.string(), { minLength: 1, maxLength: 20 }), fc.nat(100), (names, pick) => {
        const name = names[pick % names.length]!;
        const among = seedFactors(names, 7, 'tracks', streams);
        const alone = seedFactors([name], 7, 'tracks', streams);
        expect(rowOf(among, names.indexOf(name))).toEqual(rowOf(alone, 0));
      }),
    );
  });

  it('differ between ids, sides and seeds, and are small and centred', () => {
    const many = seedFactors(ids('t', 2000), 16, 'tracks', streams);
    const rows = new Set(Array.from({ length: 2000 }, (_, r) => rowOf(many, r).join()));
    expect(rows.size).toBe(2000);
    expect(seedFactors(['t1'], 16, 'users', streams)).not.toEqual(seedFactors(['t1'], 16, 'tracks', streams));
    expect(seedFactors(['t1'], 16, 'users', createStreams('other'))).not.toEqual(
      seedFactors(['t1'], 16, 'users', streams),
    );
    const variance = dot(many.data, many.data) / many.data.length;
    expect(variance / (0.01 / 16)).toBeCloseTo(1, 1); // (startScale / √k)²
    expect(Math.abs(many.data.reduce((a, b) => a + b, 0) / many.data.length)).toBeLessThan(1e-3);
  });

  it('carry over by id at a warm start; new ids and rows of zeros are seeded', () => {
    const factors = { rows: 3, cols: 2, data: Float32Array.from([1, 2, 0, 0, 5, 6]) };
    const start = startFactors(['c', 'new', 'b', 'a'], 2, 'tracks', streams, { ids: ['a', 'b', 'c'], factors });
    expect([...rowOf(start, 0)]).toEqual([5, 6]);
    expect([...rowOf(start, 3)]).toEqual([1, 2]);
    expect(rowOf(start, 1)).toEqual(rowOf(seedFactors(['new'], 2, 'tracks', streams), 0));
    expect(rowOf(start, 2)).toEqual(rowOf(seedFactors(['b'], 2, 'tracks', streams), 0));
    expect(startFactors(['a'], 3, 'tracks', streams, { ids: ['a'], factors: zeros(1, 2) })).toEqual(
      seedFactors(['a'], 3, 'tracks', streams),
    );
  });
});

describe('rank advice', () => {
  it('is silent at the supported rank and speaks above it, naming a rank that it would accept', () => {
    const size = fc.record({
      users: fc.integer({ min: 1, max: 1e8 }),
      tracks: fc.integer({ min: 1, max: 1e8 }),
      interactions: fc.nat(1e9),
    });
    fc.assert(
      fc.property(size, (data) => {
        const supported = supportedRank(data);
        expect(rankAdvice(supported, data)).toBeUndefined();
        expect(rankAdvice(supported + 1, data)).toContain(`als.factors=${supported}`);
      }),
    );
  });

  it('grows with the data: 128 factors suit the default world but not a tiny one', () => {
    expect(rankAdvice(128, { users: 1000, tracks: 1500, interactions: 60_000 })).toBeUndefined();
    expect(rankAdvice(128, { users: 300, tracks: 400, interactions: 15_000 })).toContain('support about 75');
  });
});
