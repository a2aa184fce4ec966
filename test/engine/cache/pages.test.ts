import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { bits27, bits30 } from '../../../engine/cache/codec/bits.ts';
import { type CacheClient, connectCache } from '../../../engine/cache/connect.ts';
import { decodeSlot, encodeSlot, pageLayout } from '../../../engine/cache/page-layout.ts';
import { createSlatePages } from '../../../engine/cache/pages.ts';
import { redisPagesBytes } from '../../../engine/cache/redis-bytes.ts';
import { createSlateStore } from '../../../engine/cache/slate-store.ts';
import { DubplateError } from '../../../engine/core/errors.ts';
import { listOf } from '../../contracts/slate-store.ts';
import { describeWithRedis, type RedisServer, settledMemory, startRedis } from '../../support/redis-server.ts';

const layout = pageLayout(40, bits27);

/** Lists that fit into a slot of 40, extreme ids often. */
const slates = fc.record({
  generation: fc.nat({ max: 0xffff_ffff }),
  tracks: fc
    .array(fc.oneof(fc.nat({ max: bits27.largestId }), fc.constantFrom(0, bits27.largestId)), { maxLength: 40 })
    .map((ids) => Uint32Array.from(ids)),
});

describe('a slot of a page', () => {
  it('loses nothing: ids, their order and the generation come back', () => {
    fc.assert(
      fc.property(slates, (slate) => {
        const bytes = encodeSlot(slate, layout);
        expect(bytes.length).toBe(layout.slotBytes);
        expect(decodeSlot(bytes, layout, 'slot')).toEqual(slate);
      }),
    );
  });

  it('writes the documented bytes, little-endian', () => {
    const bytes = encodeSlot({ generation: 0x01020304, tracks: Uint32Array.of(7, 0x050b0c0d) }, pageLayout(3, bits27));
    // FNV-1a over the words 0x01020304, 2, 7, 0x050b0c0d, worked out apart
    let check = 0x811c9dc5n;
    for (const word of [0x01020304n, 2n, 7n, 0x050b0c0dn]) check = ((check ^ word) * 0x01000193n) % 2n ** 32n;
    expect(bytes.readUInt32LE(0)).toBe(Number(check));
    expect(bytes.subarray(4).toString('hex')).toBe('04030201' + '0200' + '07000068605828' + '00000000');
  });

  it('is noticed when torn: the beginning of one list, the end of another', () => {
    fc.assert(
      fc.property(slates, slates, fc.nat(), (a, b, cut) => {
        const [old, fresh] = [encodeSlot(a, layout), encodeSlot(b, layout)];
        const at = cut % layout.slotBytes;
        const mixed = Buffer.concat([fresh.subarray(0, at), old.subarray(at)]);
        if (mixed.equals(old) || mixed.equals(fresh)) return;
        expect(() => decodeSlot(mixed, layout, 'dp:x:/0, slot 3,')).toThrow(
          expect.objectContaining({
            code: 'INVALID_INPUT',
            message: expect.stringContaining('dp:x:/0, slot 3, holds'),
          }),
        );
      }),
      { numRuns: 500 },
    );
  });

  it('is noticed when a byte is damaged, when it is cut short, or when slots of another size lie there', () => {
    const slate = { generation: 9, tracks: listOf(3, 40).tracks };
    const bytes = encodeSlot(slate, layout);
    for (let at = 0; at < bytes.length; at++) {
      const damaged = Buffer.from(bytes);
      damaged[at]! ^= 0x10;
      expect(() => decodeSlot(damaged, layout, 'slot')).toThrow('holds no list');
    }
    expect(() => decodeSlot(bytes.subarray(0, 30), layout, 'slot')).toThrow(`30 of ${layout.slotBytes} bytes`);
    const others = Buffer.concat([slate, slate].map((one) => encodeSlot(one, pageLayout(50, bits27))));
    expect(() => decodeSlot(others.subarray(20, 20 + layout.slotBytes), layout, 'slot')).toThrow('holds no list');
  });

  it('that was never written holds nothing; an empty list is something', () => {
    expect(decodeSlot(Buffer.alloc(layout.slotBytes), layout, 'slot')).toBeUndefined();
    expect(decodeSlot(Buffer.alloc(0), layout, 'slot')).toBeUndefined();
    const empty = { generation: 0, tracks: new Uint32Array() };
    expect(decodeSlot(encodeSlot(empty, layout), layout, 'slot')).toEqual(empty);
  });

  it('refuses ids, lengths, generations and propensities that it cannot hold', () => {
    const one = Uint32Array.of(1);
    expect(() => encodeSlot({ generation: 1, tracks: Uint32Array.of(2 ** 27) }, layout)).toThrow('does not fit');
    expect(() => encodeSlot({ generation: 1, tracks: new Uint32Array(41) }, layout)).toThrow('a slot of 40');
    expect(() => encodeSlot({ generation: -1, tracks: one }, layout)).toThrow('generation');
    expect(() => encodeSlot({ generation: 1, tracks: one, propensity: Float32Array.of(0.5) }, layout)).toThrow(
      'no propensities',
    );
    expect(() => encodeSlot({ generation: 1, tracks: one, propensity: Float32Array.of(1) }, layout)).not.toThrow();
    for (const length of [0, 65_536, Number.NaN]) expect(() => pageLayout(length, bits30)).toThrow('1 to 65,535');
  });
});

it('pages refuse the embedded cache', async () => {
  const client = await connectCache();
  expect(() => createSlatePages(client, { namespace: 'x', length: 200 })).toThrow('need a real server');
  await client.close();
});

describeWithRedis('pages on a real server', () => {
  let server: RedisServer;
  let client: CacheClient;
  beforeAll(async () => {
    server = await startRedis();
    client = await connectCache(server.url);
  });
  afterAll(async () => {
    await client.close();
    await server.stop();
  });

  it('give back what was written, in any order, on both sides of the end of a page', async () => {
    const pages = createSlatePages(client, { namespace: 'any', length: 200 });
    await fc.assert(
      fc.asyncProperty(
        fc.uniqueArray(fc.oneof(fc.nat({ max: 2000 }), fc.constantFrom(0, 477, 478, 955, 956)), { maxLength: 60 }),
        fc.nat({ max: 0xffff_ffff }),
        async (listeners, generation) => {
          const lists = listeners.map((listener) => listOf(listener, (listener * 7) % 201));
          expect(await pages.write(generation, lists)).toBe(lists.length);
          const read = await pages.read(Uint32Array.from([...listeners, 99_999]));
          expect(read).toEqual([...lists.map(({ tracks }) => ({ generation, tracks })), undefined]);
          await pages.clear();
          expect(await client.redis.keys('dp:any:*')).toEqual([]);
        },
      ),
      { numRuns: 25 },
    );
  });

  it('overwrite one list and leave its neighbours: old lists say so by their generation', async () => {
    const pages = createSlatePages(client, { namespace: 'old', length: 30 });
    const all = Uint32Array.from({ length: 3000 }, (_, listener) => listener);
    await pages.write(
      1,
      Array.from(all, (listener) => listOf(listener, 30)),
    );
    await pages.write(2, [listOf(1500, 4), listOf(2999, 0)]);
    const read = await pages.read(all);
    expect(read.flatMap((slate, listener) => (slate?.generation === 2 ? [listener] : []))).toEqual([1500, 2999]);
    expect(read.map((slate) => slate?.tracks.join())).toEqual(
      Array.from(all, (listener) => listOf(listener, listener === 1500 ? 4 : listener === 2999 ? 0 : 30).tracks.join()),
    );
  });

  it('name page and slot of a list that is torn', async () => {
    const pages = createSlatePages(client, { namespace: 'torn', length: 30 });
    const { slots, slotBytes } = pages.layout;
    await pages.write(1, [listOf(slots + 1, 30), listOf(slots + 2, 30)]);
    await client.redis.setrange('dp:torn:/34.1', 2 * slotBytes + 50, 'half');
    await expect(pages.read(Uint32Array.of(slots + 2))).rejects.toMatchObject({
      code: 'INVALID_INPUT',
      message: expect.stringContaining('dp:torn:/34.1, slot 2, holds no list'),
    });
    expect((await pages.read(Uint32Array.of(slots + 1)))[0]?.generation).toBe(1);
  });

  it('keep lists of another length apart', async () => {
    const [short, long] = [30, 31].map((length) => createSlatePages(client, { namespace: 'mixed', length }));
    await short!.write(1, [listOf(0, 30), listOf(1, 30)]);
    await long!.write(2, [listOf(1, 31)]);
    expect((await short!.read(Uint32Array.of(0, 1))).map((slate) => slate?.generation)).toEqual([1, 1]);
    expect((await long!.read(Uint32Array.of(0, 1))).map((slate) => slate?.generation)).toEqual([undefined, 2]);
  });

  it('say that a key holds something else', async () => {
    await client.redis.lpush('dp:typed:/34.0', 'x');
    const typed = createSlatePages(client, { namespace: 'typed', length: 30 });
    for (const failing of [typed.write(1, [listOf(0, 30)]), typed.read(Uint32Array.of(0))]) {
      await expect(failing).rejects.toMatchObject({ message: expect.stringContaining('WRONGTYPE') });
    }
  });

  it('refuse a list that is longer than its slot as the bug that it is', async () => {
    const pages = createSlatePages(client, { namespace: 'long', length: 30 });
    const refusal = await pages.write(1, [listOf(0, 31)]).catch((cause: unknown) => cause);
    expect(refusal).not.toBeInstanceOf(DubplateError);
    expect(refusal).toMatchObject({ message: '31 tracks for a slot of 30' });
  });

  it('clear only themselves', async () => {
    const pages = createSlatePages(client, { namespace: 'mine', length: 30 });
    await pages.write(1, [listOf(0, 30)]);
    await client.redis.mset('dp:mine:0', 'a list of its own', 'dp:mines:/0', 'foreign');
    await pages.clear();
    expect((await client.redis.keys('dp:mine*')).sort()).toEqual(['dp:mine:0', 'dp:mines:/0']);
  });

  it('and lists with keys of their own share a namespace: neither clears the other', async () => {
    const [pages, store] = [
      createSlatePages(client, { namespace: 'both', length: 30 }),
      createSlateStore(client, { namespace: 'both' }),
    ];
    const [listeners, expected] = [Uint32Array.of(3), [{ generation: 1, tracks: listOf(3, 30).tracks }]];
    const write = async (): Promise<void> => {
      await pages.write(1, [listOf(3, 30)]);
      await store.write(1, [listOf(3, 30)]);
    };
    await write();
    await store.clear();
    expect([await pages.read(listeners), await store.read(listeners)]).toEqual([expected, [undefined]]);
    await write();
    await pages.clear();
    expect([await pages.read(listeners), await store.read(listeners)]).toEqual([[undefined], expected]);
  });

  it('take the bytes of the closed form within 0.5 %, written twice, in steps that cross their ends', async () => {
    const alone = await startRedis();
    const lists = 12_345;
    const load = async (generation: number, count: number): Promise<void> => {
      const own = await connectCache(alone.url);
      const pages = createSlatePages(own, { namespace: 'm', length: 200 });
      await pages.write(
        generation,
        Array.from({ length: count }, (_, listener) => listOf(listener, 200)),
      );
      if (count === 1) await pages.clear();
      await own.close();
    };
    try {
      await load(1, 1);
      const before = await settledMemory(alone.port);
      await load(2, lists);
      await load(3, lists);
      const measured = (await settledMemory(alone.port)) - before;
      const predicted = redisPagesBytes({ lists, keyBytes: 9 }, pageLayout(200, bits27));
      expect(Math.abs(measured / predicted - 1)).toBeLessThan(0.005);
    } finally {
      await alone.stop();
    }
  });
});
