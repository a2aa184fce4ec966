import { createHash } from 'node:crypto';
import { columnNames, EventBuffer, type EventColumns, kindCode } from '../engine/core/events.ts';
import { writeEvents } from '../sim/log.ts';

/** The event log of one arm in one world: a file per day, its digest, and the counts that scoring needs. */
export class EventLog {
  readonly #fileOf: (name: string) => string;
  readonly #hash = createHash('sha256');
  readonly #lived: EventColumns[] = [];
  /** Plays of each track so far; index = track. */
  readonly plays: Float64Array;

  constructor(trackCount: number, fileOf: (name: string) => string) {
    this.plays = new Float64Array(trackCount);
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
    for (let row = 0; row < events.length; row++) {
      const track = events.track[row] ?? 0;
      if (events.kind[row] === kindCode.play) this.plays[track] = (this.plays[track] ?? 0) + 1;
    }
    if (day >= 0) this.#lived.push(events);
    return events;
  }

  /** SHA-256 of all columns of all days so far. */
  digest(): string {
    return this.#hash.copy().digest('hex');
  }
}

/** `day=0007`, `day=-0053`: sorts by name within the past and within the run. */
export const dayName = (day: number): string => `day=${day < 0 ? '-' : ''}${String(Math.abs(day)).padStart(4, '0')}`;
