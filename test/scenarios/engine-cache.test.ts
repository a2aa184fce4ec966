import { afterAll, describe, expect, it } from 'vitest';
import { chooseKernel } from '../../engine/als/choose-kernel.ts';
import { type CacheClient, connectCache } from '../../engine/cache/connect.ts';
import { lifetimeMs } from '../../engine/cache/lifetime.ts';
import { createSlateStore, type SlateStore } from '../../engine/cache/slate-store.ts';
import type { EventColumns } from '../../engine/core/events.ts';
import { Memo } from '../../engine/core/memo.ts';
import { createStreams } from '../../engine/core/random.ts';
import { startOfDay } from '../../engine/core/time.ts';
import { createEngine, type Engine } from '../../engine/index.ts';
import { engineOptionsSchema } from '../../engine/options.ts';
import { OpenCatalogue } from '../../scenarios/open-catalogue.ts';
import { createCrowd } from '../../sim/crowd.ts';
import { worldOptionsSchema } from '../../sim/options.ts';
import { createWorld } from '../../sim/world.ts';
import { simulateDay } from '../sim/support.ts';
import { startFaultProxy } from '../support/fault-proxy.ts';
import { describeWithRedis, type RedisServer, startRedis } from '../support/redis-server.ts';

const history = 3;
const world = createWorld(
  worldOptionsSchema.parse({ tracks: 60, releasesPerDay: 4, signupsPerDay: 3, cohorts: { all: { listeners: 600 } } }),
  { seed: 'cache', family: 'latent', historyDays: history, days: 2 },
);
const crowd = createCrowd(world);
const log = Array.from(
  { length: history + 2 },
  (_, i) => simulateDay(world, crowd, i - history, 'organic').next().value as EventColumns,
);

interface Living {
  readonly engine: Engine;
  readonly store: SlateStore;
  /** How often something was trained. */
  trainings(): number;
  refresh(day: number): Promise<void>;
  end(): Promise<void>;
}

/** An engine that has seen the past, on a cache. */
function open(client: CacheClient, slate: { swap?: 'inPlace' | 'full'; ttlHours?: number } = {}): Living {
  const options = engineOptionsSchema.parse({
    als: { factors: 8, firstSweeps: 2, sweeps: 1 },
    blend: { kind: 'collaborative' },
    slate: { length: 50, epsilonSlots: 5, ...slate }, // more than some have not heard yet
  });
  const catalogue = new OpenCatalogue(world.catalogue);
  const store = createSlateStore(client, { namespace: 'engine', swap: options.slate.swap });
  const memo = new Memo(() => 0);
  let trainings = 0;
  const kernel = chooseKernel();
  const engine = createEngine(options, {
    catalogue,
    store,
    streams: createStreams('engine'),
    memo,
    kernel: {
      ...kernel,
      prepareFoldIn(...given: Parameters<typeof kernel.prepareFoldIn>) {
        trainings++;
        return kernel.prepareFoldIn(...given);
      },
    },
    clock: () => 0,
    progress: () => {},
  });
  const observe = (day: number): void => {
    catalogue.admitFrom(log[day + history]!);
    engine.observe(log[day + history]!);
  };
  for (let day = -history; day < 0; day++) observe(day);
  return {
    engine,
    store,
    trainings: () => trainings,
    async refresh(day) {
      if (day > 0) observe(day - 1);
      catalogue.admit(world.listenerCountAt(startOfDay(day)), world.trackCountAt(startOfDay(day)));
      await engine.refresh(startOfDay(day));
    },
    end: () => memo.close(),
  };
}

/** Everyone asks at some time of day 1; a few have signed up since the night. */
const asking = Uint32Array.from({ length: world.listenerCountAt(startOfDay(2)) }, (_, listener) => listener);
const times = Int32Array.from(asking, (listener) => startOfDay(1) + ((listener * 7919) % 86_400));
const known = world.listenerCountAt(startOfDay(1));

/** What is served, counted and digested after two nights without a fault. */
async function undisturbed() {
  const client = await connectCache();
  const { engine, store, refresh, trainings, end } = open(client);
  await refresh(0);
  await refresh(1);
  const served = await engine.serve(asking, times);
  await end();
  const { reads, hits, misses, staleHits } = store.counters();
  const result = {
    served,
    digests: engine.digests(),
    trainings: trainings(),
    counted: { reads, hits, misses, staleHits },
    payload: store.sizeOf(2).payloadBytesPerList,
  };
  await client.close();
  return result;
}
const expected = undisturbed();

async function expectUndisturbed({ engine, store, trainings }: Living): Promise<void> {
  const { served, digests, counted, payload, trainings: usual } = await expected;
  expect(await engine.serve(asking, times)).toEqual(served);
  expect(engine.digests()).toEqual(digests);
  expect(store.counters()).toMatchObject(counted);
  expect(store.sizeOf(2).payloadBytesPerList).toBe(payload);
  expect(trainings()).toBe(usual);
  await store.audit();
}

/** As another program would. */
async function withRedis(url: string, act: (redis: CacheClient['redis']) => Promise<unknown>): Promise<void> {
  const other = await connectCache(url);
  await act(other.redis);
  await other.close();
}

interface TwoNights {
  readonly server: RedisServer;
  readonly living: Living;
  /** What the engine's client was told of the server. */
  readonly said: readonly string[];
}

/** An engine after two nights on a server of its own. Both are ended, whatever happens. */
async function afterTwoNights(act: (nights: TwoNights) => Promise<void>): Promise<void> {
  const server = await startRedis();
  const said: string[] = [];
  const client = await connectCache(server.url, { patienceMs: 60_000, tell: (message) => said.push(message) });
  const living = open(client);
  try {
    await living.refresh(0);
    await living.refresh(1);
    await act({ server, living, said });
  } finally {
    await living.end();
    await client.close();
    await server.stop();
  }
}

describeWithRedis('an engine whose Redis fails', { timeout: 60_000 }, () => {
  it.each(['inPlace', 'full'] as const)(
    'serves, learns and counts as if nothing had been, whenever the server is killed and comes back empty (%s)',
    async (swap) => {
      const server = await startRedis();
      const proxy = await startFaultProxy(server.port);
      // From the first bytes of the night to its last, and beyond, where it strikes by day.
      for (const bytes of [1, 30_000, 60_000, 90_000, 110_000, 125_000]) {
        const client = await connectCache(proxy.url, { patienceMs: 60_000 });
        const living = open(client, { swap });
        await living.store.clear();
        await living.refresh(0);
        proxy.after(bytes, () => server.restart());
        await living.refresh(1);
        await expectUndisturbed(living);
        await living.end();
        await client.close();
      }
      await proxy.stop();
      await server.stop();
    },
  );

  it('writes its lists again by day, before it answers, for other readers too', () =>
    afterTwoNights(async ({ server, living, said }) => {
      await server.restart();
      await expectUndisturbed(living);
      expect(said).toEqual(['was lost', 'is back', 'has forgotten'].map((what) => expect.stringContaining(what)));
      const other = await connectCache(server.url);
      const reader = createSlateStore(other, { namespace: 'engine' });
      expect(await reader.served()).toBe(2);
      const lists = await reader.read(asking.subarray(0, known));
      expect(lists.map((slate) => slate?.tracks)).toEqual(
        (await expected).served.slice(0, known).map(({ tracks }) => tracks),
      );
      await other.close();
    }));

  it.each([
    ['is killed and comes back empty', ({ restart }: RedisServer) => restart(), 'is back'],
    ['is emptied', async ({ url }: RedisServer) => withRedis(url, (redis) => redis.flushall()), 'has forgotten'],
    [
      'drops a list',
      async ({ url }: RedisServer) => withRedis(url, (redis) => redis.unlink('dp:engine:5')),
      'has forgotten 1 of',
    ],
  ] as const)('serves many readers at once by day as if nothing had been, when the server %s', (_, harm, says) =>
    afterTwoNights(async ({ server, living, said }) => {
      await harm(server);
      const blocks = Array.from(
        { length: Math.ceil(asking.length / 100) },
        (_, b) => [100 * b, 100 * (b + 1)] as const,
      );
      const answers = await Promise.all(
        blocks.map(([from, to]) => living.engine.serve(asking.subarray(from, to), times.subarray(from, to))),
      );
      expect(answers.flat()).toEqual((await expected).served);
      expect(living.store.counters()).toMatchObject((await expected).counted);
      expect(said.filter((message) => message.includes(says))).toHaveLength(1);
    }),
  );

  it('stops with one clear error when patience is over; the lists of the night before are those that are served', async () => {
    const server = await startRedis(['--appendonly', 'yes', '--appendfsync', 'always']);
    const proxy = await startFaultProxy(server.port);
    const client = await connectCache(proxy.url, { patienceMs: 100 });
    const living = open(client);
    await living.refresh(0);
    proxy.after(80_000, () => server.kill());
    await expect(living.refresh(1)).rejects.toMatchObject({
      code: 'CACHE_UNREACHABLE',
      message: expect.stringContaining('while writing lists of generation 2'),
    });
    await server.restart();
    const other = await connectCache(server.url);
    const reader = createSlateStore(other, { namespace: 'engine' });
    expect(await reader.served()).toBe(1);
    const generations = (await reader.read(asking.subarray(0, world.listenerCountAt(0)))).map(
      (slate) => slate?.generation,
    );
    expect(new Set(generations)).toEqual(new Set([1, 2]));
    await living.end();
    await other.close();
    await client.close();
    await proxy.stop();
    await server.stop();
  });
});

describe('lists with a lifetime', async () => {
  const client = await connectCache();
  afterAll(() => client.close());

  it.each([6, 12, 22])(
    'of %i simulated hours are misses when they are older, by the stamp and the listener',
    async (ttlHours) => {
      const { engine, store, refresh, end } = open(client, { ttlHours });
      await store.clear();
      await refresh(0);
      await refresh(1);
      const before = store.counters();
      const served = await engine.serve(asking, times);
      const isAlive = (listener: number, i: number): boolean =>
        listener < known && 1000 * (times[i]! - startOfDay(1)) < lifetimeMs(listener, ttlHours);
      const alive = [...asking].filter(isAlive).length;
      expect(alive).toBeGreaterThan(0);
      expect(alive).toBeLessThan(known);
      expect(store.counters().hits - before.hits).toBe(alive);
      expect(store.counters().misses - before.misses).toBe(asking.length - alive);
      // A hit is the list of the night; everyone else is served all the same.
      const night = (await expected).served;
      served.forEach((slate, i) => {
        expect(slate.tracks.length).toBeGreaterThan(0);
        if (isAlive(asking[i]!, i)) expect(slate).toEqual(night[i]);
      });
      await store.audit();
      await end();
    },
  );
});
