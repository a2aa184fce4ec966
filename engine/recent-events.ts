import { EventBuffer, type EventColumns, pickEvents } from './core/events.ts';
import type { SimTime } from './core/time.ts';

/**
 * Events in the order they come, found by user: every row knows the row of its user before. Bounded by what happens between two
 * refreshes. 31 bytes an event, and about 50 for each user who has any.
 */
export class RecentEvents {
  #events = new EventBuffer();
  /** The row before of the same user; −1 for the first. */
  #before = new Int32Array(1024);
  readonly #last = new Map<number, number>();

  add(events: EventColumns): void {
    const from = this.#events.length;
    this.#events.append(events);
    if (this.#events.length > this.#before.length) {
      const before = new Int32Array(Math.max(2 * this.#before.length, this.#events.length));
      before.set(this.#before);
      this.#before = before;
    }
    for (let row = from; row < this.#events.length; row++) {
      const user = events.user[row - from]!;
      this.#before[row] = this.#last.get(user) ?? -1;
      this.#last.set(user, row);
    }
  }

  /** What one user did up to `now`, in order. Cost O(the user's own). */
  of(user: number, now: SimTime): EventColumns {
    const events = this.#events.view();
    const rows: number[] = [];
    for (let row = this.#last.get(user) ?? -1; row >= 0; row = this.#before[row]!) {
      if (events.time[row]! <= now) rows.push(row);
    }
    return pickEvents(events, Uint32Array.from(rows.reverse()));
  }

  /** All events at `from` or later, as a copy. */
  since(from: SimTime): EventColumns {
    const events = this.#events.view();
    const rows: number[] = [];
    for (let row = 0; row < events.length; row++) if (events.time[row]! >= from) rows.push(row);
    return pickEvents(events, Uint32Array.from(rows));
  }
}
