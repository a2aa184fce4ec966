import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { bits27 } from '../../../engine/cache/codec/bits.ts';
import { connectCache } from '../../../engine/cache/connect.ts';
import { pageLayout } from '../../../engine/cache/page-layout.ts';
import {
  allocationClass,
  redisBytesPerKey,
  redisBytesPerListener,
  redisEntryBytes,
  redisPagesBytes,
  redisTableBytes,
} from '../../../engine/cache/redis-bytes.ts';
import {
  createSlateStore,
  type ListenerSlate,
  type SlateStore,
  type SlateStoreOptions,
} from '../../../engine/cache/slate-store.ts';
import { listOf } from '../../contracts/slate-store.ts';
import { describeWithRedis, settledMemory, startRedis } from '../../support/redis-server.ts';

describe('bytes of a Redis string', () => {
  it.each([
    // payload and bytes per key as measured on Redis 7.0.15 with 100,000 keys of 11 bytes
    { valueBytes: 1600, measured: 1866.7 },
    { valueBytes: 1204, measured: 1355 },
    { valueBytes: 1000, measured: 1098.5 },
    { valueBytes: 856, measured: 970.5 },
    { valueBytes: 800, measured: 970.5 },
    { valueBytes: 750, measured: 842.5 },
    { valueBytes: 675, measured: 842.5 },
    { valueBytes: 634, measured: 714.5 },
    { valueBytes: 596, measured: 714.5 },
    { valueBytes: 512, measured: 714.5 },
    { valueBytes: 506, measured: 586.5 },
  ])('a value of $valueBytes bytes takes the measured $measured', ({ valueBytes, measured }) => {
    const bytes = redisBytesPerKey({ keyBytes: 11, valueBytes, keys: 100_000 });
    expect(Math.abs(bytes / measured - 1)).toBeLessThan(0.0004);
  });

  it.each([
    { keyBytes: 4, measured: 834.5 },
    { keyBytes: 8, measured: 842.5 },
    { keyBytes: 13, measured: 842.5 },
    { keyBytes: 20, measured: 858.5 },
    { keyBytes: 28, measured: 858.5 },
    { keyBytes: 50, measured: 890.5 },
  ])('a key of $keyBytes bytes with 675 takes the measured $measured', ({ keyBytes, measured }) => {
    expect(redisBytesPerKey({ keyBytes, valueBytes: 675, keys: 100_000 })).toBeCloseTo(measured, 1);
  });

  it('steps up where the hash table doubles, by the old table too while it is being emptied', () => {
    const at = (keys: number, isRehashing = false): number =>
      redisBytesPerKey({ keyBytes: 11, valueBytes: 675, keys, isRehashing });
    expect(at(131_072)).toBeCloseTo(840, 3);
    expect(at(131_073, true)).toBeCloseTo(856, 3);
    expect(at(131_073)).toBeCloseTo(848, 3);
    expect(redisTableBytes(0)).toBe(32);
    expect(redisTableBytes(4)).toBe(32);
    expect(redisTableBytes(5)).toBe(64);
  });

  it('adds an entry and a table for keys that expire', () => {
    const at = (expires: boolean): number =>
      redisBytesPerKey({ keyBytes: 11, valueBytes: 675, keys: 100_000, expires });
    expect(at(true) - at(false)).toBeCloseTo(42.5, 1); // measured: 42.3
  });

  it('shares what a key costs among the lists of a page: 686 bytes for 200 ids, where a slot more would take 811', () => {
    const layout = pageLayout(200, bits27);
    expect(layout).toMatchObject({ slotBytes: 685, slots: 478, pageBytes: 478 * 685 + 1 });
    expect(redisPagesBytes({ lists: 478_000, keyBytes: 14 }, layout) / 478_000).toBeCloseTo(685.67, 2);
    const larger = { ...layout, slots: 485, pageBytes: 485 * 685 + 1 };
    expect(redisPagesBytes({ lists: 485_000, keyBytes: 14 }, larger) / 485_000).toBeCloseTo(810.9, 1);
    // The last page is whole, even for one list.
    expect(redisPagesBytes({ lists: 479, keyBytes: 14 }, layout)).toBe(2 * (327_680 + 16 + 16 + 32) + 32);
  });

  it('knows jemalloc: classes of 16 up to 128, then four per doubling, the smallest that fits', () => {
    const classes = [8, 16, 32, 48, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 384, 448, 512, 640, 768, 896, 1024];
    classes.push(1280, 1536, 1792, 2048, 2560, 3072, 3584, 4096);
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 4096 }), (bytes) => {
        expect(allocationClass(bytes)).toBe(classes.find((size) => size >= bytes));
      }),
      { numRuns: 2000 },
    );
  });
});

describeWithRedis('bytes of keys that expire, against a real server', () => {
  it.each([16_000, 16_500])('are predicted within 0.5 %: %i keys', { timeout: 60_000 }, async (keys) => {
    const server = await startRedis();
    const fill = async (count: number): Promise<void> => {
      const client = await connectCache(server.url);
      const pipeline = client.redis.pipeline();
      for (let i = 0; i < count; i++) pipeline.set(`dp:x:${10_000_000 + i}`, Buffer.alloc(675, 1), 'EX', 100_000);
      await pipeline.exec();
      if (count === 1) await client.redis.flushall();
      await client.close();
    };
    try {
      await fill(1);
      const before = await settledMemory(server.port);
      await fill(keys);
      const measured = ((await settledMemory(server.port)) - before) / keys;
      const predicted = redisBytesPerKey({ keyBytes: 13, valueBytes: 675, keys, expires: true });
      expect(Math.abs(measured / predicted - 1)).toBeLessThan(0.005);
    } finally {
      await server.stop();
    }
  });
});

describeWithRedis('bytes of a Redis string, against a real server', () => {
  it.each([
    { what: 'lists of 200 ids', length: 200, keys: 20_000 },
    { what: 'lists of 3 ids, object and string in one allocation', length: 3, keys: 20_000 },
    { what: 'just below a doubling of the table', length: 60, keys: 16_380 },
    { what: 'just above it', length: 60, keys: 16_390 },
  ])('predicts used_memory within 0.5 %: $what', { timeout: 60_000 }, async ({ length, keys }) => {
    const server = await startRedis();
    try {
      // The server sets a histogram of some 20 KB aside for each command when it first runs: no part of the keys.
      await load(server.url, [listOf(0, length)], (store) => store.clear());
      const before = await settledMemory(server.port);
      const lists = Array.from({ length: keys }, (_, listener) => listOf(listener, length));
      const size = await load(server.url, lists, async (store) => store.sizeOf(1));
      const measured = ((await settledMemory(server.port)) - before) / keys;
      expect(measured / size.redisBytesPerList).toBeGreaterThan(0.995);
      expect(measured / size.redisBytesPerList).toBeLessThan(1.005);
      // The same by the one-line form: the longest key has 9 bytes, all are of one class.
      const predicted = redisBytesPerKey({ keyBytes: 9, valueBytes: 9 + 4 * length, keys });
      expect(measured / predicted).toBeGreaterThan(0.995);
      expect(measured / predicted).toBeLessThan(1.005);
    } finally {
      await server.stop();
    }
  });
});

describeWithRedis('bytes of two copies, against a real server', () => {
  it('are twice those of one, predicted within 0.5 %, and no more after many nights', { timeout: 60_000 }, async () => {
    const listeners = 20_000;
    const lists = Array.from({ length: listeners }, (_, listener) => listOf(listener, 60));
    const bytes: number[] = [];
    for (const swap of ['inPlace', 'full'] as const) {
      const nights = (last: number, written: ListenerSlate[]) => async (store: SlateStore) => {
        for (let night = 1; night <= last; night++) {
          await store.write(night, written);
          await store.verify(night);
          await store.publish(night);
        }
        return store.sizeOf(last);
      };
      const server = await startRedis();
      try {
        const one = lists.slice(0, 1);
        await load(server.url, one, (store) => nights(2, one)(store).then(() => store.clear()), { swap });
        const before = await settledMemory(server.port);
        const { redisBytesPerList } = await load(server.url, [], nights(4, lists), { swap });
        const measured = ((await settledMemory(server.port)) - before) / listeners;
        bytes.push(measured);
        const copies = swap === 'full' ? 2 : 1;
        const predicted = redisBytesPerListener({ keyBytes: 9, valueBytes: 9 + 4 * 60, listeners, copies });
        for (const figure of [redisBytesPerList, predicted])
          expect(Math.abs(measured / figure - 1)).toBeLessThan(0.005);
      } finally {
        await server.stop();
      }
    }
    expect(bytes[1]! / bytes[0]!).toBeCloseTo(2, 2);
  });
});

it('adds up over mixed keys: entries one by one and one table give the same as the form per key', () => {
  const keys = 777;
  const entries = keys * redisEntryBytes({ keyBytes: 12, valueBytes: 809 });
  const whole = entries + redisTableBytes(keys);
  expect(whole / keys).toBeCloseTo(redisBytesPerKey({ keyBytes: 12, valueBytes: 809, keys }), 9);
});

/** Write lists over a connection of their own; it is closed before the memory is read. */
async function load<T>(
  url: string,
  lists: ListenerSlate[],
  use: (store: SlateStore) => Promise<T>,
  options: Pick<SlateStoreOptions, 'swap'> = {},
): Promise<T> {
  const client = await connectCache(url);
  const store = createSlateStore(client, { namespace: 'm', ...options });
  await store.write(1, lists);
  const result = await use(store);
  await client.close();
  return result;
}
