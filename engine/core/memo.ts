/**
 * Results by the content they were computed from. Arms of one world share a memo, so that what is the same in all of
 * them (the first training, the first encoder, how a track sounds) is computed once. Keys are digests of every input:
 * a hit is the same value, never a similar one.
 */
export class Memo {
  readonly #values = new Map<string, Promise<unknown>>();

  /** The value computed before for this key, or else what `compute` gives now. A failure is not remembered. */
  get<T>(key: string, compute: () => T | Promise<T>): Promise<T> {
    const known = this.#values.get(key);
    if (known) return known as Promise<T>;
    const value = (async () => compute())();
    this.#values.set(key, value);
    value.catch(() => this.#values.delete(key));
    return value;
  }
}
