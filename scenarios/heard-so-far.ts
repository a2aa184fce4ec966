import { appendFileSync, existsSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import type { RecordingReading } from '../engine/audio/recording.ts';

/** What was heard of a file, by its path, size and time of change. */
interface Line extends Omit<RecordingReading, 'embedding'> {
  readonly file: string;
  readonly bytes: number;
  readonly changedMs: number;
  readonly embedding: readonly number[];
}

/**
 * Keeps what was heard, file by file, beside the output that is to come, so that listening to a large folder can be
 * interrupted. One line of JSON for the encoder, then one for each recording; numbers come back as they were.
 */
export class HeardSoFar {
  readonly #path: string;
  readonly #lines: ReadonlyMap<string, Line>;

  /** @param path where it is kept; what another encoder heard there is forgotten. */
  constructor(path: string, encoderDigest: string) {
    this.#path = path;
    const [first, ...lines] = existsSync(path) ? wholeLines(path) : [];
    const isOurs = first !== undefined && (first as { encoder?: unknown }).encoder === encoderDigest;
    this.#lines = new Map((isOurs ? (lines as Line[]) : []).map((line) => [line.file, line]));
    mkdirSync(dirname(path), { recursive: true });
    // Written anew: the last line may have been cut off.
    const kept = [{ schema: 1, encoder: encoderDigest }, ...this.#lines.values()];
    writeFileSync(path, kept.map((line) => `${JSON.stringify(line)}\n`).join(''));
  }

  /** What was heard in a file, unless it has changed since. */
  of(file: string): RecordingReading | undefined {
    const line = this.#lines.get(file);
    const stamp = stampOf(file);
    if (!line || line.bytes !== stamp.bytes || line.changedMs !== stamp.changedMs) return undefined;
    const { tempoBpm, hasTempo, key, energy, timbre, durationMs } = line;
    return { tempoBpm, hasTempo, key, energy, timbre, durationMs, embedding: Float32Array.from(line.embedding) };
  }

  add(file: string, reading: RecordingReading): void {
    const line: Line = { file, ...stampOf(file), ...reading, embedding: [...reading.embedding] };
    appendFileSync(this.#path, `${JSON.stringify(line)}\n`);
  }

  /** To be called when the output is written. */
  forget(): void {
    rmSync(this.#path, { force: true });
  }
}

function stampOf(file: string): Pick<Line, 'bytes' | 'changedMs'> {
  const stat = statSync(file, { throwIfNoEntry: false });
  return { bytes: stat?.size ?? -1, changedMs: stat?.mtimeMs ?? -1 };
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
