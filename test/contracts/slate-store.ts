import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { IdPacking } from '../../engine/cache/codec/packing.ts';
import type { CacheClient } from '../../engine/cache/connect.ts';
import { allocationClass } from '../../engine/cache/redis-bytes.ts';
import { createSlateStore, type ListenerSlate, type SlateStore } from '../../engine/cache/slate-store.ts';

/** What every cache client must do under the generation store, whatever keeps the bytes and however ids are packed. */
export function describeSlateStore(clientName: string, packing: IdPacking, connect: () => Promise<CacheClient>): void {
  describe(`slate store on ${clientName}, ids by ${packing.name}`, () => {
    const listOf200 = 9 + packing.bytesFor(200);
    let client: CacheClient;
    let stores = 0;
    const newStore = (): SlateStore =>
      createSlateStore(client, { namespace: `run-7/${packing.name}-${++stores}`, packing });

    beforeAll(async () => {
      client = await connect();
    });
    afterAll(async () => {
      await client.close();
      await client.close(); // a second time does no harm
    });

    it('gives back what was written, whatever the listeners, lists and propensities', async () => {
      await fc.assert(
        fc.asyncProperty(fc.nat({ max: 0xffff_ffff }), listsOfListeners(packing), async (generation, lists) => {
          const store = newStore();
          expect(await store.write(generation, lists)).toBe(lists.length);
          const read = await store.read(Uint32Array.from(lists, ({ listener }) => listener));
          expect(read).toEqual(
            lists.map(({ tracks, propensity }) => ({ generation, tracks, ...(propensity && { propensity }) })),
          );
          await store.clear();
        }),
        { numRuns: 25 },
      );
    });

    it('stores, verifies and reads 5,000 lists, asked for in any order', async () => {
      const store = newStore();
      const lists = Array.from({ length: 5000 }, (_, listener) => listOf(listener, 200));
      expect(await store.write(1, lists)).toBe(5000);
      await store.verify(1);
      await store.publish(1);
      const backwards = Uint32Array.from({ length: 5000 }, (_, i) => 4999 - i);
      const read = await store.read(backwards);
      expect(read.map((slate) => slate?.tracks.join())).toEqual(lists.map(({ tracks }) => tracks.join()).reverse());
      expect(store.counters()).toEqual({
        reads: 5000,
        hits: 5000,
        staleHits: 0,
        misses: 0,
        listsWritten: 5000,
        bytesWritten: 5000 * listOf200,
      });
      await store.audit();
    });

    it('overwrites in place: a listener has one list, the latest', async () => {
      const store = newStore();
      const keys = await client.redis.dbsize();
      await store.write(1, [listOf(3, 5)]);
      await store.write(2, [listOf(3, 9)]);
      expect(await store.read(Uint32Array.of(3))).toEqual([{ generation: 2, tracks: listOf(3, 9).tracks }]);
      expect((await client.redis.dbsize()) - keys).toBe(2); // the list, and the set of generations written
    });

    it('takes lists only as fast as it stores them: never more than two batches ahead', async () => {
      const store = newStore();
      let furthestAhead = 0;
      const lists = function* (): Generator<ListenerSlate> {
        for (let listener = 0; listener < 3000; listener++) {
          furthestAhead = Math.max(furthestAhead, listener - store.counters().listsWritten);
          yield listOf(listener, 3);
        }
      };
      expect(await store.write(1, lists())).toBe(3000);
      expect(furthestAhead).toBeGreaterThan(1);
      expect(furthestAhead).toBeLessThanOrEqual(512);
    });

    it('publishes by one pointer, and only what was verified', async () => {
      const store = newStore();
      expect(await store.served()).toBeUndefined();
      await expect(store.publish(1)).rejects.toThrow('was not written');
      await store.write(1, [listOf(0, 4)]);
      await expect(store.publish(1)).rejects.toThrow('was not verified');
      await store.verify(1);
      await store.publish(1);
      expect(await store.served()).toBe(1);
      await store.write(2, [listOf(0, 4)]);
      expect(await store.served()).toBe(1);
      await store.verify(2);
      await store.write(2, [listOf(1, 4)]);
      await expect(store.publish(2)).rejects.toThrow('was not verified'); // written to since
      await store.verify(2);
      await store.publish(2);
      expect(await store.served()).toBe(2);
    });

    it('publishes a generation without any listener', async () => {
      const store = newStore();
      expect(await store.write(4, [])).toBe(0);
      await store.verify(4);
      await store.publish(4);
      expect(await store.served()).toBe(4);
      expect(store.sizeOf(4)).toEqual({ lists: 0, payloadBytesPerList: 0, redisBytesPerList: 0 });
    });

    it('tolerates two generations: older lists are stale hits, newer ones and the served one hits', async () => {
      const store = newStore();
      await store.write(5, [listOf(0, 4), listOf(1, 4), listOf(2, 4)]);
      await store.verify(5);
      await store.publish(5);
      await store.write(6, [listOf(1, 4)]);
      const during = await store.read(Uint32Array.of(0, 1, 9));
      expect(during.map((slate) => slate?.generation)).toEqual([5, 6, undefined]);
      expect(store.counters()).toMatchObject({ reads: 3, hits: 2, staleHits: 0, misses: 1 });
      await store.verify(6);
      await store.publish(6);
      const after = await store.read(Uint32Array.of(0, 1, 2, 2));
      expect(after.map((slate) => slate?.generation)).toEqual([5, 6, 5, 5]);
      expect(store.counters()).toMatchObject({ reads: 7, hits: 6, staleHits: 3, misses: 1 });
      await store.audit();
    });

    it('counts every lookup once, repeated listeners too: hits and misses add up to reads', async () => {
      const listeners = fc.uint32Array({ max: 20, maxLength: 700 });
      await fc.assert(
        fc.asyncProperty(listeners, listeners, async (written, asked) => {
          const store = newStore();
          await store.write(
            1,
            [...written].map((listener) => listOf(listener, 2)),
          );
          const read = await store.read(asked);
          const expected = [...asked].map((listener) => written.includes(listener));
          expect(read.map((slate) => slate !== undefined)).toEqual(expected);
          const hits = expected.filter(Boolean).length;
          expect(store.counters()).toMatchObject({ reads: asked.length, hits, misses: asked.length - hits });
          await store.audit();
          await store.clear();
        }),
        { numRuns: 20 },
      );
    });

    it('peeks at the same lists without counting them', async () => {
      const store = newStore();
      await store.write(
        1,
        Array.from({ length: 600 }, (_, listener) => listOf(listener, 3)),
      );
      const before = store.counters();
      const asked = Uint32Array.from({ length: 700 }, (_, i) => (i * 13) % 700);
      const peeked = await store.peek(asked);
      expect(store.counters()).toEqual(before);
      expect(peeked).toEqual(await store.read(asked));
      expect(peeked.filter(Boolean).length).toBe(600);
    });

    it('keeps namespaces apart, also where one name begins with the other, and clears no foreign key', async () => {
      const [a, ab] = ['apart', 'apart/b'].map((namespace) => createSlateStore(client, { namespace, packing }));
      await client.redis.mset('dp:apartment', 'foreign', 'dp:apart:/j1.0', 'a page of the same namespace');
      await a!.write(
        1,
        Array.from({ length: 2500 }, (_, listener) => listOf(listener, 1)),
      );
      await ab!.write(2, [listOf(1, 2)]);
      expect((await ab!.read(Uint32Array.of(0, 1))).map((slate) => slate?.generation)).toEqual([undefined, 2]);
      await a!.clear();
      expect(await a!.read(Uint32Array.of(0, 1, 2499))).toEqual([undefined, undefined, undefined]);
      expect(await client.redis.keys('dp:apart*')).toEqual(
        expect.arrayContaining(['dp:apart/b:1', 'dp:apart/b:#', 'dp:apartment', 'dp:apart:/j1.0']),
      );
      expect((await client.redis.keys('dp:apart*')).length).toBe(4);
      await ab!.clear();
      expect((await client.redis.keys('dp:apart*')).sort()).toEqual(['dp:apart:/j1.0', 'dp:apartment']);
    });

    it('refuses a namespace that could reach into another', () => {
      for (const namespace of ['', 'a:b', 'a*', 'a b', '[a]', 'x'.repeat(65)]) {
        expect(() => createSlateStore(client, { namespace, packing })).toThrow('namespace');
      }
    });

    it('notices at verification that a list was tampered with, lost, or is of another generation', async () => {
      const store = newStore();
      const lists = Array.from({ length: 600 }, (_, listener) => listOf(listener, 20));
      const key = `dp:run-7/${packing.name}-${stores}:${(500).toString(36)}`;
      await store.write(1, lists);
      await store.verify(1);

      const value = await client.redis.getBuffer(key);
      const flipped = Buffer.from(value!);
      flipped[9]! ^= 1; // the first id becomes another, however wide it is
      await client.redis.set(key, flipped);
      await expect(store.verify(1)).rejects.toMatchObject({
        code: 'CACHE_INCOMPLETE',
        message: expect.stringContaining(`${key} holds another list of 20 tracks, of generation 1`),
      });
      await client.redis.set(key, value!.subarray(0, 30));
      await expect(store.verify(1)).rejects.toThrow(`${key} holds 30 bytes that are no list`);
      await client.redis.del(key);
      await expect(store.verify(1)).rejects.toThrow('holds 599 of the 600 lists');
      await store.write(2, [lists[500]!]);
      await expect(store.verify(1)).rejects.toThrow('of generation 2, where lists of generation 1 were written');
      await expect(store.publish(1)).rejects.toThrow('was not verified');
    });

    it('names the key of a value that is torn or foreign, and counts nothing of that batch', async () => {
      const store = newStore();
      const prefix = `dp:run-7/${packing.name}-${stores}:`;
      await store.write(1, [listOf(0, 20), listOf(35, 20)]);
      await client.redis.set(`${prefix}z`, 'torn');
      await expect(store.read(Uint32Array.of(0, 35))).rejects.toMatchObject({
        code: 'INVALID_INPUT',
        message: expect.stringContaining(`${prefix}z holds 4 bytes that are no list`),
        details: expect.objectContaining({ key: `${prefix}z` }),
      });
      expect(store.counters()).toMatchObject({ reads: 0, hits: 0, misses: 0 });
      await client.redis.set(`${prefix}@`, 'yesterday');
      await expect(store.served()).rejects.toThrow("holds 'yesterday', which is no generation number");
      await expect(store.read(Uint32Array.of(0))).rejects.toThrow('no generation number');
    });

    it('fails the audit when a list was read whose generation was never written', async () => {
      const store = newStore();
      const prefix = `dp:run-7/${packing.name}-${stores}:`;
      await store.write(1, [listOf(0, 20)]);
      await store.read(Uint32Array.of(0));
      await store.audit();
      const stranger = newStore();
      await stranger.write(99, [listOf(1, 20)]);
      const strange = await client.redis.getBuffer(`dp:run-7/${packing.name}-${stores}:1`);
      await client.redis.set(`${prefix}1`, strange!);
      await store.read(Uint32Array.of(1));
      await expect(store.audit()).rejects.toMatchObject({
        code: 'AUDIT_FAILED',
        message: expect.stringContaining('(99)'),
      });
    });

    it('knows after a restart which generations were written before it', async () => {
      const namespace = `run-7/${packing.name}/restarted-${++stores}`;
      await createSlateStore(client, { namespace, packing }).write(3, [listOf(0, 20)]);
      const later = createSlateStore(client, { namespace, packing });
      expect((await later.read(Uint32Array.of(0)))[0]?.generation).toBe(3);
      await later.audit();
    });

    it('refuses a listener that is no index', async () => {
      const store = newStore();
      for (const listener of [-1, 0.5, 2 ** 32, Number.NaN]) {
        await expect(store.write(1, [{ listener, tracks: new Uint32Array(1) }])).rejects.toThrow('listener');
      }
    });

    it('reports the size of a generation: payload as sent, server bytes by the closed form', async () => {
      const store = createSlateStore(client, { namespace: 'sized', packing });
      await store.write(
        1,
        Array.from({ length: 1000 }, (_, listener) => listOf(listener, 200)),
      );
      const size = store.sizeOf(1);
      expect(size.lists).toBe(1000);
      expect(size.payloadBytesPerList).toBe(listOf200);
      // class(value + 5 + 1) + class(≤ 11 + 1 + 1) + 16 + 32 + 8 · 1024 / 1000
      expect(size.redisBytesPerList).toBeCloseTo(allocationClass(listOf200 + 6) + 16 + 48 + 8.192, 9);
      await store.write(1, [listOf(0, 200)]);
      expect(store.sizeOf(1)).toEqual(size); // the same list again: no more lists, the same mean
    });
  });
}

/** A list with ids that depend on listener and position. */
export const listOf = (listener: number, length: number): ListenerSlate => ({
  listener,
  tracks: Uint32Array.from({ length }, (_, position) => listener * 1000 + position * 7),
});

/** Lists of distinct listeners; propensities only where one of them is not 1. */
const listsOfListeners = ({ largestId }: IdPacking): fc.Arbitrary<ListenerSlate[]> =>
  fc
    .uniqueArray(
      fc.record({
        listener: fc.nat({ max: 0xffff_ffff }),
        slots: fc.array(
          fc.tuple(
            fc.nat({ max: largestId }),
            fc.oneof({ weight: 9, arbitrary: fc.constant(1) }, { weight: 1, arbitrary: fc.constant(0.125) }),
          ),
          { maxLength: 60 },
        ),
      }),
      { selector: ({ listener }) => listener, maxLength: 40 },
    )
    .map((lists) =>
      lists.map(({ listener, slots }): ListenerSlate => {
        const tracks = Uint32Array.from(slots, ([track]) => track);
        const propensity = Float32Array.from(slots, ([, probability]) => probability);
        return propensity.every((probability) => probability === 1)
          ? { listener, tracks }
          : { listener, tracks, propensity };
      }),
    );
