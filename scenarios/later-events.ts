import { EventBuffer, type EventColumns, pickEvents } from '../engine/core/events.ts';
import type { SimTime } from '../engine/core/time.ts';

/**
 * Events as they come to be known. A session belongs to the part of the day that it begins in, but may go on beyond its end: what
 * happens later waits there, so that no refresh and no score sees what is still to come. Each listener's rows stay in order.
 */
export class LaterEvents {
  #waiting = new EventBuffer();

  /** Hands on what happens before `end`, that of sessions under way first; the rest waits. */
  release(end: SimTime, handOn: (events: EventColumns) => void): void {
    const waiting = this.#waiting.slice();
    this.#waiting = new EventBuffer();
    if (waiting.length > 0) this.pass(waiting, end, handOn);
  }

  /** Hands on what happens before `end`; the rest waits. */
  pass(events: EventColumns, end: SimTime, handOn: (events: EventColumns) => void): void {
    if (isAllBefore(events, end)) {
      handOn(events);
      return;
    }
    const [earlier, later]: [number[], number[]] = [[], []];
    for (let row = 0; row < events.length; row++) (events.time[row]! < end ? earlier : later).push(row);
    this.#waiting.append(pickEvents(events, Uint32Array.from(later)));
    if (earlier.length > 0) handOn(pickEvents(events, Uint32Array.from(earlier)));
  }

  /** @throws Error when something still waits as the last part of a day ends. */
  checkEmpty(): void {
    if (this.#waiting.length > 0) throw new Error(`${this.#waiting.length} events lie beyond the end of their day`);
  }
}

/** Nearly always, and always where days are lived in one. */
function isAllBefore({ length, time }: EventColumns, end: SimTime): boolean {
  for (let row = 0; row < length; row++) if (time[row]! >= end) return false;
  return true;
}
