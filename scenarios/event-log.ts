import { createHash } from 'node:crypto';
import { DubplateError } from '../engine/core/errors.ts';
import {
  columnNames,
  EventBuffer,
  type EventColumns,
  eventKinds,
  kindCode,
  noGeneration,
} from '../engine/core/events.ts';
import { writeEvents } from '../sim/log.ts';
import { Heard } from './scoring/heard.ts';

/** The event log of one arm in one world: a file per day, its digest, and the counts that scoring needs. */
export class EventLog {
  readonly #fileOf: (name: string) => string;
  readonly #hash = createHash('sha256');
  readonly #lived: EventColumns[] = [];
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

  /** The days from 0 on, as logged. */
  get lived(): readonly EventColumns[] {
    return this.#lived;
  }

  /** Writes one day, given as the stretches it was logged in, and returns it in one piece. */
  append(day: number, stretches: readonly EventColumns[]): EventColumns {
    const buffer = new EventBuffer();
    for (const stretch of stretches) buffer.append(stretch);
    const events = buffer.slice();
    writeEvents(this.#fileOf(`${dayName(day)}.arrow`), events);
    for (const name of columnNames) {
      const { buffer: bytes, byteOffset, byteLength } = events[name];
      this.#hash.update(`${day} ${name} ${byteLength}:`).update(new Uint8Array(bytes, byteOffset, byteLength));
    }
    this.heard.observe(events);
    for (let row = 0; row < events.length; row++) {
      const track = events.track[row] ?? 0;
      const kind = events.kind[row] ?? 0;
      this.#rowsByKind[kind] = (this.#rowsByKind[kind] ?? 0) + 1;
      this.#generations.add(events.generation[row] ?? noGeneration);
      if (kind === kindCode.play) this.plays[track] = (this.plays[track] ?? 0) + 1;
    }
    if (day >= 0) this.#lived.push(events);
    return events;
  }

  /**
   * Holds the log against the books of everybody who took part.
   * @throws DubplateError AUDIT_FAILED when they disagree.
   */
  audit(books: Books): void {
    eventKinds.forEach((kind, code) => {
      balance(`${kind} rows`, this.#rowsByKind[code] ?? 0, 'counted by the crowd', books.rowsByKind[code] ?? 0);
    });
    balance('play rows', this.#rowsByKind[kindCode.play] ?? 0, 'observed by the engine', books.plays);
    balance('lists read from the cache', books.listsRead, 'slates received by listeners', books.slatesServed);
    for (const generation of this.#generations) {
      const existed = generation === noGeneration || (generation >= 1 && generation <= books.generations);
      if (!existed) throw unbalanced(`events name generation ${generation}, but there were ${books.generations}`);
    }
  }

  /** SHA-256 of all columns of all days so far. */
  digest(): string {
    return this.#hash.copy().digest('hex');
  }
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
  readonly listsRead: number;
}

function balance(what: string, found: number, other: string, expected: number): void {
  if (found !== expected) throw unbalanced(`${found} ${what}, but ${expected} ${other}`);
}

const unbalanced = (what: string): DubplateError =>
  new DubplateError('AUDIT_FAILED', `The event log does not balance: ${what}`, {
    hint: 'The run is invalid. This is a fault in Dubplate: please report it with the manifest.',
  });

/** `day=0007`, `day=-0053`: sorts by name within the past and within the run. */
export const dayName = (day: number): string => `day=${day < 0 ? '-' : ''}${String(Math.abs(day)).padStart(4, '0')}`;
