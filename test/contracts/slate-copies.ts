import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { CacheClient } from '../../engine/cache/connect.ts';
import { createSlateStore, type SlateStore } from '../../engine/cache/slate-store.ts';
import { listOf } from './slate-store.ts';

/** What every cache client must do under a store that keeps the generation before. */
export function describeSlateCopies(clientName: string, connect: () => Promise<CacheClient>): void {
  describe(`slate store that swaps in full, on ${clientName}`, () => {
    let client: CacheClient;
    let namespaces = 0;
    const storeIn = (namespace: string): SlateStore => createSlateStore(client, { namespace, swap: 'full' });
    const newStore = (): SlateStore => storeIn(`copies-${++namespaces}`);

    beforeAll(async () => {
      client = await connect();
    });
    afterAll(() => client.close());

    /** Listeners 0 to n − 1 get lists of as many tracks as the generation says. */
    const lists = (n: number, generation: number) => Array.from({ length: n }, (_, i) => listOf(i, generation));
    async function refresh(store: SlateStore, generation: number, n: number): Promise<void> {
      await store.write(generation, lists(n, generation));
      expect((await store.verify(generation)).size).toBe(0);
      expect(await store.publish(generation)).toBe(true);
    }
    const generationsRead = async (store: SlateStore, n: number): Promise<(number | undefined)[]> =>
      (await store.peek(Uint32Array.from({ length: n }, (_, i) => i))).map((slate) => {
        if (slate) expect(slate.tracks.length).toBe(slate.generation); // whole, and of the generation that it names
        return slate?.generation;
      });

    it('shows all readers the old generation until the new one is published, and then only the new one', async () => {
      const [writer, reader] = [newStore(), storeIn(`copies-${namespaces}`)];
      await refresh(writer, 1, 600);
      expect(new Set(await generationsRead(reader, 600))).toEqual(new Set([1]));
      await writer.write(2, lists(600, 2));
      expect(new Set(await generationsRead(reader, 600))).toEqual(new Set([1]));
      expect((await writer.verify(2)).size).toBe(0);
      expect(await writer.publish(2)).toBe(true);
      expect(new Set(await generationsRead(reader, 600))).toEqual(new Set([2]));
      expect(await reader.served()).toBe(2);
    });

    it('goes back to the generation before, and forward again', async () => {
      const [writer, reader] = [newStore(), storeIn(`copies-${namespaces}`)];
      await refresh(writer, 1, 5);
      await expect(writer.rollback()).rejects.toMatchObject({
        code: 'INVALID_OPTIONS',
        message: 'No generation before 1 is kept',
        hint: expect.stringContaining('from the second refresh on'),
      });
      await refresh(writer, 2, 5);
      expect(await reader.rollback()).toBe(1); // whoever asks for it
      expect(await generationsRead(writer, 5)).toEqual([1, 1, 1, 1, 1]);
      expect(await writer.served()).toBe(1);
      expect(await writer.rollback()).toBe(2);
      expect(await generationsRead(reader, 5)).toEqual([2, 2, 2, 2, 2]);
    });

    it('has nothing to go back to while the generation before is being overwritten', async () => {
      const store = newStore();
      await refresh(store, 1, 5);
      await refresh(store, 2, 5);
      await store.write(3, [listOf(0, 3)]);
      await expect(store.rollback()).rejects.toThrow('No generation before 2 is kept');
      expect(await generationsRead(store, 5)).toEqual([2, 2, 2, 2, 2]);
    });

    it('does what its model does, whatever the order of refreshes and rollbacks', async () => {
      const step = fc.oneof(
        { weight: 3, arbitrary: fc.record({ refresh: fc.integer({ min: 1, max: 4 }) }) },
        { weight: 1, arbitrary: fc.constant('unfinished' as const) },
        { weight: 2, arbitrary: fc.constant('rollback' as const) },
      );
      await fc.assert(
        fc.asyncProperty(fc.array(step, { maxLength: 8 }), async (steps) => {
          const store = newStore();
          const known = new Map<number, number>(); // listeners of each generation
          let served: number | undefined;
          let earlier: number | undefined;
          let next = 1;
          for (const step of steps) {
            if (step === 'rollback') {
              if (earlier === undefined) await expect(store.rollback()).rejects.toThrow(/generation/);
              else {
                expect(await store.rollback()).toBe(earlier);
                [served, earlier] = [earlier, served];
              }
            } else if (step === 'unfinished') {
              await store.write(next, lists(3, next));
              earlier = undefined;
              next++;
            } else {
              await refresh(store, next, step.refresh);
              known.set(next, step.refresh);
              [served, earlier] = [next, served];
              next++;
            }
            expect(await store.served()).toBe(served);
            if (served === undefined) continue;
            const readers = known.get(served) ?? 0;
            const found = await generationsRead(store, readers);
            expect(found).toEqual(Array(readers).fill(served));
          }
          await store.clear();
        }),
        { numRuns: 40 },
      );
    });

    it('leaves no list of those whom a new generation does not know, and as many keys as two copies have', async () => {
      const store = newStore();
      const before = await client.redis.dbsize();
      await refresh(store, 1, 900);
      await refresh(store, 2, 800);
      await refresh(store, 3, 700);
      expect((await generationsRead(store, 900)).slice(690, 710)).toEqual([...Array(10).fill(3), ...Array(10)]);
      expect((await client.redis.dbsize()) - before).toBe(800 + 700 + 2); // the pointer, and the set of generations
      await store.clear();
      expect(await client.redis.dbsize()).toBe(before);
    });

    it('says that a listener takes twice the memory', async () => {
      const [copies, alone] = [storeIn('two'), createSlateStore(client, { namespace: 'one' })];
      await alone.write(1, lists(1024, 200));
      await copies.write(1, lists(1024, 200));
      const [two, one] = [copies.sizeOf(1), alone.sizeOf(1)];
      expect(two.payloadBytesPerList).toBe(one.payloadBytesPerList);
      expect(two.redisBytesPerList).toBe(2 * one.redisBytesPerList); // 2,048 keys in a table of 2,048
    });
  });
}
