import { EventBuffer, type EventColumns, pickEvents } from './core/events.ts';
import type { SimTime } from './core/time.ts';
import { type Evidence, InteractionLedger, type UserEvidence } from './interactions/weigh.ts';
import type { SlateOptions, WeightOptions } from './options.ts';
import { RecentEvents } from './recent-events.ts';

/** Rows that may wait before they are folded: bounds the memory of a long past. */
const mostWaiting = 1 << 20;

/**
 * Everything observed, folded at night: that costs a pass over all pairs, and is done in the order of the log, since the charts
 * are sums of fractions, whose last bits depend on it. By day blocks of listeners take turns as it happens: what is done by
 * those who are folded in is kept by user as it comes in, and weighed when it is asked for, since a pair's weight depends on that
 * pair's events alone.
 */
export class Observations {
  readonly #foldIn: SlateOptions['foldIn'];
  readonly #ledger: InteractionLedger;
  /** Since the last refresh, of those who are folded in. */
  #recent = new RecentEvents();
  #waiting = new EventBuffer();
  /** Users that the served generation knows: those with smaller rows. Before the first there is nobody to be served. */
  #known = Number.POSITIVE_INFINITY;

  /** @param foldIn who is: those whom the served generation does not know, or everyone. */
  constructor(options: WeightOptions, foldIn: SlateOptions['foldIn'] = 'newcomers') {
    this.#ledger = new InteractionLedger(options);
    this.#foldIn = foldIn;
  }

  /** Takes the log in its order: what the next generation is built from. */
  observe(events: EventColumns): void {
    this.#waiting.append(events);
    if (this.#known === Number.POSITIVE_INFINITY && this.#waiting.length >= mostWaiting) this.#fold();
  }

  /** Takes note of events as they happen: the events of one user in order, those of all as they come. */
  notice(events: EventColumns): void {
    this.#recent.add(this.#ofFoldedIn(events));
  }

  /**
   * The evidence for a new generation of `users` listeners and `tracks` tracks: see {@link InteractionLedger.at}. What was noticed
   * but happens at `now` or later, in sessions that are under way, is no part of it and stays noticed.
   */
  at(now: SimTime, users: number, tracks: number): Evidence {
    const evidence = this.#folded().at(now, users, tracks);
    this.#known = users;
    const later = this.#ofFoldedIn(this.#recent.since(now));
    this.#recent = new RecentEvents();
    this.#recent.add(later);
    return evidence;
  }

  /**
   * What is known of one user: see {@link InteractionLedger.ofUser}. Of one who is folded in, all that was noticed by now; of any
   * other, who asks because the cache has lost their list, what the night knew that made it.
   */
  ofUser(user: number, now: SimTime, tracks: number): UserEvidence {
    return this.#ledger.ofUser(user, now, tracks, this.#recent.of(user, now));
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

  #ofFoldedIn(events: EventColumns): EventColumns {
    return this.#foldIn === 'everyone' ? events : eventsOfUsersFrom(this.#known, events);
  }
}

function eventsOfUsersFrom(first: number, events: EventColumns): EventColumns {
  const rows = new Uint32Array(events.length);
  let length = 0;
  for (let row = 0; row < events.length; row++) if (events.user[row]! >= first) rows[length++] = row;
  return pickEvents(events, rows.subarray(0, length));
}
