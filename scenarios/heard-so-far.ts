import { appendFileSync, existsSync, readFileSync, rmSync, statSync } from 'node:fs';
import type { RecordingReading } from '../engine/audio/recording.ts';
import { DubplateError, messageOf } from '../engine/core/errors.ts';
import { writeFileAtomic } from '../engine/core/files.ts';

/** By which a file is known not to have changed. */
interface Stamp {
  readonly bytes: number;
  readonly changedMs: number;
}

/** What was heard of a file, by its path and stamp. */
interface Line extends Stamp, Omit<RecordingReading, 'embedding'> {
  readonly file: string;
  readonly embedding: readonly number[];
}

/** Raised whenever recordings are heard in another way. */
const schema = 1;

/**
 * Keeps what was heard, file by file, beside the output that is to come, so that listening to a large folder can be
 * interrupted. One line of JSON for the encoder, then one for each recording; numbers come back as they were.
 */
export class HeardSoFar {
  readonly #path: string;
  readonly #lines: ReadonlyMap<string, Line>;

  /**
   * @param path where it is kept; what another encoder heard there is forgotten.
   * @throws DubplateError INVALID_OPTIONS when it cannot be written.
   */
  constructor(path: string, encoderDigest: string) {
    this.#path = path;
    const [first, ...lines] = existsSync(path) ? wholeLines(path) : [];
    const header = { schema, encoder: encoderDigest };
    const isOurs = JSON.stringify(first) === JSON.stringify(header);
    this.#lines = new Map((isOurs ? (lines as Line[]) : []).map((line) => [line.file, line]));
    // Written anew: the last line may have been cut off.
    const text = [header, ...this.#lines.values()].map((line) => `${JSON.stringify(line)}\n`).join('');
    try {
      writeFileAtomic(path, text);
    } catch (cause) {
      throw new DubplateError('INVALID_OPTIONS', `Cannot write ${path}: ${messageOf(cause)}`, {
        hint: 'What is heard is kept there until the output is written: give an --out in a folder that can be written to.',
        cause,
      });
    }
  }

  /** What was heard in a file, unless it has changed since. */
  of(file: string, { bytes, changedMs }: Stamp): RecordingReading | undefined {
    const line = this.#lines.get(file);
    if (!line || line.bytes !== bytes || line.changedMs !== changedMs) return undefined;
    const { tempoBpm, hasTempo, key, energy, timbre, durationMs, embedding } = line;
    return { tempoBpm, hasTempo, key, energy, timbre, durationMs, embedding: Float32Array.from(embedding) };
  }

  /** @param stamp of before it was listened to: a file that is written to meanwhile is heard again. */
  add(file: string, stamp: Stamp, reading: RecordingReading): void {
    const line: Line = { file, ...stamp, ...reading, embedding: [...reading.embedding] };
    appendFileSync(this.#path, `${JSON.stringify(line)}\n`);
  }

  /** To be called when the output is written. */
  forget(): void {
    rmSync(this.#path, { force: true });
  }
}

/** The stamp of a file as it is now; of one that cannot be read, one that none has: listening to it says why. */
export function stampOf(file: string): Stamp {
  try {
    const { size, mtimeMs } = statSync(file);
    return { bytes: size, changedMs: mtimeMs };
  } catch {
    return { bytes: -1, changedMs: -1 };
  }
}

/** The lines that are whole JSON, up to the first that is not. */
function wholeLines(path: string): unknown[] {
  const found: unknown[] = [];
  for (const line of readFileSync(path, 'utf8').split('\n')) {
    try {
      found.push(JSON.parse(line));
    } catch {
      break;
    }
  }
  return found;
}
