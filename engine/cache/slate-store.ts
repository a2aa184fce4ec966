import { DubplateError } from '../core/errors.ts';
import { batchBytes, batchLists, inBatches } from './batches.ts';
import type { IdPacking } from './codec/packing.ts';
import { u32 } from './codec/u32.ts';
import { type CachedSlate, decodeSlate, encodeSlate, generationOf, type Slate, stampBytes } from './codec.ts';
import type { CacheClient } from './connect.ts';
import { keyPrefix, listenerIndex, pagePrefix, removeKeys } from './keys.ts';
import { lifetimeMs } from './lifetime.ts';
import { ListenerSet } from './listener-set.ts';
import { type Reply, sendPipeline } from './pipeline.ts';
import { otherSide, type Pointer, pointerText, readPointer, type Side } from './pointer.ts';
import { type GenerationSize, WrittenGeneration } from './written-generation.ts';

/** The list of one listener (an index into the listener table). */
export interface ListenerSlate extends Slate {
  readonly listener: number;
}

/** What has been looked up and stored since the store was created. */
export interface StoreCounters {
  /** Lists asked for; each was a hit or a miss. */
  readonly reads: number;
  readonly hits: number;
  /** Those hits whose list was older than the served generation. */
  readonly staleHits: number;
  readonly misses: number;
  readonly listsWritten: number;
  readonly bytesWritten: number;
}

/** How lists are looked up. */
export interface ReadOptions {
  /** Whether a list that was found is young enough for the `i`-th of those who ask; else it is a miss. Default: all are. */
  readonly isFresh?: ((slate: CachedSlate, i: number) => boolean) | undefined;
  /**
   * Awaited before lists are read: it verifies the served generation where that {@link SlateStore.isInDoubt}, and writes again what the
   * server has forgotten. Where the server is lost while they are read, or turns out to have forgotten some, all is done anew, and only
   * the last are counted.
   */
  readonly makeWhole?: (() => Promise<void>) | undefined;
}

/**
 * The lists of all listeners of one arm of one world, in a cache that other arms may share. A list carries the generation that
 * made it, and one pointer names the served generation. Freshness comes from that stamp in simulated time; the server's own
 * expiry is not used unless asked for.
 *
 * A server that is lost is waited for as long as its client has patience, in the middle of any call; then the call fails with
 * CACHE_UNREACHABLE, and what was stored stays: every listener has a whole list, of the generation under way or an older one.
 * What a server has forgotten when it comes back, or one that takes its place has never heard of, {@link verify} finds.
 */
export interface SlateStore {
  /**
   * Overwrite the lists of these listeners. They are taken from `lists` only as fast as the server stores them.
   * @returns how many were stored.
   */
  write(generation: number, lists: Iterable<ListenerSlate>): Promise<number>;
  /**
   * Check that every list written for a generation is there, and compare a sample of them, by digest, with what was written.
   * Lists are counted; where the connection was lost since they were written, the stamp of each is read.
   * @returns listeners whose lists the server has forgotten: to be written again, and verified again. Usually none.
   * @throws DubplateError CACHE_INCOMPLETE when the cache holds something else and was not lost.
   */
  verify(generation: number): Promise<ListenerSet>;
  /**
   * Make a verified generation the served one.
   * @returns false, and nothing is changed, when the server was lost since it was verified: to be verified again.
   */
  publish(generation: number): Promise<boolean>;
  /** Whether the server was lost since this generation was verified, or has given other lists of it as missing: it may have forgotten some. */
  isInDoubt(generation: number): boolean;
  /** The served generation, or undefined before the first is published. */
  served(): Promise<number | undefined>;
  /**
   * Make the generation before the served one the served one again, and that one the one to go back to; with `swap` `full`, until
   * the next generation begins to be written over it.
   * @returns the generation that is served now.
   * @throws DubplateError INVALID_OPTIONS when no earlier generation is kept.
   */
  rollback(): Promise<number>;
  /**
   * The lists of many listeners, in their order; undefined where there is none. A list older than the served generation is
   * given and counted as a stale hit; one that is newer (a refresh is under way) is an ordinary hit.
   * @throws DubplateError INVALID_INPUT when a value is torn or of another program; the key is named.
   */
  read(listeners: Uint32Array, options?: ReadOptions): Promise<(CachedSlate | undefined)[]>;
  /** The same, counted nowhere: for scoring what would be served. */
  peek(listeners: Uint32Array, options?: ReadOptions): Promise<(CachedSlate | undefined)[]>;
  counters(): StoreCounters;
  /** Sizes of a generation that this store has written and that has not been superseded. */
  sizeOf(generation: number): GenerationSize;
  /** @throws DubplateError AUDIT_FAILED when hits and misses do not add up, or a list names a generation never written. */
  audit(): Promise<void>;
  /** Remove the keys of this store, and no others. */
  clear(): Promise<void>;
}

export interface SlateStoreOptions {
  /**
   * Names this arm and world among all that share the server: letters, digits, `.`, `_`, `/`, `-`; short, since every key repeats
   * it. Keys: `dp:<namespace>:<listener in base 36>`, with two copies `A` or `B` before the listener; `…:@` the pointer, `…:#` the
   * generations written.
   */
  readonly namespace: string;
  /** How ids are written; lists are read by whichever packing they name. Default u32. */
  readonly packing?: IdPacking;
  /**
   * `inPlace`: a list is overwritten by the next; a listener has one, and for the time of a refresh some are newer than the served
   * generation. `full`: the generation before is kept, all readers change over at once, and one can go back; twice the memory.
   */
  readonly swap?: 'inPlace' | 'full';
  /**
   * Lists live for so many hours, ± 10 % by listener ({@link lifetimeMs}). Sent, they end by the clock of the server. Otherwise the
   * reader decides by the stamp, as in simulated time, of which a server knows nothing; then only sizes take it into account.
   */
  readonly ttl?: { readonly hours: number; readonly isSent: boolean } | undefined;
}

export function createSlateStore(
  client: CacheClient,
  { namespace, packing = u32, swap = 'inPlace', ttl }: SlateStoreOptions,
): SlateStore {
  const prefix = keyPrefix(namespace);
  const pointerKey = `${prefix}@`;
  const generationsKey = `${prefix}#`;
  const keyOf = (listener: number, side: Side): string => prefix + side + listenerIndex(listener).toString(36);
  const counters = { reads: 0, hits: 0, staleHits: 0, misses: 0, listsWritten: 0, bytesWritten: 0 };
  /** Of the served generation, of the one before where it is kept, and of those not published yet. */
  const written = new Map<number, WrittenGeneration>();
  const everWritten = new Set<number>();
  const generationsSeen = new Set<number>();
  /** What this store has published last, or gone back to. */
  let published: number | undefined;
  /** Where readers look first; the pointer corrects them. */
  let side: Side = swap === 'full' ? 'A' : '';

  const pointerOn = async (redis: CacheClient['redis']): Promise<Pointer | undefined> => {
    const text = await redis.get(pointerKey);
    return text === null ? undefined : readPointer(text, pointerKey);
  };
  const pointer = (doing: string): Promise<Pointer | undefined> => client.attempt(doing, pointerOn);

  /** Makes a generation known to the server, once on each connection: it may be another server by then. */
  async function begin(generation: number): Promise<WrittenGeneration> {
    const known = written.get(generation);
    if (known?.begunOn === client.connection) return known;
    return client.attempt('beginning a generation', async (redis) => {
      const connection = client.connection;
      const found = swap === 'full' ? await pointerOn(redis) : undefined;
      const record =
        written.get(generation) ??
        new WrittenGeneration(swap === 'full' ? otherSide(found?.side ?? '') : '', connection, {
          copies: swap === 'full' ? 2 : 1,
          expires: ttl !== undefined,
        });
      // What is about to be overwritten is no generation to go back to.
      if (found?.earlier?.side === record.side)
        await redis.set(pointerKey, pointerText({ ...found, earlier: undefined }));
      await redis.sadd(generationsKey, generation);
      written.set(generation, record);
      everWritten.add(generation);
      record.begunOn = connection;
      return record;
    });
  }

  async function store(batch: readonly ListenerSlate[], generation: number): Promise<number> {
    const record = await begin(generation);
    const keys: string[] = [];
    const values: Buffer[] = [];
    for (const { listener, tracks, propensity } of batch) {
      const key = keyOf(listener, record.side);
      const value = encodeSlate({ generation, tracks, propensity }, packing);
      record.add(listener, key.length, value);
      keys.push(key);
      values.push(value);
    }
    const whole = 'none is torn: each stored list is of this generation or an older one';
    let last: Reply[] = [];
    try {
      await sendPipeline(
        client,
        `writing lists of generation ${generation} (${whole})`,
        (pipeline) => {
          for (const [i, { listener }] of batch.entries()) {
            if (ttl?.isSent) pipeline.set(keys[i]!, values[i]!, 'PX', lifetimeMs(listener, ttl.hours));
            else pipeline.set(keys[i]!, values[i]!);
          }
        },
        {
          details: { generation },
          onReplies: (replies) => {
            last = replies;
          },
        },
      );
    } finally {
      last.forEach(([error], i) => {
        if (error) return;
        counters.listsWritten++;
        counters.bytesWritten += values[i]!.length;
      });
    }
    return batch.length;
  }

  /** Of those written, by the stamp of each list. */
  async function forgotten(generation: number, record: WrittenGeneration): Promise<ListenerSet> {
    const lost = new ListenerSet();
    for (const listeners of inBatches(record.listeners, batchLists)) {
      const starts = await sendPipeline(client, 'reading stamps', (pipeline) => {
        for (const listener of listeners) pipeline.getrangeBuffer(keyOf(listener, record.side), 0, stampBytes - 1);
      });
      listeners.forEach((listener, i) => {
        if (generationOf(starts[i] as Buffer) !== generation) lost.add(listener);
      });
    }
    return lost;
  }

  /** What is wrong on a server that has not been lost; undefined where all is well. */
  async function difference(record: WrittenGeneration): Promise<string | undefined> {
    let present = 0;
    for (const listeners of inBatches(record.listeners, batchLists)) {
      const keys = listeners.map((listener) => keyOf(listener, record.side));
      present += await client.attempt('counting lists', (redis) => redis.exists(...keys));
    }
    if (present !== record.listeners.size) {
      return `${client.address} holds ${present} of the ${record.listeners.size} lists`;
    }
    for (const listeners of inBatches(record.sample.listeners(), batchLists)) {
      const keys = listeners.map((listener) => keyOf(listener, record.side));
      const values = await client.attempt('reading lists back', (redis) => redis.mgetBuffer(keys));
      for (const [i, listener] of listeners.entries()) {
        const value = values[i] ?? undefined;
        if (!value || !record.sample.isSame(listener, value)) return `${keys[i]} holds ${describe(value)}`;
      }
    }
    return undefined;
  }

  /** Pointer and lists come in one command: no refresh can slip in between. */
  async function fetchLists(
    batch: readonly number[],
  ): Promise<{ readonly served: Pointer | undefined; readonly slates: (CachedSlate | undefined)[] }> {
    for (;;) {
      const keys = [pointerKey, ...batch.map((listener) => keyOf(listener, side))];
      const [text, ...values] = await client.attempt('reading lists', (redis) => redis.mgetBuffer(keys));
      const served = text ? readPointer(text.toString(), pointerKey) : undefined;
      if (served && served.side !== side) {
        side = served.side; // another generation is served by now
        continue;
      }
      return {
        served,
        slates: values.map((value, i) => (value ? decodeSlate(value, keys[i + 1] ?? prefix) : undefined)),
      };
    }
  }

  /** Whether a pointer or lists are missing that are known to have been there, and that nothing but the server itself can have removed. */
  function isForgotten(
    record: WrittenGeneration | undefined,
    served: Pointer | undefined,
    listeners: readonly number[],
    slates: readonly (CachedSlate | undefined)[],
  ): boolean {
    if (!record) return false;
    if (!served) return true;
    const mayEnd = ttl?.isSent === true;
    return (
      !mayEnd &&
      served.generation === published &&
      slates.some((slate, i) => !slate && record.listeners.has(listeners[i]!))
    );
  }

  /** The lists, in order, and how many of them are older than the served generation. */
  async function find(
    listeners: Uint32Array,
    { isFresh = () => true, makeWhole }: ReadOptions,
  ): Promise<{ readonly slates: (CachedSlate | undefined)[]; readonly stale: number }> {
    for (;;) {
      await makeWhole?.();
      const { connection } = client;
      const record = published === undefined ? undefined : written.get(published);
      const looks = record?.looks;
      const found: (CachedSlate | undefined)[] = [];
      let stale = 0;
      let hasForgotten = false;
      for (const batch of inBatches(listeners, batchLists)) {
        const { served, slates } = await fetchLists(batch);
        hasForgotten ||= isForgotten(record, served, batch, slates);
        for (const slate of slates) {
          const fresh = slate && isFresh(slate, found.length) ? slate : undefined;
          if (fresh && served && fresh.generation < served.generation) stale++;
          found.push(fresh);
        }
      }
      if (!makeWhole) return { slates: found, stale };
      // Others may have found out first, and be at it: then what was read is neither here nor there.
      if (client.connection !== connection || record?.looks !== looks) continue;
      if (!hasForgotten) return { slates: found, stale };
      record?.doubt();
    }
  }

  /** Removes what a generation has left on the side that a newer one has taken: lists of those whom it does not know. */
  async function removeLeftovers(generation: number, record: WrittenGeneration): Promise<void> {
    for (const [older, { listeners, side }] of written) {
      if (older >= generation || side !== record.side || side === '') continue;
      for (const batch of inBatches(listeners, batchLists)) {
        const left = batch
          .filter((listener) => !record.listeners.has(listener))
          .map((listener) => keyOf(listener, side));
        if (left.length > 0) await client.attempt('removing lists', (redis) => redis.unlink(...left));
      }
    }
  }

  return {
    async write(generation, lists) {
      await begin(generation);
      let stored = 0;
      let batch: ListenerSlate[] = [];
      let bytes = 0;
      for (const list of lists) {
        batch.push(list);
        bytes += packing.bytesFor(list.tracks.length);
        if (batch.length < batchLists && bytes < batchBytes) continue;
        stored += await store(batch, generation);
        batch = [];
        bytes = 0;
      }
      if (batch.length > 0) stored += await store(batch, generation);
      return stored;
    },

    async verify(generation) {
      const record = recordOf(written, generation);
      record.look();
      for (;;) {
        const connection = client.connection;
        if (record.writtenOn !== connection) {
          const lost = await forgotten(generation, record);
          record.writtenOn = connection;
          if (lost.size > 0) {
            client.tell(
              `The cache at ${client.address} has forgotten ${lost.size} of ${record.listeners.size} lists of generation ${generation}: they are made again`,
            );
            return lost;
          }
        }
        const found = await difference(record);
        if (connection !== client.connection) continue; // lost meanwhile: what was found was not on one server
        if (found !== undefined) throw notStored(found, generation);
        record.verifiedOn = connection;
        return new ListenerSet();
      }
    },

    async publish(generation) {
      const record = recordOf(written, generation);
      if (record.verifiedOn === undefined) throw new Error(`generation ${generation} was not verified`);
      const isPublished = await client.attempt('publishing a generation', async (redis) => {
        if (record.verifiedOn !== client.connection) return false;
        const now = swap === 'full' ? await pointerOn(redis) : undefined;
        const isServed = now?.generation === generation && now.side === record.side;
        const before = isServed ? now.earlier : now;
        const earlier = before && before.side !== record.side ? before : undefined;
        await redis.set(pointerKey, pointerText({ generation, side: record.side, earlier }));
        return true;
      });
      if (!isPublished) return false;
      published = generation;
      await removeLeftovers(generation, record);
      for (const [older, { side }] of written) {
        if (older < generation && side === record.side) written.delete(older);
      }
      return true;
    },

    isInDoubt(generation) {
      const record = written.get(generation);
      return record !== undefined && record.verifiedOn !== client.connection;
    },

    async served() {
      return (await pointer('reading the served generation'))?.generation;
    },

    async rollback() {
      const served = await pointer('rolling back');
      if (!served?.earlier) throw nothingEarlier(served, swap);
      const { earlier, generation, side } = served;
      // Written apart from reading: tried again, it must not go forward.
      const back = pointerText({ ...earlier, earlier: { generation, side } });
      await client.attempt('rolling back', (redis) => redis.set(pointerKey, back));
      published = earlier.generation;
      return earlier.generation;
    },

    async read(listeners, options = {}) {
      const { slates, stale } = await find(listeners, options);
      for (const slate of slates) {
        if (!slate) {
          counters.misses++;
          continue;
        }
        counters.hits++;
        generationsSeen.add(slate.generation);
      }
      counters.reads += slates.length;
      counters.staleHits += stale;
      return slates;
    },

    async peek(listeners, options = {}) {
      return (await find(listeners, options)).slates;
    },

    counters: () => ({ ...counters }),

    sizeOf: (generation) => recordOf(written, generation).size(),

    async audit() {
      checkBalance(counters);
      const stored = await client.attempt('auditing', (redis) => redis.smembers(generationsKey));
      const known = new Set([...everWritten, ...stored.map(Number)]);
      const strange = [...generationsSeen].filter((generation) => !known.has(generation));
      if (strange.length === 0) return;
      throw new DubplateError(
        'AUDIT_FAILED',
        `Lists of generations that were never written (${strange.join(', ')}) were read under ${prefix}`,
        {
          hint: 'Something else writes under these keys: give every run a namespace of its own.',
          details: { strange },
        },
      );
    },

    async clear() {
      await removeKeys(client, prefix, pagePrefix(namespace));
      published = undefined;
      written.clear();
      everWritten.clear();
      generationsSeen.clear();
    },
  };
}

function recordOf(written: ReadonlyMap<number, WrittenGeneration>, generation: number): WrittenGeneration {
  const record = written.get(generation);
  if (!record) throw new Error(`generation ${generation} was not written by this store, or is superseded`);
  return record;
}

/** Every read was a hit or a miss, and only hits can be stale. */
export function checkBalance({ reads, hits, staleHits, misses }: StoreCounters): void {
  if (hits + misses === reads && staleHits <= hits) return;
  throw new DubplateError(
    'AUDIT_FAILED',
    `Cache counters do not add up: ${hits} hits (${staleHits} stale) and ${misses} misses of ${reads} reads`,
    { hint: 'The figures of this run cannot be trusted: please report it with the scenario and the seed.' },
  );
}

function describe(value: Buffer | undefined): string {
  if (!value) return 'nothing';
  try {
    const { generation, tracks } = decodeSlate(value, 'the value');
    return `another list of ${tracks.length} tracks, of generation ${generation}`;
  } catch {
    return `${value.length} bytes that are no list`;
  }
}

const notStored = (found: string, generation: number): DubplateError =>
  new DubplateError('CACHE_INCOMPLETE', `${found}, where lists of generation ${generation} were written`, {
    hint: 'Another program writes here, or the server evicts (`maxmemory-policy`) or lost its data: the generation is not published.',
    details: { generation },
  });

const nothingEarlier = (served: Pointer | undefined, swap: string): DubplateError =>
  new DubplateError(
    'INVALID_OPTIONS',
    served ? `No generation before ${served.generation} is kept` : 'No generation is served yet',
    {
      hint:
        swap === 'full'
          ? 'There is one from the second refresh on, and none while another generation is being written.'
          : 'The lists before are kept with the option `slate.swap` `full`, which takes twice the memory.',
    },
  );
