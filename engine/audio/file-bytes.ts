import { closeSync, openSync, readSync, statSync } from 'node:fs';

/** How much is read at a time. */
const pageBytes = 1 << 16;

/** The bytes of a file by their place, read as they are asked for: of a file of any size one page is in memory. */
export class FileBytes {
  readonly length: number;
  readonly #file: number;
  readonly #page = Buffer.alloc(pageBytes);
  #start = 0;
  #filled = 0;

  /** @throws what the file system says when the file cannot be read. */
  constructor(path: string) {
    const stat = statSync(path);
    if (stat.isDirectory()) throw new Error('it is a folder');
    if (!stat.isFile()) throw new Error('it is no regular file'); // opening a pipe would wait for whoever writes to it
    this.#file = openSync(path, 'r');
    this.length = stat.size;
  }

  /** The byte at a place; undefined behind the end. */
  at(place: number): number | undefined {
    if (place < 0 || place >= this.length) return undefined;
    if (place < this.#start || place >= this.#start + this.#filled) this.#turnTo(place);
    return this.#page[place - this.#start];
  }

  /** Bytes from a place on, fewer at the end; a copy. */
  slice(place: number, count: number): Buffer {
    const found = Buffer.alloc(Math.max(0, Math.min(count, this.length - place)));
    for (let i = 0; i < found.length; i++) found[i] = this.at(place + i) ?? 0;
    return found;
  }

  close(): void {
    closeSync(this.#file);
  }

  /** Pages overlap a little on the left: a search goes back now and then, but never far. */
  #turnTo(place: number): void {
    this.#start = Math.max(0, place - 1024);
    this.#filled = readSync(this.#file, this.#page, 0, pageBytes, this.#start);
  }
}
