import {
  closeSync,
  fsyncSync,
  linkSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  statfsSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { dirname } from 'node:path';
import { DubplateError } from './errors.ts';

/**
 * A file that is written piece by piece and is whole or absent: a temporary name beside it, flushed to disk and renamed at
 * the end. A crash leaves at most a `.tmp` file, never a torn one. Makes the folder if needed.
 * @throws DubplateError DISK_FULL from every method but `abandon`.
 */
export class AtomicFile {
  readonly #path: string;
  readonly #temporary: string;
  #file: number | undefined;

  constructor(path: string) {
    this.#path = path;
    this.#temporary = `${path}.${process.pid}.tmp`;
    this.#file = onDisk(path, () => {
      mkdirSync(dirname(path), { recursive: true });
      return openSync(this.#temporary, 'w');
    });
  }

  write(bytes: Uint8Array): void {
    const file = this.#opened();
    onDisk(this.#path, () => {
      for (let written = 0; written < bytes.length; ) {
        written += writeSync(file, bytes, written, Math.min(bytes.length - written, mostAtOnce));
      }
    });
  }

  /** The file is there, whole, under its name. */
  finish(): void {
    const file = this.#opened();
    onDisk(this.#path, () => {
      fsyncSync(file);
      this.#close();
      renameSync(this.#temporary, this.#path);
    });
  }

  /** Leaves nothing behind; what was there before stays. To be called after anything has failed. */
  abandon(): void {
    this.#close();
    rmSync(this.#temporary, { force: true });
  }

  /** A number that was closed may by now be that of another file. */
  #opened(): number {
    if (this.#file === undefined) throw new Error(`${this.#path} is written to after its end`);
    return this.#file;
  }

  #close(): void {
    const file = this.#file;
    this.#file = undefined;
    if (file !== undefined) closeSync(file);
  }
}

/** More bytes than this a system may refuse to write at once. */
const mostAtOnce = 1 << 30;

/**
 * Write a file in one go so that it is whole or absent.
 * @throws DubplateError DISK_FULL; nothing is left behind, and what was there before stays.
 */
export function writeFileAtomic(path: string, bytes: Uint8Array | string): void {
  const file = new AtomicFile(path);
  try {
    file.write(typeof bytes === 'string' ? Buffer.from(bytes) : bytes);
    file.finish();
  } catch (error) {
    file.abandon();
    throw error;
  }
}

/**
 * Make a file that must not be there yet: of several processes that try at once, one succeeds. Makes the folder if needed.
 * @returns whether it was made; false where there is one of that name already.
 * @throws DubplateError DISK_FULL; nothing is left behind.
 */
export function createFile(path: string, text: string): boolean {
  return onDisk(path, () => {
    mkdirSync(dirname(path), { recursive: true });
    try {
      writeFileSync(path, text, { flag: 'wx' });
      return true;
    } catch (cause) {
      if (cause instanceof Error && 'code' in cause && cause.code === 'EEXIST') return false;
      rmSync(path, { force: true });
      throw cause;
    }
  });
}

/** Give a file a second name, in the place of what was there; a copy, where the file system has no links. */
export function linkFile(from: string, to: string): void {
  onDisk(to, () => {
    mkdirSync(dirname(to), { recursive: true });
    rmSync(to, { force: true });
  });
  try {
    linkSync(from, to);
  } catch {
    writeFileAtomic(to, readFileSync(from));
  }
}

/** What the system calls a lack of room, as a code and in words (strerror), by which libraries tell of it. */
const lacks = [
  { code: 'ENOSPC', words: 'No space left on device', means: 'the disk is full' },
  { code: 'EDQUOT', words: 'Disk quota exceeded', means: 'the disk quota is used up' },
  {
    code: 'EFBIG',
    words: 'File too large',
    means: 'a file may not be that large here (`ulimit -f`, or the file system)',
  },
] as const;

function onDisk<T>(path: string, work: () => T): T {
  try {
    return work();
  } catch (cause) {
    throw diskFull(path, cause) ?? cause;
  }
}

/** DISK_FULL where `path` could not be written for a lack of room, undefined where there was another cause. */
export function diskFull(path: string, cause: unknown): DubplateError | undefined {
  if (!(cause instanceof Error)) return undefined;
  if (cause instanceof DubplateError) return cause.code === 'DISK_FULL' ? cause : undefined;
  const lack = lacks.find(({ code, words }) => ('code' in cause ? cause.code === code : cause.message.includes(words)));
  if (lack === undefined) return undefined;
  return new DubplateError('DISK_FULL', `Cannot write ${path}: ${lack.means}${freeAt(dirname(path))}`, {
    hint: 'Make room there, and try again.',
    cause,
  });
}

function freeAt(folder: string): string {
  try {
    const { bavail, bsize } = statfsSync(folder);
    return `; ${((bavail * bsize) / 1e6).toFixed(1)} MB are free there`;
  } catch {
    return ''; // the folder could not even be made
  }
}
