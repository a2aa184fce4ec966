import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { IdPacking } from '../../../engine/cache/codec/packing.ts';
import { packings } from '../../../engine/cache/codec/packings.ts';
import { connectCache } from '../../../engine/cache/connect.ts';
import { checkBalance, createSlateStore, type ListenerSlate } from '../../../engine/cache/slate-store.ts';
import { describeSlateCopies } from '../../contracts/slate-copies.ts';
import { describeSlateStore, listOf } from '../../contracts/slate-store.ts';
import { describeWithRedis, type RedisServer, startRedis } from '../../support/redis-server.ts';

const everyPacking = Object.values(packings);

for (const packing of everyPacking) describeSlateStore('the embedded cache', packing, () => connectCache());
describeSlateCopies('the embedded cache', () => connectCache());

it('has nothing to go back to where lists are overwritten in place, and says what would have', async () => {
  const client = await connectCache();
  const store = createSlateStore(client, { namespace: 'in-place' });
  await expect(store.rollback()).rejects.toThrow('No generation is served yet');
  for (const generation of [1, 2]) {
    await store.write(generation, [listOf(0, 5)]);
    await store.verify(generation);
    await store.publish(generation);
  }
  await expect(store.rollback()).rejects.toMatchObject({
    code: 'INVALID_OPTIONS',
    message: 'No generation before 2 is kept',
    hint: expect.stringContaining('slate.swap'),
  });
  await client.close();
});

describeWithRedis('on a real server', () => {
  let server: RedisServer;
  beforeAll(async () => {
    server = await startRedis();
  });
  afterAll(() => server.stop());

  for (const packing of everyPacking) describeSlateStore('redis-server', packing, () => connectCache(server.url));
  describeSlateCopies('redis-server', () => connectCache(server.url));

  it('lets lists end by the clock of the server where it is asked to, not all at once; else none ever does', async () => {
    const client = await connectCache(server.url);
    const lists = Array.from({ length: 400 }, (_, listener) => listOf(listener, 20));
    for (const isSent of [true, false]) {
      const namespace = `ttl-${isSent}`;
      const store = createSlateStore(client, { namespace, ttl: { hours: 24, isSent } });
      await store.write(1, lists);
      expect((await store.verify(1)).size).toBe(0);
      const left = await Promise.all(
        lists.map(({ listener }) => client.redis.pttl(`dp:${namespace}:${listener.toString(36)}`)),
      );
      if (!isSent) {
        expect(new Set(left)).toEqual(new Set([-1]));
        continue;
      }
      const [least, most] = [Math.min(...left), Math.max(...left)].map((ms) => ms / (24 * 3_600_000));
      expect(most).toBeLessThan(1.1);
      expect(most! - least!).toBeGreaterThan(0.19); // minutes may pass before they are looked at
      expect(new Set(left).size).toBeGreaterThan(390);
    }
    const soon = createSlateStore(client, { namespace: 'ttl-soon', ttl: { hours: 1e-6, isSent: true } });
    await soon.write(1, lists);
    while ((await soon.peek(Uint32Array.from(lists.keys()))).some(Boolean)); // within milliseconds, of themselves
    await client.close();
  });

  it('reads lists of every packing, whichever it writes itself', async () => {
    const client = await connectCache(server.url);
    const storeOf = (packing: IdPacking) => createSlateStore(client, { namespace: 'mixed', packing });
    for (const [listener, packing] of everyPacking.entries()) await storeOf(packing).write(1, [listOf(listener, 30)]);
    const listeners = Uint32Array.from(everyPacking, (_, listener) => listener);
    const expected = everyPacking.map((_, listener) => ({ generation: 1, tracks: listOf(listener, 30).tracks }));
    for (const packing of everyPacking) expect(await storeOf(packing).read(listeners)).toEqual(expected);
    await client.close();
  });

  it('finds lists that another connection wrote', async () => {
    const [writer, reader] = [await connectCache(server.url), await connectCache(server.url)];
    await createSlateStore(writer, { namespace: 'shared' }).write(8, [listOf(1, 6)]);
    const read = await createSlateStore(reader, { namespace: 'shared' }).read(Uint32Array.of(1));
    expect(read).toEqual([{ generation: 8, tracks: listOf(1, 6).tracks }]);
    await writer.close();
    await reader.close();
  });

  it('killed in the middle of a refresh: one clear error, every list whole, the pointer where it was', async () => {
    const durable = await startRedis(['--appendonly', 'yes']);
    try {
      const client = await connectCache(durable.url);
      const store = createSlateStore(client, { namespace: 'killed' });
      const lists = Array.from({ length: 3000 }, (_, listener) => listOf(listener, 50));
      await store.write(1, lists);
      await store.verify(1);
      await store.publish(1);

      let dying: Promise<void> | undefined;
      const untilKilled = function* (): Generator<ListenerSlate> {
        for (let listener = 0; ; listener = (listener + 1) % 3000) {
          if (listener === 1500) dying ??= durable.kill();
          yield { ...listOf(listener, 50), tracks: listOf(listener, 50).tracks.reverse() };
        }
      };
      await expect(store.write(2, untilKilled())).rejects.toMatchObject({
        code: 'CACHE_UNREACHABLE',
        message: expect.stringContaining(`${durable.url} failed while writing lists of generation 2`),
        details: expect.objectContaining({ generation: 2 }),
      });
      await dying;
      await expect(store.served()).rejects.toMatchObject({ code: 'CACHE_UNREACHABLE' });
      await client.close();

      await durable.restart();
      const again = await connectCache(durable.url);
      const restored = createSlateStore(again, { namespace: 'killed' });
      expect(await restored.served()).toBe(1);
      const read = await restored.read(Uint32Array.from(lists, ({ listener }) => listener));
      const generations = new Set<number>();
      read.forEach((slate, listener) => {
        const { tracks } = listOf(listener, 50);
        generations.add(slate!.generation);
        expect(slate!.tracks).toEqual(slate!.generation === 1 ? tracks : tracks.reverse());
      });
      expect([...generations].sort()).toEqual([1, 2]);
      expect(restored.counters()).toMatchObject({ reads: 3000, hits: 3000, misses: 0 });
      await restored.audit();
      await again.close();
    } finally {
      await durable.stop();
    }
  });

  it('out of memory in the middle of a refresh: says so, and the old lists stay', async () => {
    const client = await connectCache(server.url);
    const store = createSlateStore(client, { namespace: 'full' });
    const lists = Array.from({ length: 500 }, (_, listener) => listOf(listener, 200));
    await store.write(1, lists);
    const used = Number(/used_memory:(\d+)/.exec(await client.redis.info('memory'))?.[1]);
    await client.redis.config('SET', 'maxmemory', used + 400_000);
    const more = Array.from({ length: 20_000 }, (_, listener) => listOf(listener, 200));
    await expect(store.write(2, more)).rejects.toMatchObject({
      message: expect.stringContaining('OOM'),
      hint: expect.stringContaining('maxmemory'),
    });
    const { listsWritten, bytesWritten } = store.counters();
    expect(listsWritten).toBeGreaterThan(500);
    expect(listsWritten).toBeLessThan(20_500);
    expect(bytesWritten).toBe(listsWritten * 809); // only what the server took is counted
    await client.redis.config('SET', 'maxmemory', 0);
    expect((await store.read(Uint32Array.from({ length: 500 }, (_, i) => i))).every(Boolean)).toBe(true);
    await expect(store.publish(2)).rejects.toThrow('was not verified');
    await client.close();
  });

  it('refuses to verify what the server has evicted', async () => {
    const small = await startRedis(['--maxmemory', '3mb', '--maxmemory-policy', 'allkeys-lru']);
    const client = await connectCache(small.url);
    const store = createSlateStore(client, { namespace: 'evicted' });
    const lists = Array.from({ length: 4000 }, (_, listener) => listOf(listener, 200));
    expect(await store.write(1, lists)).toBe(4000);
    await expect(store.verify(1)).rejects.toMatchObject({
      code: 'CACHE_INCOMPLETE',
      message: expect.stringMatching(/holds \d+ of the 4000 lists/),
    });
    await client.close();
    await small.stop();
  });
});

describe('the balance of counters', () => {
  const fine = { reads: 5, hits: 3, staleHits: 3, misses: 2, listsWritten: 0, bytesWritten: 0 };
  it('holds when every read was a hit or a miss, and fails otherwise', () => {
    expect(() => checkBalance(fine)).not.toThrow();
    expect(() => checkBalance({ ...fine, misses: 3 })).toThrow('do not add up');
    expect(() => checkBalance({ ...fine, staleHits: 4 })).toThrow('do not add up');
  });
});
