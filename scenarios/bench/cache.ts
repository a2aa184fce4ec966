import { median } from 'simple-statistics';
import type { CachedSlate } from '../../engine/cache/codec.ts';
import { checkCacheUrl, connectCache } from '../../engine/cache/connect.ts';
import type { ListenerSlate } from '../../engine/cache/slate-store.ts';
import { DubplateError } from '../../engine/core/errors.ts';
import type { Progress } from '../../engine/core/progress.ts';
import { createStreams, wordAt } from '../../engine/core/random.ts';
import { type Layout, type ListShape, layoutsFor } from './cache-layouts.ts';
import { type BenchRow, shortCount } from './rows.ts';
import { type MemoryInfo, settledMemory } from './server-memory.ts';
import { startStopwatch } from './stopwatch.ts';

export interface CacheBench extends ListShape {
  /** Lists of the first size; the second is beyond the next power of two, where the server doubles its table. */
  readonly listeners: number;
  readonly seed: string;
  /** Without a server, sizes are those of the closed form. */
  readonly redis?: string;
}

/**
 * For every codec: how long a list takes to pack and to unpack, and what Redis takes for it. With a server, lists are
 * written, read back and removed, and its `used_memory` is compared with the closed form on both sides of a power of two.
 */
export async function benchCache(bench: CacheBench, progress: Progress): Promise<BenchRow[]> {
  const slates = generateSlates(bench);
  const rows: BenchRow[] = [];
  const server =
    bench.redis === undefined ? undefined : await openBench(bench.redis, { ...bench, tracks: 1, length: 1 });
  const layouts = layoutsFor(bench);
  for (const [done, layout] of layouts.entries()) {
    progress('packing and loading lists', done, layouts.length);
    rows.push(...codecRows(bench, layout, slates));
    rows.push(...(server ? await loadedRows(bench, layout, slates, server) : derivedRows(bench, layout)));
  }
  progress('packing and loading lists', layouts.length, layouts.length);
  return rows;
}

/** The number of lists that was asked for, and the least beyond the next power of two, a 64th of it more. */
function sizesOf({ listeners }: CacheBench): readonly [number, number] {
  const doubling = 2 ** Math.ceil(Math.log2(listeners + 1));
  return [listeners, doubling + Math.ceil(doubling / 64)];
}

/** Enough lists that no cache of the processor holds them all; listeners take them in turn. */
const slatesDrawn = 1000;

function generateSlates({ tracks, length, seed }: CacheBench): CachedSlate[] {
  const [key0, key1] = createStreams(seed).keyOf('bench cache');
  return Array.from({ length: slatesDrawn }, (_, list) => ({
    generation: 1,
    tracks: Uint32Array.from({ length }, (_, i) => (wordAt(key0, key1, list * length + i) >>> 0) % tracks),
  }));
}

/** How often all lists are packed and unpacked; the first round pays for compiling, the median is taken. */
const rounds = 31;

function codecRows(bench: CacheBench, layout: Layout, slates: readonly CachedSlate[]): BenchRow[] {
  const encoding: number[] = [];
  const decoding: number[] = [];
  for (let round = 0; round < rounds; round++) {
    const encode = startStopwatch();
    const values = slates.map((slate) => layout.encode(slate));
    encoding.push((encode().seconds / slates.length) * 1e6);
    const decode = startStopwatch();
    for (const value of values) layout.decode(value);
    decoding.push((decode().seconds / slates.length) * 1e6);
  }
  const on = listText(bench, layout);
  return [
    { what: 'cache.encodeMicroseconds', size: on, value: median(encoding), unit: 'µs', provenance: 'measured' },
    { what: 'cache.decodeMicroseconds', size: on, value: median(decoding), unit: 'µs', provenance: 'measured' },
  ];
}

const listText = ({ length, tracks }: CacheBench, { name }: Layout): string =>
  `${name}, ${length} of ${shortCount(tracks)} tracks`;

const derivedRows = (bench: CacheBench, layout: Layout): BenchRow[] =>
  sizesOf(bench).map((lists) => derivedRow(bench, layout, lists));

const derivedRow = (bench: CacheBench, layout: Layout, lists: number): BenchRow => ({
  what: 'cache.closedFormBytesPerList',
  size: `${listText(bench, layout)}, ${shortCount(lists)} lists`,
  value: layout.bytesOf(lists) / lists,
  unit: 'B',
  provenance: 'derived',
});

/** A server that is measured. */
interface MeasuredServer {
  readonly url: string;
  /** With its version. */
  readonly name: string;
}

/**
 * Leaves nothing of an earlier run, and lets the server set aside what it needs for each command, once: no part of the lists.
 */
async function openBench(url: string, least: ListShape): Promise<MeasuredServer> {
  const { server: name } = await checkCacheUrl(url);
  const client = await connectCache(url);
  try {
    for (const layout of layoutsFor(least)) {
      const store = layout.open(client);
      await store.write(1, [{ listener: 0, tracks: new Uint32Array(1) }]);
      await store.read(Uint32Array.of(0));
      await store.clear();
    }
    const others = await client.redis.dbsize();
    if (others > 0) process.stderr.write(`${client.address} holds ${others} other keys: ${sharedTable}\n`);
    return { url, name };
  } catch (cause) {
    throw cause instanceof DubplateError ? cause : client.failure('counting its keys', cause);
  } finally {
    await client.close();
  }
}

const sharedTable =
  'lists share the table of keys with them, and sizes may be off by up to 16 bytes a list. An empty server is exact.';

async function loadedRows(
  bench: CacheBench,
  layout: Layout,
  slates: readonly CachedSlate[],
  server: MeasuredServer,
): Promise<BenchRow[]> {
  const rows: BenchRow[] = [];
  const before = await settledMemory(server.url);
  const sizes = sizesOf(bench);
  refuseFull(before, layout.bytesOf(Math.max(...sizes)));
  try {
    let loaded = 0;
    for (const lists of sizes) {
      await load(server.url, layout, slates, loaded, lists);
      const measured = ((await settledMemory(server.url)).used - before.used) / lists;
      const derived = derivedRow(bench, layout, lists);
      const row = (what: string, value: number, unit: string, provenance: BenchRow['provenance']): BenchRow => ({
        what,
        size: `${derived.size}, ${server.name}`,
        value,
        unit,
        provenance,
      });
      rows.push(
        row('cache.bytesPerList', measured, 'B', 'measured'),
        derived,
        row('cache.difference', 100 * (measured / derived.value - 1), '%', 'measured'),
      );
      if (loaded === 0) {
        // Again, over lists that are there, as a refresh does, and by code that has been compiled.
        const { sets, gets } = await load(server.url, layout, slates, 0, lists);
        rows.push(row('cache.setsPerSecond', sets, 'lists/s', 'measured'));
        rows.push(row('cache.getsPerSecond', gets, 'lists/s', 'measured'));
      }
      loaded = lists;
    }
  } finally {
    await clear(server.url, layout);
  }
  return rows;
}

/**
 * Writes the lists of listeners `from` to `until`, and reads back those of all. Each read also moves a bucket of a table that
 * is being doubled: when all are read, the old table is gone. The connection has its own buffers, so it is closed again.
 */
async function load(
  url: string,
  layout: Layout,
  slates: readonly CachedSlate[],
  from: number,
  until: number,
): Promise<{ readonly sets: number; readonly gets: number }> {
  const client = await connectCache(url);
  try {
    const store = layout.open(client);
    const writing = startStopwatch();
    await store.write(1, listsOf(slates, from, until));
    const sets = (until - from) / writing().seconds;
    const reading = startStopwatch();
    for (let listener = 0; listener < until; listener += 4096) {
      const listeners = Uint32Array.from({ length: Math.min(4096, until - listener) }, (_, i) => listener + i);
      const found = await store.read(listeners);
      if (found.includes(undefined)) throw evicted(client.address);
    }
    return { sets, gets: until / reading().seconds };
  } finally {
    await client.close();
  }
}

function* listsOf(slates: readonly CachedSlate[], from: number, until: number): Generator<ListenerSlate> {
  for (let listener = from; listener < until; listener++) {
    yield { listener, tracks: slates[listener % slates.length]!.tracks };
  }
}

async function clear(url: string, layout: Layout): Promise<void> {
  const client = await connectCache(url);
  try {
    await layout.open(client).clear();
  } finally {
    await client.close();
  }
}

/** Before anything is written: a full server would refuse lists, or evict what others keep there. */
function refuseFull({ used, most }: MemoryInfo, needed: number): void {
  if (most === 0 || used + 1.1 * needed < most) return;
  throw new DubplateError(
    'INVALID_OPTIONS',
    `The lists would take ${Math.round(needed / 1e6)} MB, and the server has ${Math.round((most - used) / 1e6)} MB left`,
    { hint: 'Give fewer --listeners, or raise its `maxmemory`.', details: { used, most, needed } },
  );
}

const evicted = (address: string): DubplateError =>
  new DubplateError('AUDIT_FAILED', `Lists written to ${address} are not there any more`, {
    hint: 'Something else removes keys there, or the server evicts (`maxmemory-policy`): measure a server of its own.',
  });
