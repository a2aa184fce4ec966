/** Something that holds memory outside JavaScript until it is closed. */
interface Closable {
  close(): Promise<void>;
}

/**
 * Results by the content they were computed from. Arms of one world share a memo, so that what is the same in all of
 * them (the first training, the first encoder, how a track sounds) is computed once. Keys are digests of every input:
 * a hit is the same value, never a similar one. What a hit saved is counted, so that an arm's costs do not depend on who
 * came first.
 */
export class Memo {
  readonly #clock: () => number;
  readonly #entries = new Map<string, Promise<{ readonly value: unknown; readonly milliseconds: number }>>();
  #savedMilliseconds = 0;

  /** @param clock wall clock in milliseconds. */
  constructor(clock: () => number) {
    this.#clock = clock;
  }

  /** What all hits so far would have taken to compute. */
  get savedMilliseconds(): number {
    return this.#savedMilliseconds;
  }

  /** The value computed before for this key, or else what `compute` gives now. A failure is not remembered. */
  async get<T>(key: string, compute: () => T | Promise<T>): Promise<T> {
    const known = this.#entries.get(key);
    if (known) {
      const { value, milliseconds } = await known;
      this.#savedMilliseconds += milliseconds;
      return value as T;
    }
    const startedAt = this.#clock();
    const entry = (async () => {
      const value = await compute();
      return { value, milliseconds: this.#clock() - startedAt };
    })();
    this.#entries.set(key, entry);
    entry.catch(() => this.#entries.delete(key));
    return (await entry).value as T;
  }

  /** Closes the values that hold something; the memo is not to be used again. */
  async close(): Promise<void> {
    const entries = [...this.#entries.values()];
    this.#entries.clear();
    for (const entry of await Promise.allSettled(entries)) {
      if (entry.status === 'fulfilled' && isClosable(entry.value.value)) await entry.value.value.close();
    }
  }
}

const isClosable = (value: unknown): value is Closable =>
  typeof value === 'object' && value !== null && 'close' in value && typeof value.close === 'function';
