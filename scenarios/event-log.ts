import { createHash } from 'node:crypto';
import { digestOf } from '../engine/core/digest.ts';
import { DubplateError } from '../engine/core/errors.ts';
import { columnNames, type EventColumns, eventKinds, kindCode, noGeneration } from '../engine/core/events.ts';
import { readEvents, recordEvents } from '../sim/log.ts';
import { Heard } from './scoring/heard.ts';

/** The event log of one arm in one world: a file per day, its digest, and the counts that scoring needs. */
export class EventLog {
  readonly #fileOf: (name: string) => string;
  readonly #digests: string[] = [];
  readonly #rowsByKind = new Float64Array(eventKinds.length);
  readonly #generations = new Set<number>();
  /** Plays of each track so far; index = track. */
  readonly plays: Float64Array;
  readonly heard: Heard;

  constructor(sizes: { readonly listeners: number; readonly tracks: number }, fileOf: (name: string) => string) {
    this.plays = new Float64Array(sizes.tracks);
    this.heard = new Heard(sizes.listeners);
    this.#fileOf = fileOf;
  }

  /** Writes the next day as it is lived: its file is there when `live` has ended, and none when it fails. */
  async write(day: number, live: (log: (events: EventColumns) => void) => Promise<void>): Promise<void> {
    const digest = new DayDigest();
    await recordEvents(this.fileOf(day), (add) =>
      live((events) => {
        add(events);
        digest.add(events);
        this.#count(events);
      }),
    );
    this.#digests.push(digest.value());
  }

  /**
   * Takes in the next day from the file that it has been written to before.
   * @param digest what the day was then.
   * @throws DubplateError INVALID_INPUT when it is another now.
   */
  takeIn(day: number, digest?: string): EventColumns {
    const path = this.fileOf(day);
    const events = readEvents(path);
    const found = new DayDigest();
    found.add(events);
    if (digest !== undefined && digest !== found.value()) throw changed(path);
    this.#digests.push(found.value());
    this.#count(events);
    return events;
  }

  /** The events from `first` to the last day before `end`, one day in memory at a time. */
  *read(first: number, end: number): Generator<EventColumns> {
    for (let day = first; day < end; day++) yield readEvents(this.fileOf(day));
  }

  fileOf(day: number): string {
    return this.#fileOf(`${dayName(day)}.arrow`);
  }

  /** Of each day so far. */
  get digests(): readonly string[] {
    return this.#digests;
  }

  /** Of all days so far. */
  digest(): string {
    return digestOf(...this.#digests);
  }

  /**
   * Holds the log against the books of everybody who took part.
   * @throws DubplateError AUDIT_FAILED when they disagree.
   */
  audit(books: Books): void {
    eventKinds.forEach((kind, code) => {
      balance(`${kind} rows`, this.#rowsByKind[code]!, 'counted by the crowd', books.rowsByKind[code]!);
    });
    balance('play rows', this.#rowsByKind[kindCode.play]!, 'observed by the engine', books.plays);
    balance('lists given out', books.listsRead, 'slates received by listeners', books.slatesServed);
    for (const generation of this.#generations) {
      const existed = generation === noGeneration || (generation >= 1 && generation <= books.generations);
      if (!existed) throw unbalanced(`events name generation ${generation}, but there were ${books.generations}`);
    }
  }

  #count(events: EventColumns): void {
    this.heard.observe(events);
    for (let row = 0; row < events.length; row++) {
      const track = events.track[row]!;
      const kind = events.kind[row]!;
      this.#rowsByKind[kind]! += 1;
      this.#generations.add(events.generation[row]!);
      if (kind === kindCode.play) this.plays[track]! += 1;
    }
  }
}

/** SHA-256 of the SHA-256 of each column: a day's rows have one digest, however they are cut up when they come. */
class DayDigest {
  readonly #columns = columnNames.map((name) => ({ name, hash: createHash('sha256') }));

  add(events: EventColumns): void {
    for (const { name, hash } of this.#columns) {
      const { buffer, byteOffset, byteLength } = events[name].subarray(0, events.length);
      hash.update(new Uint8Array(buffer, byteOffset, byteLength));
    }
  }

  value(): string {
    return digestOf(...this.#columns.map(({ name, hash }) => `${name} ${hash.copy().digest('hex')}`));
  }
}

/**
 * What {@link EventLog} would have noted of a day of this file.
 * @throws DubplateError FILE_NOT_FOUND, INVALID_INPUT.
 */
export function digestOfDay(path: string): string {
  const digest = new DayDigest();
  digest.add(readEvents(path));
  return digest.value();
}

/** What the others counted. */
export interface Books {
  /** Rows that the crowd logged, by kind. */
  readonly rowsByKind: ArrayLike<number>;
  /** Plays that the engine observed. */
  readonly plays: number;
  /** How many generations were built. */
  readonly generations: number;
  readonly slatesServed: number;
  /** From the cache, or made for a read where every read has a list of its own. */
  readonly listsRead: number;
}

function balance(what: string, found: number, other: string, expected: number): void {
  if (found !== expected) throw unbalanced(`${found} ${what}, but ${expected} ${other}`);
}

const unbalanced = (what: string): DubplateError =>
  new DubplateError('AUDIT_FAILED', `The event log does not balance: ${what}`, {
    hint: 'The run is invalid. This is a fault in Dubplate: please report it with the manifest.',
  });

const changed = (path: string): DubplateError =>
  new DubplateError('INVALID_INPUT', `${path} is not what the interrupted run wrote there`, {
    hint: 'It was changed since. Put it back, or leave --resume away to run the scenario again.',
  });

/** `day=0007`, `day=-0053`: sorts by name within the past and within the run. */
export const dayName = (day: number): string => `day=${day < 0 ? '-' : ''}${String(Math.abs(day)).padStart(4, '0')}`;
