import { crc32 } from 'node:zlib';
import { wordAt } from '../core/random.ts';

/** So many digests are kept at most; 600 kB. */
const most = 4096;

/** Any two words do: a sample only has to be drawn without regard to what is sampled. */
const key0 = 0x73616d70;
const key1 = 0x6c652e2e;

/**
 * Digests (CRC-32) of the values of a uniform sample of listeners, of whom it is not known beforehand how many there are: all of
 * them, and each time there are too many, every second one is let go. Of more than 4,096 about
 * 2,048 to 4,096 are kept: how many of them a halving lets go is chance.
 */
export class ValueSample {
  readonly #digests = new Map<number, number>();
  #oneIn = 1;

  /** The value that was written for a listener; the last one counts. */
  add(listener: number, value: Uint8Array): void {
    if (!this.#isDrawn(listener)) return;
    this.#digests.set(listener, crc32(value));
    if (this.#digests.size <= most) return;
    this.#oneIn *= 2;
    for (const kept of this.#digests.keys()) if (!this.#isDrawn(kept)) this.#digests.delete(kept);
  }

  /** In the order in which they were first written. */
  listeners(): IterableIterator<number> {
    return this.#digests.keys();
  }

  /** Whether this is what was last written for a listener of the sample. */
  isSame(listener: number, value: Uint8Array): boolean {
    return this.#digests.get(listener) === crc32(value);
  }

  /** One in 2ⁿ: those whose hash ends with n zeros, so that the next sample is part of the one before. */
  #isDrawn(listener: number): boolean {
    return (wordAt(key0, key1, listener) & (this.#oneIn - 1)) === 0;
  }
}
