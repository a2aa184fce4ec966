import { ListenerSet } from './listener-set.ts';
import type { Side } from './pointer.ts';
import { type KeptLists, redisEntryBytes, redisTableBytes } from './redis-bytes.ts';
import { ValueSample } from './value-sample.ts';

/** What one generation takes; means over its lists. */
export interface GenerationSize {
  readonly lists: number;
  /** Measured: bytes of the values as sent. */
  readonly payloadBytesPerList: number;
  /**
   * Derived: what Redis 7 and 8 allocate for a listener when they hold these lists alone, as `redisBytesPerListener` has it:
   * with two copies both, though there is but one after the first night.
   */
  readonly redisBytesPerList: number;
}

/** What this process wrote of one generation. */
export class WrittenGeneration {
  readonly listeners = new ListenerSet();
  readonly sample = new ValueSample();
  readonly side: Side;
  /** The connection on which it was last made known. */
  begunOn: number | undefined;
  /** The connection that all of it was written on, or on which it was last found to be there; undefined: some of it has been missing. */
  writtenOn: number | undefined;
  /** The connection on which it was found whole, and has not been written to since. */
  verifiedOn: number | undefined;
  /** How often somebody has begun to verify it. */
  looks = 0;
  readonly #kept: Required<Pick<KeptLists, 'copies' | 'expires'>>;
  #payloadBytes = 0;
  #entryBytes = 0;

  constructor(side: Side, connection: number, kept: Required<Pick<KeptLists, 'copies' | 'expires'>>) {
    this.side = side;
    this.writtenOn = connection;
    this.#kept = kept;
  }

  add(listener: number, keyBytes: number, value: Uint8Array): void {
    this.sample.add(listener, value);
    this.verifiedOn = undefined;
    if (!this.listeners.add(listener)) return; // written again: sizes must not depend on how often
    this.#payloadBytes += value.length;
    this.#entryBytes += redisEntryBytes({ keyBytes, valueBytes: value.length, expires: this.#kept.expires });
  }

  /** It is going to be looked through: until then nobody knows. */
  look(): void {
    this.looks++;
    this.verifiedOn = undefined;
  }

  /** Some of it is missing: every list has to be looked for. */
  doubt(): void {
    this.writtenOn = undefined;
    this.verifiedOn = undefined;
  }

  size(): GenerationSize {
    const lists = this.listeners.size;
    if (lists === 0) return { lists, payloadBytesPerList: 0, redisBytesPerList: 0 };
    const { copies, expires } = this.#kept;
    return {
      lists,
      payloadBytesPerList: this.#payloadBytes / lists,
      redisBytesPerList: (copies * this.#entryBytes + (expires ? 2 : 1) * redisTableBytes(copies * lists)) / lists,
    };
  }
}
