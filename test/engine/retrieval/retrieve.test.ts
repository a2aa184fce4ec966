import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { availableKernels, chooseKernel } from '../../../engine/als/choose-kernel.ts';
import type { TrackIndex } from '../../../engine/als/kernel.ts';
import type { DubplateError } from '../../../engine/core/errors.ts';
import { type Matrix, rowOf, zeros } from '../../../engine/core/matrix.ts';
import { createStreams } from '../../../engine/core/random.ts';
import { type Csr, csrFromTriples, sparseRow } from '../../../engine/interactions/csr.ts';
import { retrieveAll } from '../../../engine/retrieval/retrieve.ts';
import { listOf, recommendTopN } from '../../../engine/retrieval/top-n.ts';
import { randomMatrix, randomWeights } from '../als/problems.ts';

const kernels = availableKernels();
const streams = createStreams('retrieval');

/**
 * Every listener's list equals brute force: the same tracks, order and scores, to the bit; whatever listeners the tracks were
 * made ready for: none, these, a single one.
 */
async function expectBruteForce(
  X: Matrix,
  Y: Matrix,
  n: number,
  filter: { readonly heard?: Csr | undefined; readonly allow?: Uint8Array | undefined } = {},
): Promise<void> {
  const expected = Array.from({ length: X.rows }, (_, i) =>
    recommendTopN(rowOf(X, i), Y, n, { heard: filter.heard && sparseRow(filter.heard, i).rows, allow: filter.allow }),
  );
  const alone = { ...X, rows: Math.min(1, X.rows), data: X.data.subarray(0, X.rows && X.cols) };
  for (const name of kernels) {
    for (const usual of [undefined, X, alone]) {
      const index = await chooseKernel(2, name).prepareIndex(Y, usual);
      const block = await index.topN(X, n, filter);
      expected.forEach((list, i) => {
        expect(listOf(block, i)).toEqual(list);
      });
    }
  }
}

describe('retrieval for many listeners', () => {
  it('gives the lists of brute force, bit for bit, whatever the sizes, heard and allowed tracks', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.record({
          users: fc.integer({ min: 0, max: 30 }),
          tracks: fc.integer({ min: 1, max: 400 }),
          k: fc.integer({ min: 1, max: 40 }),
          n: fc.integer({ min: 1, max: 60 }),
          heard: fc.constantFrom(0, 0.1, 1),
          allow: fc.constantFrom(undefined, 0.3, 0.9),
          seed: fc.nat(1e6),
        }),
        async ({ users, tracks, k, n, heard, allow, seed }) => {
          const own = createStreams(String(seed));
          const draw = own('allow', 0);
          await expectBruteForce(randomMatrix(users, k, own('x', 0)), randomMatrix(tracks, k, own('y', 0)), n, {
            heard: heard === 0 ? undefined : randomWeights(users, tracks, heard, own('heard', 0)),
            allow:
              allow === undefined ? undefined : Uint8Array.from({ length: tracks }, () => (draw() < allow ? 1 : 0)),
          });
        },
      ),
      { numRuns: 60 },
    );
  });

  it('gives the lists of brute force on a catalogue that is large enough for the filter to drop most of it', async () => {
    for (const k of [16, 100, 128]) {
      const Y = randomMatrix(5000, k, streams('y', k));
      // Popularity: norms over three orders of magnitude.
      const draw = streams('norms', k);
      for (let row = 0; row < Y.rows; row++) {
        const factor = 10 ** (-3 * draw());
        rowOf(Y, row).forEach((value, i, y) => {
          y[i] = value * factor;
        });
      }
      const X = randomMatrix(40, k, streams('x', k));
      await expectBruteForce(X, Y, 200, { heard: randomWeights(40, 5000, 0.02, streams('heard', k)) });
    }
  });

  it('gives the lists of brute force where a sample of the catalogue misleads, better than the rest or worse', async () => {
    // The sample is every sixteenth track by norm; here it points elsewhere than the others, some a little to both sides.
    const Y = randomMatrix(1536, 24, streams('y', 0));
    for (let row = 0; row < Y.rows; row++) {
      const y = rowOf(Y, row);
      y[row % 16 === 0 ? 0 : 1] = 20;
      const norm = Math.hypot(...y);
      y.forEach((value, i) => {
        y[i] = (value / norm) * (3 - row / Y.rows);
      });
    }
    const X = randomMatrix(30, 24, streams('x', 0));
    for (let i = 0; i < X.rows; i++) rowOf(X, i)[i % 2] = 3;
    for (let n = 1; n <= 300; n = Math.ceil(n * 1.3)) await expectBruteForce(X, Y, n);
  });

  it('gives the lists of brute force where the best are short tracks that point exactly where the listener does', async () => {
    // Long tracks come first and raise the bar to 1; short ones then reach 1.01 to 1.09, all that their length allows.
    const Y = randomMatrix(1200, 20, streams('y', 14));
    for (let row = 0; row < Y.rows; row++) {
      const y = rowOf(Y, row);
      if (row >= 600) y.fill(0);
      y[0] = row < 600 ? 1 : 1.01 + (row % 9) / 100;
    }
    const X = zeros(3, 20);
    for (let i = 0; i < X.rows; i++) rowOf(X, i)[0] = 10 ** i;
    for (const n of [1, 20, 200]) await expectBruteForce(X, Y, n);
  });

  it('gives the lists of brute force where tracks are subnormal and listeners huge', async () => {
    const least = 2 ** -149;
    const Y = zeros(17, 2);
    for (let row = 0; row < 16; row++) Y.data[2 * row + 1] = 2 * least;
    Y.data.set([least, least], 32);
    const X = { rows: 1, cols: 2, data: Float32Array.of(0.8e18, 0.6e18) };
    for (const n of [1, 2, 17]) await expectBruteForce(X, Y, n);
  });

  it('breaks ties by row: equal tracks, equal scores of different tracks, listeners of whom nothing is known', async () => {
    const same = zeros(700, 9);
    same.data.fill(0.25);
    const few = zeros(700, 4);
    for (let row = 0; row < 700; row++) rowOf(few, row)[row % 4] = 1; // four scores, 175 tracks each
    const heard = randomWeights(5, 700, 0.1, streams('heard', 1));
    for (const Y of [same, few]) {
      const X = randomMatrix(5, Y.cols, streams('x', 1));
      rowOf(X, 2).fill(0);
      rowOf(X, 3).fill(-1);
      await expectBruteForce(X, Y, 200, { heard });
      await expectBruteForce(X, zeros(700, Y.cols), 200, { heard });
    }
  });

  it('stays exact where bounds are hard: near ties, huge and tiny norms, all scores negative', async () => {
    const k = 24;
    const base = randomMatrix(1, k, streams('base', 0));
    const near = randomMatrix(2000, k, streams('near', 0), 1e-6);
    near.data.forEach((value, i) => {
      near.data[i] = base.data[i % k]! + value;
    });
    const X = randomMatrix(12, k, streams('x', 2));
    await expectBruteForce(X, near, 100);
    const scaled = (m: Matrix, by: number): Matrix => ({ ...m, data: m.data.map((value) => value * by) });
    const Y = randomMatrix(2000, k, streams('y', 2));
    for (const by of [1e17, 1e-17, 1e-22]) await expectBruteForce(scaled(X, by), scaled(Y, by), 100);
    const mixed = { ...Y, data: Y.data.map((value, i) => value * 10 ** ((Math.floor(i / k) % 30) - 15)) };
    await expectBruteForce(X, mixed, 100);
    const positive = { ...Y, data: Y.data.map(Math.abs) };
    await expectBruteForce({ ...X, data: X.data.map((value) => -Math.abs(value)) }, positive, 100);
  });

  it.each(kernels)('lists the same whatever is wrong with the usual listeners: %s', async (name) => {
    const kernel = chooseKernel(2, name);
    const Y = randomMatrix(2000, 20, streams('y', 13));
    const X = randomMatrix(9, 20, streams('x', 13));
    const expected = await (await kernel.prepareIndex(Y)).topN(X, 30);
    for (const bad of [0, Number.NaN, Number.POSITIVE_INFINITY, 1e30, 1e-30]) {
      const usual = randomMatrix(50, 20, streams('usual', 0));
      usual.data.fill(bad, bad === 1e30 ? 900 : 0);
      expect(await (await kernel.prepareIndex(Y, usual)).topN(X, 30)).toEqual(expected);
    }
    await expect(kernel.prepareIndex(Y, zeros(3, 19))).rejects.toThrow(
      expect.objectContaining({ code: 'INVALID_INPUT' }),
    );
  });

  it('lists nothing for a listener who heard all, and fewer than n where fewer are left', async () => {
    const Y = randomMatrix(50, 6, streams('y', 3));
    const X = randomMatrix(2, 6, streams('x', 3));
    const row = Uint32Array.from([...Array.from({ length: 50 }, () => 0), ...Array.from({ length: 47 }, () => 1)]);
    const col = Uint32Array.from(row, (_, i) => i % 50);
    const heard = csrFromTriples({ rows: 2, cols: 50 }, { row, col, weight: [...row] });
    await expectBruteForce(X, Y, 20, { heard });
    for (const name of kernels) {
      const block = await (await chooseKernel(1, name).prepareIndex(Y)).topN(X, 20, { heard });
      expect([...block.lengths]).toEqual([0, 3]);
    }
  });

  it.each(kernels)('takes empty sides: %s', async (name) => {
    const kernel = chooseKernel(2, name);
    const none = await kernel.prepareIndex(zeros(0, 5));
    expect((await none.topN(zeros(3, 5), 10)).lengths).toEqual(new Uint32Array(3));
    const some = await kernel.prepareIndex(randomMatrix(4, 5, streams('y', 4)));
    expect((await some.topN(zeros(0, 5), 10)).rows).toHaveLength(0);
  });

  it.each(kernels)('names the track or listener whose factor is not finite or too long: %s', async (name) => {
    const kernel = chooseKernel(2, name);
    for (const bad of [Number.NaN, Number.POSITIVE_INFINITY, 1e30]) {
      const Y = randomMatrix(40, 5, streams('y', 5));
      const index = await kernel.prepareIndex(Y);
      const X = randomMatrix(9, 5, streams('x', 5));
      X.data[7 * 5 + 1] = bad;
      await expect(index.topN(X, 3)).rejects.toThrow(
        expect.objectContaining({ code: 'NOT_FINITE', details: { listener: 7 } }),
      );
      const broken = randomMatrix(40, 5, streams('y', 5));
      broken.data[33 * 5] = bad;
      await expect(kernel.prepareIndex(broken)).rejects.toThrow(
        expect.objectContaining({ code: 'NOT_FINITE', details: { track: 33 } }),
      );
    }
  });

  it.each(kernels)('scores blocks as listeners one by one: %s', async (name) => {
    const kernel = chooseKernel(2, name);
    const Y = randomMatrix(333, 21, streams('y', 6));
    const X = randomMatrix(150, 21, streams('x', 6));
    const tracks = await kernel.prepareScores(Y);
    const S = await tracks.of(X);
    for (const row of [0, 77, 149]) {
      const alone = await tracks.of({ rows: 1, cols: 21, data: rowOf(X, row) });
      expect(alone).toEqual(S.subarray(row * 333, (row + 1) * 333));
      const { rows, scores } = recommendTopN(rowOf(X, row), Y, 333);
      rows.forEach((track, place) => {
        expect(Math.abs(alone[track]! - scores[place]!)).toBeLessThan(1e-5);
      });
    }
  });
});

describe('a block of scores', () => {
  it.each(kernels)('is refused by the name of the listener or track whose factor is broken: %s', async (name) => {
    const kernel = chooseKernel(2, name);
    for (const bad of [Number.NaN, Number.NEGATIVE_INFINITY, 1e30]) {
      // Odd and even ranks, first and last numbers of a row.
      for (const [k, at] of [
        [5, 0],
        [5, 4],
        [6, 5],
      ] as const) {
        const X = randomMatrix(9, k, streams('x', 9));
        const Y = randomMatrix(40, k, streams('y', 9));
        const tracks = await kernel.prepareScores(Y);
        Y.data[33 * k + at] = bad;
        await expect(kernel.prepareScores(Y)).rejects.toThrow(
          expect.objectContaining({ code: 'NOT_FINITE', details: { track: 33 } }),
        );
        X.data[7 * k + at] = bad;
        await expect(tracks.of(X)).rejects.toThrow(
          expect.objectContaining({ code: 'NOT_FINITE', details: { listener: 7 } }),
        );
      }
    }
  });
});

describe('retrieval as a stream', () => {
  const drain = async (lists: AsyncIterable<unknown>): Promise<void> => {
    for await (const _ of lists);
  };

  it.each(kernels)('names the listener of the whole, whichever block they are in: %s', async (name) => {
    const index = await chooseKernel(2, name).prepareIndex(randomMatrix(40, 4, streams('y', 10)));
    for (const listener of [3, 5, 13]) {
      const X = randomMatrix(17, 4, streams('x', 10));
      X.data[listener * 4 + 1] = Number.NaN;
      const broken = drain(retrieveAll(index, X, 3, {}, { listenersPerBlock: 5 }));
      await expect(broken).rejects.toThrow(
        expect.objectContaining({
          code: 'NOT_FINITE',
          details: { listener },
          message: expect.stringContaining(`listener row ${listener} `),
        }),
      );
      const heard = csrFromTriples(
        { rows: 17, cols: 40 },
        { row: Uint32Array.of(listener), col: Uint32Array.of(1), weight: [1] },
      );
      heard.indices[0] = 40;
      const strange = drain(retrieveAll(index, zeros(17, 4), 3, { heard }, { listenersPerBlock: 5 }));
      await expect(strange).rejects.toThrow(
        expect.objectContaining({
          code: 'INVALID_INPUT',
          message: expect.stringContaining(`listener row ${listener} `),
          details: expect.objectContaining({ listener, track: 40 }),
        }),
      );
    }
  });

  it.each([0, -1, 2.5, Number.NaN])('refuses blocks of %d listeners', async (listenersPerBlock) => {
    const index = await chooseKernel().prepareIndex(randomMatrix(4, 3, streams('y', 11)));
    await expect(drain(retrieveAll(index, zeros(2, 3), 1, {}, { listenersPerBlock }))).rejects.toThrow(
      expect.objectContaining({ code: 'INVALID_INPUT', message: expect.stringContaining('listenersPerBlock') }),
    );
  });

  it.each(kernels)('stops the block under way when the caller breaks off: %s', async (name) => {
    const index = await chooseKernel(2, name).prepareIndex(randomMatrix(50, 4, streams('y', 12)));
    const ends: string[] = [];
    const told: TrackIndex = {
      tracks: index.tracks,
      topN: async (...search) => {
        try {
          const block = await index.topN(...search);
          ends.push('made');
          return block;
        } catch (error) {
          ends.push((error as DubplateError).code);
          throw error;
        }
      },
    };
    const X = randomMatrix(3000, 4, streams('x', 12));
    for await (const _ of retrieveAll(told, X, 3, {}, { listenersPerBlock: 1000 })) break;
    expect(ends).toEqual(['made', 'INTERRUPTED']);
  });

  it.each(kernels)('hands out blocks in order, the same whatever their size: %s', async (name) => {
    const Y = randomMatrix(300, 10, streams('y', 7));
    const X = randomMatrix(101, 10, streams('x', 7));
    const heard = randomWeights(101, 300, 0.1, streams('heard', 7));
    const index = await chooseKernel(2, name).prepareIndex(Y);
    const whole = await index.topN(X, 20, { heard });
    for (const listenersPerBlock of [1, 10, 101, 1000]) {
      const done: number[] = [];
      let next = 0;
      for await (const block of retrieveAll(
        index,
        X,
        20,
        { heard },
        { listenersPerBlock, onRows: (n) => done.push(n) },
      )) {
        expect(block.first).toBe(next);
        expect(block.lengths.length).toBeLessThanOrEqual(listenersPerBlock);
        for (let i = 0; i < block.lengths.length; i++) expect(listOf(block, i)).toEqual(listOf(whole, next + i));
        next += block.lengths.length;
      }
      expect(next).toBe(101);
    }
  });

  it('ends when it is told to', async () => {
    const index = await chooseKernel().prepareIndex(randomMatrix(300, 10, streams('y', 8)));
    const stop = new AbortController();
    const lists = retrieveAll(
      index,
      randomMatrix(100, 10, streams('x', 8)),
      20,
      {},
      { listenersPerBlock: 10, signal: stop.signal },
    );
    await lists.next();
    stop.abort();
    await expect(
      (async () => {
        for await (const _ of lists);
      })(),
    ).rejects.toThrow(expect.objectContaining({ code: 'INTERRUPTED' }));
  });
});
