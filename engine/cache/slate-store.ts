import { DubplateError } from '../core/errors.ts';
import { inBatches } from './batches.ts';
import type { IdPacking } from './codec/packing.ts';
import { u32 } from './codec/u32.ts';
import { type CachedSlate, decodeSlate, encodeSlate, type Slate } from './codec.ts';
import type { CacheClient } from './connect.ts';
import { keyPrefix, listenerIndex, removeKeys } from './keys.ts';
import { ListenerSet } from './listener-set.ts';
import { redisEntryBytes, redisTableBytes } from './redis-bytes.ts';

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

/** What one generation takes; means over its lists. */
export interface GenerationSize {
  readonly lists: number;
  /** Measured: bytes of the values as sent. */
  readonly payloadBytesPerList: number;
  /** Derived: what Redis 7 and 8 allocate when they hold these lists alone, by {@link redisEntryBytes}. */
  readonly redisBytesPerList: number;
}

/**
 * The lists of all listeners of one arm of one world, in a cache that other arms may share. A list is overwritten in place
 * and carries the generation that made it; one pointer names the served generation. Freshness comes from that stamp in
 * simulated time; the server's own expiry is not used. Every failure of the server is a CACHE_UNREACHABLE.
 */
export interface SlateStore {
  /**
   * Overwrite the lists of these listeners. They are taken from `lists` only as fast as the server stores them.
   * @returns how many were stored.
   */
  write(generation: number, lists: Iterable<ListenerSlate>): Promise<number>;
  /**
   * Check that every list written for a generation is there, and read some of them back.
   * @param sample lists as they were written, at least one.
   * @throws DubplateError AUDIT_FAILED when the cache holds something else.
   */
  verify(generation: number, sample: Iterable<ListenerSlate>): Promise<void>;
  /** Make a verified generation the served one. */
  publish(generation: number): Promise<void>;
  /** The served generation, or undefined before the first is published. */
  served(): Promise<number | undefined>;
  /**
   * The lists of many listeners, in their order; undefined where there is none. A list older than the served generation is
   * given and counted as a stale hit; one that is newer (a refresh is under way) is an ordinary hit.
   * @throws DubplateError INVALID_INPUT when a value is torn or of another program; the key is named.
   */
  read(listeners: Uint32Array): Promise<(CachedSlate | undefined)[]>;
  /** The same, counted nowhere: for scoring what would be served. */
  peek(listeners: Uint32Array): Promise<(CachedSlate | undefined)[]>;
  counters(): StoreCounters;
  /** Sizes of a generation that this store has written and that has not been superseded. */
  sizeOf(generation: number): GenerationSize;
  /** @throws DubplateError AUDIT_FAILED when hits and misses do not add up, or a list names a generation never written. */
  audit(): Promise<void>;
  /** Remove the keys of this store, and no others. */
  clear(): Promise<void>;
}

/** Commands collected and sent as one. */
type Pipeline = ReturnType<CacheClient['redis']['pipeline']>;

/** Lists sent at once, and the bytes after which a pipeline is sent earlier. Bounds what waits in this process. */
const batchLists = 256;
const batchBytes = 1 << 20;

/**
 * @param namespace names this arm and world among all that share the server: letters, digits, `.`, `_`, `/`, `-`; short,
 *   since every key repeats it. Keys: `dp:<namespace>:<listener in base 36>`, `…:@` the pointer, `…:#` the generations written.
 * @param packing how ids are written; lists are read by whichever packing they name. Default u32.
 */
export function createSlateStore(
  client: CacheClient,
  { namespace, packing = u32 }: { readonly namespace: string; readonly packing?: IdPacking },
): SlateStore {
  const { redis } = client;
  const prefix = keyPrefix(namespace);
  const pointerKey = `${prefix}@`;
  const generationsKey = `${prefix}#`;
  const keyOf = (listener: number): string => prefix + listenerIndex(listener).toString(36);
  const counters = { reads: 0, hits: 0, staleHits: 0, misses: 0, listsWritten: 0, bytesWritten: 0 };
  const written = new Map<number, WrittenGeneration>();
  const generationsSeen = new Set<number>();

  /** Send a pipeline; every reply is checked, because the pipeline as a whole succeeds when single commands fail. */
  async function send(pipeline: Pipeline, sizes: readonly number[], generation: number): Promise<number> {
    let stored = 0;
    let failed: unknown;
    try {
      const replies = (await pipeline.exec()) ?? [];
      if (replies.length !== sizes.length) failed = new Error(`${replies.length} of ${sizes.length} replies came`);
      replies.forEach(([error], i) => {
        if (error) {
          failed ??= error;
          return;
        }
        stored++;
        counters.bytesWritten += sizes[i] ?? 0;
      });
    } catch (error) {
      failed = error;
    }
    counters.listsWritten += stored;
    if (failed === undefined) return stored;
    const whole = 'none is torn: each stored list is of this generation or an older one';
    throw client.failure(`writing lists of generation ${generation} (${whole})`, failed, { generation });
  }

  async function attempt<T>(doing: string, command: () => Promise<T>): Promise<T> {
    try {
      return await command();
    } catch (cause) {
      throw client.failure(doing, cause);
    }
  }

  /** Pointer and lists come in one command: no refresh can slip in between. */
  async function fetchLists(
    batch: readonly number[],
  ): Promise<{ readonly served: number | undefined; readonly slates: (CachedSlate | undefined)[] }> {
    const keys = [pointerKey, ...batch.map(keyOf)];
    const [pointer, ...values] = await attempt('reading lists', () => redis.mgetBuffer(keys));
    return {
      served: pointer ? generationFrom(pointer.toString(), pointerKey) : undefined,
      slates: values.map((value, i) => (value ? decodeSlate(value, keys[i + 1] ?? prefix) : undefined)),
    };
  }

  return {
    async write(generation, lists) {
      await attempt('beginning a generation', () => redis.sadd(generationsKey, generation));
      const record = written.get(generation) ?? new WrittenGeneration();
      written.set(generation, record);
      record.isVerified = false;
      let stored = 0;
      let pipeline = redis.pipeline();
      let sizes: number[] = [];
      let bytes = 0;
      for (const list of lists) {
        const key = keyOf(list.listener);
        const value = encodeSlate({ generation, tracks: list.tracks, propensity: list.propensity }, packing);
        record.add(list.listener, key.length, value.length);
        pipeline.set(key, value);
        sizes.push(value.length);
        bytes += value.length;
        if (sizes.length < batchLists && bytes < batchBytes) continue;
        stored += await send(pipeline, sizes, generation);
        pipeline = redis.pipeline();
        sizes = [];
        bytes = 0;
      }
      if (sizes.length > 0) stored += await send(pipeline, sizes, generation);
      return stored;
    },

    async verify(generation, sample) {
      const record = recordOf(written, generation);
      record.isVerified = false;
      let present = 0;
      for (const listeners of inBatches(record.listeners, batchLists)) {
        present += await attempt('counting lists', () => redis.exists(...listeners.map(keyOf)));
      }
      if (present !== record.listeners.size) {
        throw notStored(`${client.address} holds ${present} of the ${record.listeners.size} lists`, generation);
      }
      let compared = 0;
      for (const lists of inBatches(sample, batchLists)) {
        const keys = lists.map(({ listener }) => keyOf(listener));
        const values = await attempt('reading lists back', () => redis.mgetBuffer(keys));
        lists.forEach((list, i) => {
          const value = values[i] ?? undefined;
          const expected = encodeSlate({ generation, tracks: list.tracks, propensity: list.propensity }, packing);
          if (!value || !expected.equals(value)) throw notStored(`${keys[i]} holds ${describe(value)}`, generation);
        });
        compared += lists.length;
      }
      if (compared === 0 && present > 0) throw new Error('verify needs at least one list to compare');
      record.isVerified = true;
    },

    async publish(generation) {
      if (!recordOf(written, generation).isVerified) throw new Error(`generation ${generation} was not verified`);
      await attempt('publishing a generation', () => redis.set(pointerKey, generation));
      for (const older of written.keys()) if (older < generation) written.delete(older);
    },

    async served() {
      const pointer = await attempt('reading the served generation', () => redis.get(pointerKey));
      return pointer === null ? undefined : generationFrom(pointer, pointerKey);
    },

    async read(listeners) {
      const found: (CachedSlate | undefined)[] = [];
      for (const batch of inBatches(listeners, batchLists)) {
        const { served, slates } = await fetchLists(batch);
        for (const slate of slates) {
          if (!slate) {
            counters.misses++;
            continue;
          }
          counters.hits++;
          if (served !== undefined && slate.generation < served) counters.staleHits++;
          generationsSeen.add(slate.generation);
        }
        counters.reads += batch.length;
        for (const slate of slates) found.push(slate);
      }
      return found;
    },

    async peek(listeners) {
      const found: (CachedSlate | undefined)[] = [];
      for (const batch of inBatches(listeners, batchLists)) found.push(...(await fetchLists(batch)).slates);
      return found;
    },

    counters: () => ({ ...counters }),

    sizeOf: (generation) => recordOf(written, generation).size(),

    async audit() {
      checkBalance(counters);
      const stored = await attempt('auditing', () => redis.smembers(generationsKey));
      const known = new Set([...written.keys(), ...stored.map(Number)]);
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
      await removeKeys(client, prefix);
      written.clear();
      generationsSeen.clear();
    },
  };
}

/** What this process wrote of one generation. */
class WrittenGeneration {
  readonly listeners = new ListenerSet();
  isVerified = false;
  #writes = 0;
  #payloadBytes = 0;
  #entryBytes = 0;

  add(listener: number, keyBytes: number, valueBytes: number): void {
    this.listeners.add(listener);
    this.#writes++;
    this.#payloadBytes += valueBytes;
    this.#entryBytes += redisEntryBytes({ keyBytes, valueBytes });
  }

  size(): GenerationSize {
    const lists = this.listeners.size;
    if (lists === 0) return { lists, payloadBytesPerList: 0, redisBytesPerList: 0 };
    return {
      lists,
      payloadBytesPerList: this.#payloadBytes / this.#writes,
      redisBytesPerList: this.#entryBytes / this.#writes + redisTableBytes(lists) / lists,
    };
  }
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

function generationFrom(text: string, key: string): number {
  if (/^\d{1,10}$/.test(text)) return Number(text);
  throw new DubplateError('INVALID_INPUT', `${key} holds '${text.slice(0, 40)}', which is no generation number`, {
    hint: 'Another program writes under this key: delete it, or give the run a namespace of its own.',
    details: { key },
  });
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
  new DubplateError('AUDIT_FAILED', `${found}, where lists of generation ${generation} were written`, {
    hint: 'Another program writes here, or the server evicts (`maxmemory-policy`) or lost its data: the generation is not published.',
    details: { generation },
  });
