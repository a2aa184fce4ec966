import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { chooseKernel } from '../../engine/als/choose-kernel.ts';
import type { Kernel } from '../../engine/als/kernel.ts';
import { typescriptKernel } from '../../engine/als/typescript-kernel.ts';
import type { Catalogue } from '../../engine/core/catalogue.ts';
import type { ArtistId, TrackId, UserId } from '../../engine/core/ids.ts';
import { rowOf } from '../../engine/core/matrix.ts';
import { createStreams } from '../../engine/core/random.ts';
import { secondsPerDay } from '../../engine/core/time.ts';
import type { Generation } from '../../engine/generation.ts';
import { type MadeList, makeLists } from '../../engine/make-lists.ts';
import { engineOptionsSchema } from '../../engine/options.ts';
import { recommendTopN } from '../../engine/retrieval/top-n.ts';
import { createSlateMaker } from '../../engine/slate-maker.ts';
import { randomMatrix, randomWeights } from './als/problems.ts';

const streams = createStreams('slate-maker');
const [users, tracks, k] = [12, 500, 6];
const kernel = chooseKernel(2);
const length = 40;

const catalogue: Catalogue = {
  listeners: Array.from({ length: users }, (_, u) => ({ id: `u${u}` as UserId, signedUpAt: 0, region: 0 })),
  tracks: Array.from({ length: tracks }, (_, t) => ({
    id: `t${t}` as TrackId,
    artist: `a${t % 50}` as ArtistId,
    releasedAt: t < 450 ? 0 : 90 * secondsPerDay,
    durationMs: 180_000,
  })),
  waveform: () => new Float32Array(),
  annotation: () => undefined,
};

/** A generation that knows all listeners but the last. */
async function generationOf(): Promise<Generation> {
  const X = randomMatrix(users, k, streams('x', 0));
  rowOf(X, users - 1).fill(0);
  const Y = randomMatrix(tracks, k, streams('y', 0));
  const weights = randomWeights(users, tracks, 0.05, streams('heard', 0));
  const plays = Uint32Array.from({ length: tracks }, (_, t) => (t * 7) % 60);
  return {
    number: 1,
    builtAt: 91 * secondsPerDay,
    users: X,
    tracks: Y,
    foldIn: await kernel.prepareFoldIn(Y, await kernel.gramMatrix(Y), engineOptionsSchema.parse({}).als),
    sound: { embeddings: randomMatrix(tracks, k, streams('sound', 0)), isTaught: new Uint8Array(tracks) },
    evidence: {
      weights,
      heard: weights,
      listeners: plays,
      fans: plays,
      plays,
      recentPlays: Float64Array.from(plays),
      interactions: Uint32Array.from({ length: users }, (_, u) => 10 * u),
    },
  };
}

const askersOf = ({ users: X, evidence }: Generation) =>
  Array.from({ length: users }, (_, i) => ({
    listener: i,
    factor: rowOf(X, i),
    heard: evidence.heard.indices.slice(evidence.heard.indptr[i], evidence.heard.indptr[i + 1]),
    interactions: evidence.interactions[i]!,
    draw: streams('slate', i),
  }));

describe('lists made in blocks', () => {
  /** The lists of all listeners. */
  async function listsBy(blend: object, slate: object, by: Kernel = kernel) {
    const generation = await generationOf();
    const options = engineOptionsSchema.parse({ blend, slate: { length, ...slate } });
    const maker = await createSlateMaker(generation, catalogue, options, by);
    const listAt = await maker.prepare(askersOf(generation));
    return Array.from({ length: users }, (_, i) => listAt(i));
  }

  it('are those of the reference kernel, reserved slots and all', async () => {
    for (const slate of [{}, { slots: 5 }]) {
      for (const blend of [{ kind: 'byEvidence' }, { kind: 'fixed', trust: 0.3 }, { kind: 'audio' }]) {
        expect(await listsBy(blend, slate)).toEqual(await listsBy(blend, slate, typescriptKernel(1)));
      }
    }
  });

  it('are the best by sound where that decides alone', async () => {
    const generation = await generationOf();
    const lists = await listsBy({ kind: 'audio' }, {});
    for (const { listener, factor, heard } of askersOf(generation).slice(0, -1)) {
      const best = recommendTopN(factor, generation.sound!.embeddings, length, { heard }).rows;
      expect(lists[listener]!.tracks).toEqual(best);
      expect(lists[listener]!.collaborativeShare).toBe(0);
    }
  });

  it('hold as many new tracks as there are reserved positions, at least', async () => {
    const lists = await listsBy({ kind: 'fixed', trust: 0.3 }, { slots: 2 });
    for (const { tracks: listed } of lists.slice(0, -1)) {
      expect(listed.filter((track) => track >= 450).length).toBeGreaterThanOrEqual(length / 2);
    }
  });

  it('are the best tracks by collaborative scores where those decide alone, retrieved or scored', async () => {
    const generation = await generationOf();
    const lists = await listsBy({ kind: 'collaborative' }, {});
    for (const { listener, factor, heard } of askersOf(generation).slice(0, -1)) {
      const best = recommendTopN(factor, generation.tracks, length, { heard }).rows;
      expect(lists[listener]!.tracks).toEqual(best);
      expect(lists[listener]!.collaborativeShare).toBe(1);
    }
  });

  it('are charts for a listener of whom nothing is known, without what they have heard', async () => {
    const generation = await generationOf();
    const { heard } = askersOf(generation)[users - 1]!;
    for (const kind of ['collaborative', 'byEvidence', 'popular']) {
      const list = (await listsBy({ kind }, {})).at(-1)!;
      expect(list.tracks).toHaveLength(length);
      expect(new Set(list.tracks).size).toBe(length);
      for (const track of list.tracks) expect(heard).not.toContain(track);
    }
  });

  it.each(['collaborative', 'byEvidence'])(
    'name the listener whose factor is broken, not their row in the block: %s',
    async (kind) => {
      const generation = await generationOf();
      const options = engineOptionsSchema.parse({ blend: { kind } });
      const maker = await createSlateMaker(generation, catalogue, options, kernel);
      const askers = askersOf(generation).slice(4, 9);
      askers[2] = { ...askers[2]!, factor: new Float32Array(k).fill(Number.NaN) };
      await expect(maker.prepare(askers)).rejects.toThrow(
        expect.objectContaining({ code: 'NOT_FINITE', details: { listener: 6 } }),
      );
    },
  );
});

describe('lists made for a night', () => {
  async function makerOf(generation: Generation, blockSize: number) {
    const options = engineOptionsSchema.parse({ slate: { length, epsilonSlots: 5 } });
    return { ...(await createSlateMaker(generation, catalogue, options, kernel)), blockSize };
  }
  const all = Array.from({ length: users }, (_, listener) => listener);

  async function listsFrom(blocks: ReturnType<typeof makeLists>) {
    const lists: MadeList[] = [];
    for await (const block of blocks) lists.push(...block);
    return lists;
  }

  it('are the same for a listener, whoever else is asked for, in whatever order and blocks', async () => {
    const generation = await generationOf();
    const night = await listsFrom(makeLists(all, generation, await makerOf(generation, users), streams));
    expect(night.map(({ listener }) => listener)).toEqual(all);
    const some = fc.uniqueArray(fc.nat({ max: users - 1 }));
    await fc.assert(
      fc.asyncProperty(some, fc.integer({ min: 1, max: 5 }), async (listeners, blockSize) => {
        const again = makeLists(listeners, generation, await makerOf(generation, blockSize), streams);
        expect(await listsFrom(again)).toEqual(listeners.map((listener) => night[listener]));
      }),
      { numRuns: 30 },
    );
  });

  it('are made only as fast as they are taken: three blocks of listeners at most', async () => {
    const generation = await generationOf();
    const [blockSize, maker] = [2, await makerOf(generation, 2)];
    let [asked, taken] = [0, 0];
    const listeners = function* (): Generator<number> {
      for (const listener of all) {
        expect(++asked - taken).toBeLessThanOrEqual(3 * blockSize);
        yield listener;
      }
    };
    for await (const lists of makeLists(listeners(), generation, maker, streams)) taken += lists.length;
    expect(taken).toBe(users);
  });
});
