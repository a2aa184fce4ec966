import { describe, expect, it } from 'vitest';
import { availableKernels, chooseKernel } from '../../../engine/als/choose-kernel.ts';
import { gramMatrix } from '../../../engine/als/gram.ts';
import type { Kernel } from '../../../engine/als/kernel.ts';
import { type Factors, trainAls } from '../../../engine/als/train.ts';
import { type Matrix, zeros } from '../../../engine/core/matrix.ts';
import { createStreams } from '../../../engine/core/random.ts';
import {
  type Csr,
  type InteractionMatrix,
  interactionMatrix,
  type SparsePattern,
} from '../../../engine/interactions/csr.ts';
import { alsOptionsSchema } from '../../../engine/options.ts';
import { objectives, randomMatrix, randomWeights } from './problems.ts';

const kernels = availableKernels();
const streams = createStreams('kernel input');
const [users, tracks, k] = [12, 9, 4];
const weights = randomWeights(users, tracks, 0.5, streams('weights', 0));
const X = randomMatrix(users, k, streams('x', 0));
const Y = randomMatrix(tracks, k, streams('y', 0));
const gram = gramMatrix(Y);
const options = { ...objectives[0]!, solver: 'cg', cgSteps: 2 } as const;
const trainOptions = { ...alsOptionsSchema.parse({ factors: k }), sweeps: 1 };

const refusal = (message: string) =>
  expect.objectContaining({ code: 'INVALID_INPUT', message: expect.stringContaining(message) });

/** The last row that holds at least two entries. */
const longRow = ((): number => {
  for (let row = users - 1; ; row--) if (weights.indptr[row + 1]! - weights.indptr[row]! > 1) return row;
})();

/** Sparse matrices that are not what they should be, and what is said of them. */
const brokenEntries: readonly (readonly [string, Csr, string])[] = [
  ['a start too few', { ...weights, indptr: weights.indptr.subarray(0, users) }, 'row starts'],
  ['a start too many', { ...weights, indptr: Uint32Array.of(...weights.indptr, weights.indices.length) }, 'row starts'],
  ['ids that end before the rows do', { ...weights, indices: weights.indices.subarray(1) }, 'end of the last row'],
  ['an id beyond the columns', withIds((ids) => ids.fill(tracks, -1)), `rows below ${tracks}`],
  ['an id twice in a row', withIds((ids) => ids.copyWithin(at(1), at(0), at(1))), 'ascending'],
  ['ids that descend', withIds((ids) => ids.set([ids[at(1)]!, ids[at(0)]!], at(0))), 'ascending'],
  ['a row that ends before it begins', withStarts((starts) => starts.fill(starts[1]! - 1, 2, 3)), 'row 1: found'],
  ['a row that ends beyond the entries', withStarts((starts) => starts.fill(2 ** 32 - 1, 2, 3)), 'row 1: found'],
];

function at(place: number): number {
  return weights.indptr[longRow]! + place;
}

function withIds(change: (ids: Uint32Array) => void): Csr {
  const indices = weights.indices.slice();
  change(indices);
  return { ...weights, indices };
}

function withStarts(change: (starts: Uint32Array) => void): Csr {
  const indptr = weights.indptr.slice();
  change(indptr);
  return { ...weights, indptr };
}

const cutShort = (m: Matrix): Matrix => ({ ...m, data: m.data.subarray(1) });

describe.each(kernels)('the %s kernel', (name) => {
  const kernel: Kernel = chooseKernel(2, name);
  const sweep = (change: { entries?: Csr; fixed?: Matrix; gram?: Float64Array; solved?: Matrix; cgSteps?: number }) => {
    const { entries, fixed, gram: G, solved, cgSteps } = { entries: weights, fixed: Y, gram, ...change };
    return kernel.halfSweep(entries, fixed, G, solved ?? zeros(users, k), { ...options, cgSteps: cgSteps ?? 2 });
  };

  it.each([0, -1, 1.5, Number.NaN])('refuses %d threads', (threads) => {
    expect(() => chooseKernel(threads, name)).toThrow(refusal('threads'));
  });

  it.each([
    ['fewer numbers than its shape', cutShort(Y), 'found 35, expected 36'],
    ['no columns', zeros(3, 0), '3 × 0'],
    ['a shape that is no number', { ...Y, rows: Number.NaN }, 'NaN × 4'],
  ])('refuses factors with %s', async (_, broken, message) => {
    await expect(kernel.gramMatrix(broken)).rejects.toThrow(refusal(message));
    await expect(kernel.prepareIndex(broken)).rejects.toThrow(refusal(message));
    await expect(kernel.prepareFoldIn(broken, gram, options)).rejects.toThrow(refusal(message));
    await expect(kernel.prepareScores(broken)).rejects.toThrow(refusal(message));
    await expect((await kernel.prepareScores(Y)).of(broken)).rejects.toThrow(refusal(message));
    await expect(kernel.extrapolate(broken, broken, 0.5)).rejects.toThrow(refusal(message));
    await expect(sweep({ fixed: broken })).rejects.toThrow(refusal(message));
  });

  it.each(brokenEntries)('refuses to sweep over %s', async (_, entries, message) => {
    await expect(sweep({ entries })).rejects.toThrow(refusal(message));
  });

  it('refuses to sweep where sides, Gram matrix, entries or steps do not fit', async () => {
    await expect(sweep({ solved: zeros(users - 1, k) })).rejects.toThrow(refusal('11 × 4, expected 12 × 4'));
    await expect(sweep({ solved: zeros(users, k + 1) })).rejects.toThrow(refusal('12 × 5, expected 12 × 4'));
    await expect(sweep({ solved: cutShort(zeros(users, k)) })).rejects.toThrow(refusal('found 47, expected 48'));
    await expect(sweep({ fixed: zeros(tracks - 1, k) })).rejects.toThrow(refusal('found 9, expected 8'));
    await expect(sweep({ gram: gram.subarray(1) })).rejects.toThrow(refusal('found 15, expected 16'));
    await expect(sweep({ cgSteps: 0 })).rejects.toThrow(refusal('cgSteps'));
    const few = { ...weights, weights: weights.weights.subarray(1) };
    await expect(sweep({ entries: few })).rejects.toThrow(refusal('weights'));
    const part = { ...weights, rows: users - 1, indptr: weights.indptr.subarray(1) };
    await expect(sweep({ entries: part, solved: zeros(users - 1, k) })).rejects.toThrow(refusal('first row'));
  });

  it('refuses to run ahead in the direction of another shape', async () => {
    await expect(kernel.extrapolate(zeros(3, 4), zeros(3, 3), 0.5)).rejects.toThrow(refusal('3 × 3, expected 3 × 4'));
    await expect(kernel.extrapolate(cutShort(zeros(3, 4)), zeros(3, 4), 0.5)).rejects.toThrow(
      refusal('of x: found 11'),
    );
  });

  it.each(brokenEntries)('refuses to fold in %s', async (_, entries, message) => {
    const foldIn = await kernel.prepareFoldIn(Y, gram, options);
    await expect(foldIn.all(entries)).rejects.toThrow(refusal(message));
  });

  it('refuses to fold in histories of other tracks or of too few weights', async () => {
    await expect(kernel.prepareFoldIn(Y, gram.subarray(1), options)).rejects.toThrow(refusal('Gram'));
    const foldIn = await kernel.prepareFoldIn(Y, gram, options);
    await expect(foldIn.all({ ...weights, cols: tracks + 1 })).rejects.toThrow(refusal('found 10, expected 9'));
    const few = { ...weights, weights: weights.weights.subarray(1) };
    await expect(foldIn.all(few)).rejects.toThrow(refusal('weights'));
    const one = (rows: number[], weightsOf: number[]) => () =>
      foldIn.one({ rows: Uint32Array.from(rows), weights: Float32Array.from(weightsOf) });
    expect(one([3, tracks], [1, 1])).toThrow(refusal(`track row ${tracks}`));
    expect(one([3, 2], [1])).toThrow(refusal('found 1, expected 2'));
    expect(one([3, 2], [1, 1])()).toHaveLength(k); // in any order
  });

  it.each(brokenEntries)('refuses to leave out %s', async (_, heard, message) => {
    const index = await kernel.prepareIndex(Y);
    await expect(index.topN(X, 3, { heard })).rejects.toThrow(refusal(message));
  });

  it.each([0, -1, 2.5, Number.NaN, Number.POSITIVE_INFINITY])('refuses lists of %d tracks', async (n) => {
    const index = await kernel.prepareIndex(Y);
    await expect(index.topN(X, n)).rejects.toThrow(refusal('expected a whole number from 1'));
  });

  it('refuses a search where listeners, filter and tracks do not fit', async () => {
    const index = await kernel.prepareIndex(Y);
    await expect(index.topN(zeros(users, k + 1), 3)).rejects.toThrow(refusal('found 5, expected 4'));
    await expect(index.topN(cutShort(X), 3)).rejects.toThrow(refusal('found 47, expected 48'));
    await expect(index.topN(X, 3, { allow: new Uint8Array(tracks - 1) })).rejects.toThrow(refusal('allow'));
    await expect(index.topN(zeros(users - 1, k), 3, { heard: weights })).rejects.toThrow(refusal('rows of `heard`'));
    const wide = { ...weights, cols: tracks + 1 };
    await expect(index.topN(X, 3, { heard: wide })).rejects.toThrow(refusal('columns of `heard`'));
    const bare = { ...weights, weights: new Float32Array(0) };
    expect((await index.topN(X, 3, { heard: bare })).lengths).toHaveLength(users); // weights are not read
  });

  it('refuses to score listeners of another rank than the tracks, or into memory of another size', async () => {
    const ready = await kernel.prepareScores(Y);
    await expect(ready.of(zeros(users, k + 1))).rejects.toThrow(refusal('columns of X: found 5, expected 4'));
    await expect(ready.of(X, new Float32Array(107))).rejects.toThrow(refusal('found 107, expected 108'));
  });

  it('refuses to blend scores, trust or evidence of other shapes', async () => {
    const all = users * tracks;
    const usual = { C: all, A: all, trust: tracks, evidence: tracks, n: 3, heard: weights as SparsePattern };
    const blend = (change: Partial<typeof usual>) => {
      const { C, A, trust, evidence, n, heard } = { ...usual, ...change };
      const blending = { trust: new Float32Array(trust), evidence: new Uint8Array(evidence) };
      return kernel.blendBlock(new Float32Array(C), new Float32Array(A), blending, n, heard);
    };
    expect((await blend({})).lengths).toHaveLength(users);
    await expect(blend({ C: all - 1 })).rejects.toThrow(refusal('collaborative scores: found 107, expected 108'));
    await expect(blend({ A: all + 1 })).rejects.toThrow(refusal('audio scores: found 109'));
    await expect(blend({ trust: tracks + 1 })).rejects.toThrow(refusal('length of `trust`: found 10, expected 108'));
    await expect(blend({ evidence: 1 })).rejects.toThrow(refusal('length of `evidence`'));
    await expect(blend({ n: 0 })).rejects.toThrow(refusal('expected a whole number from 1'));
    for (const [, heard, message] of brokenEntries) await expect(blend({ heard })).rejects.toThrow(refusal(message));
  });
});

describe('training', () => {
  const kernel = chooseKernel(1);
  const interactions = interactionMatrix(weights);
  const start: Factors = { users: X, tracks: Y };
  const train = (of: Partial<InteractionMatrix>, from: Partial<Factors> = {}) =>
    trainAls({ ...interactions, ...of }, { ...start, ...from }, trainOptions, { kernel });

  it.each(brokenEntries)('refuses %s before it begins, from either side, and says who it is', async (_, entries) => {
    await expect(train({ byUser: entries })).rejects.toThrow(/`byUser`|user row/);
    const turned = { byUser: interactions.byTrack, byTrack: entries };
    const work = trainAls(turned, { users: Y, tracks: X }, trainOptions, { kernel });
    await expect(work).rejects.toThrow(/`byTrack`|track row/);
  });

  it('refuses two sides that are not the same interactions', async () => {
    const { byTrack } = interactions;
    const short = { ...byTrack, rows: tracks - 1, indptr: byTrack.indptr.subarray(0, tracks) };
    await expect(train({ byTrack: short })).rejects.toThrow(refusal('rows of `byTrack`: found 8, expected 9'));
    await expect(train({ byTrack: { ...byTrack, cols: users + 1 } })).rejects.toThrow(refusal('columns of `byTrack`'));
    const fewer = interactionMatrix(randomWeights(users, tracks, 0.3, streams('weights', 1))).byTrack;
    await expect(train({ byTrack: fewer })).rejects.toThrow(refusal('entries of `byTrack`'));
    const byUser = { ...weights, indptr: weights.indptr.slice().fill(1, 0, 1) };
    await expect(train({ byUser })).rejects.toThrow(refusal('start of the first row of `byUser`: found 1'));
  });

  it('names what is wrong with a weight of either side', async () => {
    const byTrack = { ...interactions.byTrack, weights: interactions.byTrack.weights.slice() };
    byTrack.weights[byTrack.indptr[4]!] = -2;
    await expect(train({ byTrack })).rejects.toThrow(
      expect.objectContaining({ code: 'NOT_FINITE', message: expect.stringContaining('track row 4 and user row') }),
    );
  });

  it('refuses start factors of other rows, ranks or lengths', async () => {
    const longer = train({}, { users: zeros(users + 1, k) });
    await expect(longer).rejects.toThrow(refusal('start factors of users: found 13 × 4, expected 12 × 4'));
    await expect(train({}, { tracks: zeros(tracks, k + 1) })).rejects.toThrow(refusal('9 × 5, expected 9 × 4'));
    await expect(train({}, { tracks: cutShort(Y) })).rejects.toThrow(refusal('found 35, expected 36'));
  });
});
