import fc from 'fast-check';
import { expect, it } from 'vitest';
import { type CacheClient, connectCache } from '../../../engine/cache/connect.ts';
import { createSlateStore, type ListenerSlate, type SlateStore } from '../../../engine/cache/slate-store.ts';
import { publishLists } from '../../../engine/publish-lists.ts';
import { type FaultProxy, startFaultProxy } from '../../support/fault-proxy.ts';
import { describeWithRedis, type RedisServer, startRedis } from '../../support/redis-server.ts';

const listeners = 2000;
const namespace = 'faults';
const durable = ['--appendonly', 'yes', '--appendfsync', 'always'];

/** The list of a listener differs from generation to generation, and nobody else has it. */
const listAt = (listener: number, generation: number): ListenerSlate => ({
  listener,
  tracks: Uint32Array.from({ length: 50 }, (_, position) => listener * 10_000 + generation * 100 + position),
});
const everybody = Array.from({ length: listeners }, (_, listener) => listener);

/** The lists of a generation; `act` is done as that of listener `at` is asked for. */
function* night(generation: number, at = -1, act: () => void = () => {}): Generator<ListenerSlate> {
  for (const listener of everybody) {
    if (listener === at) act();
    yield listAt(listener, generation);
  }
}

interface Cache {
  readonly client: CacheClient;
  readonly store: SlateStore;
  readonly said: readonly string[];
}

/** A writer with more patience than any test takes; `onLoss` is run as it says that the server is lost. */
async function openWriter(
  url: string,
  onLoss: () => void = () => {},
  { timeoutMs = 5000, swap = 'inPlace' }: { timeoutMs?: number; swap?: 'inPlace' | 'full' } = {},
): Promise<Cache> {
  const said: string[] = [];
  const tell = (message: string): void => {
    said.push(message);
    if (message.includes('was lost')) onLoss();
  };
  const client = await connectCache(url, { timeoutMs, patienceMs: 120_000, tell });
  return { client, store: createSlateStore(client, { namespace, swap }), said };
}

/** Lists that were made again, since a server had forgotten them. */
async function publish(store: SlateStore, generation: number): Promise<number> {
  let again = 0;
  await publishLists(generation, store, async function* (lost) {
    const lists = [...lost].map((listener) => listAt(listener, generation));
    again += lists.length;
    yield lists;
  });
  return again;
}

async function refresh(store: SlateStore, generation: number, lists: Iterable<ListenerSlate> = night(generation)) {
  expect(await store.write(generation, lists)).toBe(listeners);
  return publish(store, generation);
}

/** What a reader of its own sees, whom the writer knows nothing of: every list is whole; how many are of which generation. */
async function seen(
  port: number,
): Promise<{ served: number | undefined; lists: Record<string, number>; stale: number }> {
  const client = await connectCache(`redis://127.0.0.1:${port}`);
  const store = createSlateStore(client, { namespace });
  const lists: Record<string, number> = {};
  (await store.read(Uint32Array.from(everybody))).forEach((slate, listener) => {
    if (slate) expect(slate.tracks).toEqual(listAt(listener, slate.generation).tracks);
    const generation = slate?.generation ?? 'none';
    lists[generation] = (lists[generation] ?? 0) + 1;
  });
  const served = await store.served();
  await client.close();
  return { served, lists, stale: store.counters().staleHits };
}
const only = (generation: number) => ({ served: generation, lists: { [generation]: listeners }, stale: 0 });

/** A server, a proxy before it, and a first generation published. */
async function withServer(
  flags: readonly string[],
  test: (server: RedisServer, proxy: FaultProxy) => Promise<void>,
): Promise<void> {
  const server = await startRedis(flags);
  const proxy = await startFaultProxy(server.port);
  try {
    const { client, store } = await openWriter(server.url);
    expect(await refresh(store, 1)).toBe(0);
    await client.close();
    await test(server, proxy);
  } finally {
    await proxy.stop();
    await server.stop();
  }
}

describeWithRedis('a refresh whose server fails', { timeout: 60_000 }, () => {
  it('killed half-way, back with its data: goes on with what was not stored, and writes nothing twice', () =>
    withServer(durable, async (server) => {
      let back: Promise<unknown> | undefined;
      const { client, store, said } = await openWriter(server.url, () => {
        back = server.restart();
      });
      expect(
        await refresh(
          store,
          2,
          night(2, 1000, () => void server.kill()),
        ),
      ).toBe(0);
      await back;
      expect(store.counters().listsWritten).toBe(listeners);
      expect(said[0]).toContain('was lost while writing lists of generation 2');
      expect(said.at(-1)).toContain('is back');
      expect(await seen(server.port)).toEqual(only(2));
      await client.close();
    }));

  it('killed half-way, back empty: writes again what it had forgotten, and nothing else', () =>
    withServer([], async (server) => {
      let back: Promise<unknown> | undefined;
      let before = 0;
      const { client, store } = await openWriter(server.url, () => {
        before = store.counters().listsWritten;
        back = server.restart();
      });
      const again = await refresh(
        store,
        2,
        night(2, 1000, () => void server.kill()),
      );
      await back;
      expect(before).toBeGreaterThan(0);
      expect(again).toBe(before); // what had been stored is gone; the pipeline that failed has been sent again
      expect(store.counters().listsWritten).toBe(listeners + again);
      expect(await seen(server.port)).toEqual(only(2));
      await client.close();
    }));

  it('back empty after everything was verified: is not published with a hole', () =>
    withServer([], async (server) => {
      const { client, store } = await openWriter(server.url);
      await store.write(2, night(2));
      expect((await store.verify(2)).size).toBe(0);
      await server.restart();
      expect(await store.publish(2)).toBe(false);
      expect(await store.served()).toBeUndefined();
      expect(store.isInDoubt(2)).toBe(true);
      expect(await publish(store, 2)).toBe(listeners);
      expect(store.isInDoubt(2)).toBe(false);
      expect(await seen(server.port)).toEqual(only(2));
      await client.close();
    }));

  it('while it is away nothing is torn: a reader finds the last whole list of everybody the moment it is back', () =>
    withServer(durable, async (server) => {
      // A writer without patience, as of a process that dies with its server.
      const client = await connectCache(server.url);
      const store = createSlateStore(client, { namespace });
      const dying = store.write(
        2,
        night(2, 1200, () => void server.kill()),
      );
      await expect(dying).rejects.toMatchObject({ code: 'CACHE_UNREACHABLE' });
      await client.close();
      await server.restart();
      const { served, lists, stale } = await seen(server.port);
      expect(served).toBe(1);
      expect(lists['1']! + lists['2']!).toBe(listeners);
      expect(lists['2']).toBeGreaterThan(0);
      expect(stale).toBe(0); // newer than the served generation, or of it
      // Another process takes over.
      const next = await openWriter(server.url);
      await refresh(next.store, 2);
      expect(await seen(server.port)).toEqual(only(2));
      await next.client.close();
    }));

  it('paused half-way: takes no list more until it goes on', () =>
    withServer([], async (server) => {
      let taken = 0;
      let pausedAt: number | undefined;
      let noticedAt: number | undefined;
      const onLoss = (): void => {
        if (pausedAt !== undefined) noticedAt ??= taken;
        server.resume();
      };
      const { client, store, said } = await openWriter(server.url, onLoss, { timeoutMs: 400 });
      const lists = function* (): Generator<ListenerSlate> {
        const pause = (): void => {
          pausedAt = taken;
          server.pause();
        };
        for (const list of night(2, 700, pause)) {
          taken++;
          yield list;
        }
      };
      expect(await refresh(store, 2, lists())).toBe(0);
      expect(said.join()).toContain("didn't receive any in 400ms");
      // The rest of a pipeline at most: 256 lists.
      expect(noticedAt! - pausedAt!).toBeLessThanOrEqual(256);
      expect(await seen(server.port)).toEqual(only(2));
      await client.close();
    }));

  it('slow: lists made and not stored stay within two pipelines', () =>
    withServer([], async (server, proxy) => {
      const { client, store, said } = await openWriter(proxy.url);
      proxy.delay(20);
      let [taken, most] = [0, 0];
      const lists = function* (): Generator<ListenerSlate> {
        for (const list of night(2)) {
          most = Math.max(most, ++taken - store.counters().listsWritten);
          yield list;
        }
      };
      await refresh(store, 2, lists());
      expect(most).toBeGreaterThan(1);
      expect(most).toBeLessThanOrEqual(512);
      expect(said).toEqual([]);
      expect(await seen(server.port)).toEqual(only(2));
      await client.close();
    }));

  it('full: fails at once and says so; everybody keeps a list, and with more memory it is done', () =>
    withServer([], async (server) => {
      const { client, store, said } = await openWriter(server.url);
      const used = Number(/used_memory:(\d+)/.exec(await client.redis.info('memory'))?.[1]);
      await client.redis.config('SET', 'maxmemory', used - 1);
      await expect(store.write(2, night(2))).rejects.toMatchObject({
        message: expect.stringContaining('OOM'),
        hint: expect.stringContaining('maxmemory'),
      });
      expect(said).toEqual([]);
      const { served, lists } = await seen(server.port);
      expect(served).toBe(1);
      expect(lists).not.toHaveProperty('none');
      await client.redis.config('SET', 'maxmemory', 0);
      await refresh(store, 2);
      expect(await seen(server.port)).toEqual(only(2));
      await client.close();
    }));

  it('fails over to a replica that lacks the last lists: they are found by their stamps and written again', () =>
    withServer([], async (server, proxy) => {
      const replica = await startRedis(['--replicaof', '127.0.0.1', String(server.port)]);
      const other = await connectCache(replica.url);
      try {
        const isSynced = async () => (await other.redis.info('replication')).includes('master_link_status:up');
        while (!(await isSynced()) || (await other.redis.dbsize()) < listeners);
        const { client, store } = await openWriter(proxy.url);
        await store.write(2, night(2));
        while ((await other.redis.get(`dp:${namespace}:${(1999).toString(36)}`)) === null);
        // It has heard of the first lists of the next night, and then of no more.
        const half = await store.write(
          3,
          everybody.slice(0, 700).map((listener) => listAt(listener, 3)),
        );
        await client.redis.wait(1, 0);
        await other.redis.replicaof('NO', 'ONE');
        await store.write(
          3,
          everybody.slice(700).map((listener) => listAt(listener, 3)),
        );
        proxy.redirect(replica.port);
        expect(await publish(store, 3)).toBe(listeners - half);
        expect(await seen(replica.port)).toEqual(only(3));
        expect((await seen(server.port)).served).toBe(1); // nobody told it
        await client.close();
      } finally {
        await other.close();
        await replica.stop();
      }
    }));

  it('cut at any byte, as often as it likes: everybody has the new list in the end, stored once or again', () =>
    withServer([], async (server, proxy) => {
      let generation = 1;
      await fc.assert(
        fc.asyncProperty(
          fc.array(fc.integer({ min: 1, max: 700_000 }), { minLength: 1, maxLength: 4 }),
          async (cuts) => {
            generation++;
            const rest = [...cuts];
            const next = (): void => {
              const bytes = rest.pop();
              if (bytes === undefined) return;
              proxy.after(bytes, () => {
                proxy.cut();
                next();
              });
            };
            const { client, store } = await openWriter(proxy.url);
            next();
            await refresh(store, generation);
            expect(await seen(server.port)).toEqual(only(generation));
            await client.close();
          },
        ),
        { numRuns: 12 },
      );
    }));

  it('emptied at any byte: likewise, in place and with two copies, and the pointer never names a hole', () =>
    withServer([], async (server, proxy) => {
      for (const swap of ['inPlace', 'full'] as const) {
        await fc.assert(
          fc.asyncProperty(fc.integer({ min: 1, max: 700_000 }), async (bytes) => {
            const { client, store } = await openWriter(proxy.url, undefined, { swap });
            await store.clear();
            await refresh(store, 1);
            proxy.after(bytes, async () => {
              // Whoever looks now sees the old generation, whole, or the new one.
              const { served, lists } = await seen(server.port);
              if (served === 2) expect(lists).toEqual({ 2: listeners });
              else expect(lists).not.toHaveProperty('none');
              await server.restart();
            });
            await refresh(store, 2);
            proxy.after(Number.MAX_SAFE_INTEGER, () => {});
            const { served, lists } = await seen(server.port);
            // Emptied after it was published, there is nothing; else everything.
            if (served !== undefined) expect({ served, lists }).toEqual({ served: 2, lists: { 2: listeners } });
            else expect(lists).toEqual({ none: listeners });
            await client.close();
          }),
          { numRuns: 6 },
        );
      }
    }));
});
