import type { SimTime } from './time.ts';

/** What happened. The order is the code in the log; new kinds are added at the end. */
export const eventKinds = ['play', 'skip', 'save', 'search', 'onboard', 'signup', 'churn'] as const;
export type EventKind = (typeof eventKinds)[number];

/** Where a played track came from; `onboarding` for the picks of a new listener. Order is the code in the log. */
export const eventSources = ['slate', 'library', 'search', 'charts', 'artist', 'onboarding'] as const;
export type EventSource = (typeof eventSources)[number];

export const kindCode = Object.fromEntries(eventKinds.map((kind, code) => [kind, code])) as Record<EventKind, number>;
export const sourceCode = Object.fromEntries(eventSources.map((source, code) => [source, code])) as Record<
  EventSource,
  number
>;

/** In the `track`, `position` and `generation` columns: this event has none. */
export const noTrack = 0xffff_ffff;
export const noPosition = -1;
export const noGeneration = -1;

/** One event: one row of the log. `user` and `track` are indices into the listener and track tables, for ever. */
export interface Event {
  readonly user: number;
  /** Index of the track, or {@link noTrack} (sign-up, churn). */
  readonly track: number;
  readonly time: SimTime;
  readonly kind: number;
  /** How long the track was heard, milliseconds. */
  readonly playedMs: number;
  readonly source: number;
  /** 0-based position in the slate, or {@link noPosition}. */
  readonly position: number;
  /** Generation of the slate that was shown, or {@link noGeneration}. */
  readonly generation: number;
  /** Probability that the policy showed this track at that position; 1 where the policy is deterministic. */
  readonly propensity: number;
}

/** A stretch of the event log: `length` rows in typed columns, in the order things are logged. */
export interface EventColumns {
  readonly length: number;
  readonly user: Uint32Array;
  readonly track: Uint32Array;
  readonly time: Int32Array;
  readonly kind: Uint8Array;
  readonly playedMs: Uint32Array;
  readonly source: Uint8Array;
  readonly position: Int16Array;
  readonly generation: Int32Array;
  readonly propensity: Float32Array;
}

/** Grows typed event columns row by row. */
export class EventBuffer {
  readonly #memory: Memory;
  #columns: Columns;
  #length = 0;
  #told = 0;

  /** @param memory that rows lie in: a thread's own, or that which all threads share and which is posted without being copied. */
  constructor(memory: Memory = ArrayBuffer) {
    this.#memory = memory;
    this.#columns = allocate(1024, memory);
  }

  get length(): number {
    return this.#length;
  }

  /** Appends one row; the numbers are those of an {@link Event}, in the order of the log file. */
  add(
    user: number,
    track: number,
    time: SimTime,
    kind: number,
    playedMs: number,
    source: number,
    position: number,
    generation: number,
    propensity: number,
  ): void {
    if (this.#length === this.#columns.user.length) this.#grow(2 * this.#length);
    const row = this.#length++;
    const columns = this.#columns;
    // One by one: a loop over the names looks every column up by its name, which costs ten times as much.
    columns.user[row] = user;
    columns.track[row] = track;
    columns.time[row] = time;
    columns.kind[row] = kind;
    columns.playedMs[row] = playedMs;
    columns.source[row] = source;
    columns.position[row] = position;
    columns.generation[row] = generation;
    columns.propensity[row] = propensity;
  }

  push({ user, track, time, kind, playedMs, source, position, generation, propensity }: Event): void {
    this.add(user, track, time, kind, playedMs, source, position, generation, propensity);
  }

  append(events: EventColumns): void {
    const length = this.#length + events.length;
    if (length > this.#columns.user.length) this.#grow(Math.max(length, 2 * this.#columns.user.length));
    for (const name of columnNames) this.#columns[name].set(events[name].subarray(0, events.length), this.#length);
    this.#length = length;
  }

  /** The rows [from, to) so far, as a copy of their own. */
  slice(from = 0, to = this.#length): EventColumns {
    const part = allocate(to - from);
    for (const name of columnNames) part[name].set(this.#columns[name].subarray(from, to));
    return { length: to - from, ...part };
  }

  /** The rows since this was last asked for; valid until all are forgotten. */
  rest(): EventColumns {
    const from = this.#told;
    this.#told = this.#length;
    return rowsOf(this.view(), from, this.#length);
  }

  /** All rows so far; valid until the next is added. */
  view(): EventColumns {
    return { ...this.#columns, length: this.#length };
  }

  /** Forgets all rows and keeps their memory. */
  clear(): void {
    this.#length = 0;
    this.#told = 0;
  }

  #grow(capacity: number): void {
    const larger = allocate(capacity, this.#memory);
    for (const name of columnNames) larger[name].set(this.#columns[name].subarray(0, this.#length));
    this.#columns = larger;
  }
}

/** The names of the columns, in the order of the log file. */
export const columnNames = [
  'user',
  'track',
  'time',
  'kind',
  'playedMs',
  'source',
  'position',
  'generation',
  'propensity',
] as const;

/** Some rows of `events`, in the order given, as columns of their own. */
export function pickEvents(events: EventColumns, rows: Uint32Array): EventColumns {
  const picked = allocate(rows.length);
  for (const name of columnNames) {
    const from = events[name];
    const to = picked[name];
    for (let i = 0; i < rows.length; i++) to[i] = from[rows[i]!]!;
  }
  return { length: rows.length, ...picked };
}

/** The rows [from, to), as a view of the same memory. */
export function rowsOf(events: EventColumns, from: number, to: number): EventColumns {
  const columns = Object.fromEntries(columnNames.map((name) => [name, events[name].subarray(from, to)]));
  return { length: to - from, ...(columns as unknown as Columns) };
}

type Columns = Omit<EventColumns, 'length'>;
type Memory = typeof ArrayBuffer | typeof SharedArrayBuffer;

const allocate = (capacity: number, Memory: Memory = ArrayBuffer): Columns => ({
  user: new Uint32Array(new Memory(4 * capacity)),
  track: new Uint32Array(new Memory(4 * capacity)),
  time: new Int32Array(new Memory(4 * capacity)),
  kind: new Uint8Array(new Memory(capacity)),
  playedMs: new Uint32Array(new Memory(4 * capacity)),
  source: new Uint8Array(new Memory(capacity)),
  position: new Int16Array(new Memory(2 * capacity)),
  generation: new Int32Array(new Memory(4 * capacity)),
  propensity: new Float32Array(new Memory(4 * capacity)),
});
