import { EventBuffer, type EventColumns, pickEvents } from './core/events.ts';
import type { SimTime } from './core/time.ts';
import { type Evidence, InteractionLedger, type UserEvidence } from './interactions/weigh.ts';
import type { WeightOptions } from './options.ts';

/** Rows that may wait before they are folded: bounds the memory of a long past. */
const mostWaiting = 1 << 20;

/**
 * Everything observed, folded at night: that costs a pass over all pairs, and is done in the order of the log, since the charts
 * are sums of fractions, whose last bits depend on it. By day blocks of listeners take turns as it happens, and only those are
 * asked about whom the served generation does not know. What they do is kept in a small ledger of their own as it comes in:
 * a pair's weight depends on that pair's events alone.
 */
export class Observations {
  readonly #options: WeightOptions;
  readonly #ledger: InteractionLedger;
  #newcomers: InteractionLedger;
  #waiting = new EventBuffer();
  /** Users that the served generation knows: those with smaller rows. Before the first there is nobody to be served. */
  #known = Number.POSITIVE_INFINITY;

  constructor(options: WeightOptions) {
    this.#options = options;
    this.#ledger = new InteractionLedger(options);
    this.#newcomers = new InteractionLedger(options);
  }

  /** Takes the log in its order: what the next generation is built from. */
  observe(events: EventColumns): void {
    this.#waiting.append(events);
    if (this.#known === Number.POSITIVE_INFINITY && this.#waiting.length >= mostWaiting) this.#fold();
  }

  /** Takes note of events as they happen: the events of one user in order, those of all as they come. */
  notice(events: EventColumns): void {
    this.#newcomers.fold(eventsOfUsersFrom(this.#known, events));
  }

  /** The evidence for a new generation of `users` listeners and `tracks` tracks: see {@link InteractionLedger.at}. */
  at(now: SimTime, users: number, tracks: number): Evidence {
    const evidence = this.#folded().at(now, users, tracks);
    this.#known = users;
    this.#newcomers = new InteractionLedger(this.#options);
    return evidence;
  }

  /**
   * What is known of one user: see {@link InteractionLedger.ofUser}. Of one whom the served generation does not know, all that
   * was noticed by now; of any other, who asks because the cache has lost their list, what the night knew that made it.
   */
  ofUser(user: number, now: SimTime, tracks: number): UserEvidence {
    return (user >= this.#known ? this.#newcomers : this.#ledger).ofUser(user, now, tracks);
  }

  plays(): number {
    return this.#folded().playsFolded;
  }

  /** @throws DubplateError AUDIT_FAILED when counts that must balance do not. */
  audit(): void {
    this.#folded().audit();
  }

  #folded(): InteractionLedger {
    if (this.#waiting.length > 0) this.#fold();
    return this.#ledger;
  }

  #fold(): void {
    this.#ledger.fold(this.#waiting.slice());
    this.#waiting = new EventBuffer();
  }
}

function eventsOfUsersFrom(first: number, events: EventColumns): EventColumns {
  const rows = new Uint32Array(events.length);
  let length = 0;
  for (let row = 0; row < events.length; row++) if (events.user[row]! >= first) rows[length++] = row;
  return pickEvents(events, rows.subarray(0, length));
}
