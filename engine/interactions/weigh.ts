import { DubplateError } from '../core/errors.ts';
import { type EventColumns, kindCode, noTrack } from '../core/events.ts';
import { type SimTime, secondsPerDay } from '../core/time.ts';
import type { WeightOptions } from '../options.ts';
import type { Csr, SparseRow } from './csr.ts';
import { sortByPair } from './sort-pairs.ts';

/** Days after which a play counts half in the charts: short, so that charts follow the week. */
export const chartHalfLifeDays = 7;

/** What the events so far say, at one moment. Rows and columns are the indices of the listener and track tables. */
export interface Evidence {
  /** r [users × tracks]: decayed amount of positive interaction; only pairs with r ≥ `weights.minimum`. */
  readonly weights: Csr;
  /** Tracks that each user has played, skipped or picked at onboarding: the columns of row u, ascending. */
  readonly heard: { readonly indptr: Uint32Array; readonly indices: Uint32Array };
  /** Users who have played each track [tracks]. */
  readonly listeners: Uint32Array;
  /** Users with r ≥ `weights.minimum` for each track [tracks]: those its factor is made from. */
  readonly fans: Uint32Array;
  /** `play` events of each track [tracks]. */
  readonly plays: Uint32Array;
  /** Plays of each track, decayed with {@link chartHalfLifeDays} [tracks]: the charts. */
  readonly recentPlays: Float64Array;
  /** Positive events of each user: plays, saves and onboarding picks [users]. */
  readonly interactions: Uint32Array;
}

/** What the events so far say of one user. */
export interface UserEvidence {
  /** r of the tracks they met, ascending by track. */
  readonly history: SparseRow;
  readonly heard: Uint32Array;
  /** Plays, saves and onboarding picks. */
  readonly interactions: number;
}

/** Everything known about the pairs that met, sorted by (user, track). */
interface Pairs {
  readonly length: number;
  readonly user: Uint32Array;
  readonly track: Uint32Array;
  /** Decayed amount as of `since`. */
  readonly amount: Float64Array;
  readonly since: Int32Array;
  readonly plays: Uint32Array;
  readonly isHeard: Uint8Array;
}

/**
 * Weighs interactions, one stretch of the log after another:
 *
 *     r(u, t, now) = Σ amount(kind) · 2^(−(now − time) / halfLife)      over the positive events of (u, t)
 *
 * A pair keeps its sum as of its own last event, so r depends on that pair's events in log order and on nothing else:
 * folding day by day gives the same bits as folding the whole log at once. Cost of a fold: O(pairs + events).
 */
export class InteractionLedger {
  readonly #amounts = new Float64Array(Object.keys(kindCode).length);
  readonly #halfLife: number;
  readonly #minimum: number;
  #pairs = allocate(0);
  readonly #listeners = new Growing(Uint32Array);
  readonly #plays = new Growing(Uint32Array);
  readonly #charts = new Growing(Float64Array);
  readonly #chartsSince = new Growing(Int32Array);
  readonly #interactions = new Growing(Uint32Array);
  #playsFolded = 0;

  constructor(options: WeightOptions) {
    this.#halfLife = options.halfLifeDays * secondsPerDay;
    this.#minimum = options.minimum;
    this.#amounts[kindCode.play] = options.play;
    this.#amounts[kindCode.save] = options.save;
    this.#amounts[kindCode.onboard] = options.onboard;
  }

  /** Plays in everything folded so far. */
  get playsFolded(): number {
    return this.#playsFolded;
  }

  /** Add a stretch of the event log. Sign-ups, searches and churn are no interactions and are passed over. */
  fold(events: EventColumns): void {
    const rows = interactionsIn(events);
    for (const row of rows) {
      this.#count(events.user[row]!, events.track[row]!, events.kind[row]!, events.time[row]!);
    }
    this.#pairs = this.#merge(this.#pairs, events, sortedByPair(events, rows), (track) =>
      this.#listeners.add(track, 1),
    );
  }

  /** The evidence at `now` for the first `users` listeners and `tracks` tracks of the catalogue. */
  at(now: SimTime, users: number, tracks: number): Evidence {
    const weightsPtr = new Uint32Array(users + 1);
    const heardPtr = new Uint32Array(users + 1);
    const pairs = this.#pairs;
    const indices = new Uint32Array(pairs.length);
    const weights = new Float32Array(pairs.length);
    const heard = new Uint32Array(pairs.length);
    const fans = new Uint32Array(tracks);
    let n = 0;
    let h = 0;
    for (let at = 0; at < pairs.length; at++) {
      const user = pairs.user[at]!;
      const track = pairs.track[at]!;
      if (user >= users || track >= tracks) throw new Error(`event of pair (${user}, ${track}) outside the catalogue`);
      if (pairs.isHeard[at]) {
        heard[h++] = track;
        heardPtr[user + 1] = h;
      }
      const r = pairs.amount[at]! * decay(now - pairs.since[at]!, this.#halfLife);
      if (r < this.#minimum) continue;
      fans[track]! += 1;
      indices[n] = track;
      weights[n++] = r;
      weightsPtr[user + 1] = n;
    }
    fillGaps(weightsPtr);
    fillGaps(heardPtr);
    const recentPlays = this.#charts.first(tracks);
    const chartsSince = this.#chartsSince.first(tracks);
    for (let t = 0; t < tracks; t++) recentPlays[t]! *= decay(now - chartsSince[t]!, chartHalfLifeDays * secondsPerDay);
    return {
      weights: {
        rows: users,
        cols: tracks,
        indptr: weightsPtr,
        indices: indices.slice(0, n),
        weights: weights.slice(0, n),
      },
      heard: { indptr: heardPtr, indices: heard.slice(0, h) },
      listeners: this.#listeners.first(tracks),
      fans,
      plays: this.#plays.first(tracks),
      recentPlays,
      interactions: this.#interactions.first(users),
    };
  }

  /**
   * What the events so far say of one user at `now`, over the first `tracks` tracks: what folding them in needs.
   *
   * @param since events of this user alone that came later, in order; taken into account as if they had been folded.
   * Cost O(log pairs + the user's own).
   */
  ofUser(user: number, now: SimTime, tracks: number, since?: EventColumns): UserEvidence {
    const later = since && interactionsIn(since);
    const pairs =
      since && later && later.length > 0
        ? this.#merge(pairsOf(this.#pairs, user), since, sortedByPair(since, later), () => {})
        : this.#pairs;
    let interactions = this.#interactions.at(user);
    for (const row of later ?? []) if (since?.kind[row] !== kindCode.skip) interactions += 1;
    const rows: number[] = [];
    const weights: number[] = [];
    const heard: number[] = [];
    for (let at = firstPairOf(pairs, user); at < pairs.length && pairs.user[at] === user; at++) {
      const track = pairs.track[at]!;
      if (track >= tracks) continue;
      if (pairs.isHeard[at]) heard.push(track);
      const r = pairs.amount[at]! * decay(now - pairs.since[at]!, this.#halfLife);
      if (r < this.#minimum) continue;
      rows.push(track);
      weights.push(r);
    }
    return {
      history: { rows: Uint32Array.from(rows), weights: Float32Array.from(weights) },
      heard: Uint32Array.from(heard),
      interactions,
    };
  }

  /** Plays folded = plays counted by pair = plays counted by track, and listeners by track = pairs that played. */
  audit(): void {
    let byPair = 0;
    let playedPairs = 0;
    for (let at = 0; at < this.#pairs.length; at++) {
      byPair += this.#pairs.plays[at]!;
      if (this.#pairs.plays[at]! > 0) playedPairs += 1;
    }
    balance('plays by pair', byPair, 'plays folded', this.#playsFolded);
    balance('plays by track', this.#plays.sum(), 'plays folded', this.#playsFolded);
    balance('listeners by track', this.#listeners.sum(), 'pairs that played', playedPairs);
  }

  #count(user: number, track: number, kind: number, time: SimTime): void {
    if (kind !== kindCode.skip) this.#interactions.add(user, 1);
    if (kind !== kindCode.play) return;
    this.#playsFolded += 1;
    this.#plays.add(track, 1);
    const since = this.#chartsSince.at(track);
    const old = this.#charts.at(track);
    this.#charts.set(track, decayedSum(old, since, 1, time, chartHalfLifeDays * secondsPerDay));
    this.#chartsSince.set(track, old === 0 ? time : Math.max(since, time));
  }

  /** `old` with the sorted `rows` of `events` merged in; told the track of every pair that is played for the first time. */
  #merge(old: Pairs, events: EventColumns, rows: Float64Array, onFirstPlay: (track: number) => void): Pairs {
    const merged = allocate(old.length + rows.length);
    let length = 0;
    let from = 0;
    for (const row of rows) {
      const user = events.user[row]!;
      const track = events.track[row]!;
      while (from < old.length && !isAfter(old, from, user, track)) copyPair(old, from++, merged, length++);
      const isNew = length === 0 || merged.user[length - 1] !== user || merged.track[length - 1] !== track;
      if (isNew) {
        merged.user[length] = user;
        merged.track[length] = track;
        length += 1;
      }
      if (this.#add(merged, length - 1, events.kind[row]!, events.time[row]!)) onFirstPlay(track);
    }
    while (from < old.length) copyPair(old, from++, merged, length++);
    return { ...merged, length };
  }

  /** Whether that was the pair's first play. */
  #add(pairs: Pairs, at: number, kind: number, time: SimTime): boolean {
    if (kind !== kindCode.save) pairs.isHeard[at] = 1; // a pick at onboarding is known music too
    const isFirstPlay = kind === kindCode.play && pairs.plays[at]!++ === 0;
    const added = this.#amounts[kind]!;
    if (added === 0) return isFirstPlay;
    const old = pairs.amount[at]!;
    pairs.amount[at] = decayedSum(old, pairs.since[at]!, added, time, this.#halfLife);
    pairs.since[at] = old === 0 ? time : Math.max(pairs.since[at]!, time);
    return isFirstPlay;
  }
}

/** The rows of events that are interactions; the others are passed over. */
function interactionsIn(events: EventColumns): Uint32Array {
  const rows = new Uint32Array(events.length);
  let length = 0;
  for (let row = 0; row < events.length; row++) {
    if (events.track[row] !== noTrack && isInteraction(events.kind[row]!)) rows[length++] = row;
  }
  return rows.subarray(0, length);
}

/** The pairs of one user, as a view of the same memory. */
function pairsOf(pairs: Pairs, user: number): Pairs {
  const from = firstPairOf(pairs, user);
  let to = from;
  while (to < pairs.length && pairs.user[to] === user) to += 1;
  return {
    length: to - from,
    user: pairs.user.subarray(from, to),
    track: pairs.track.subarray(from, to),
    amount: pairs.amount.subarray(from, to),
    since: pairs.since.subarray(from, to),
    plays: pairs.plays.subarray(from, to),
    isHeard: pairs.isHeard.subarray(from, to),
  };
}

const isInteraction = (kind: number): boolean =>
  kind === kindCode.play || kind === kindCode.skip || kind === kindCode.save || kind === kindCode.onboard;

/** What is left of one after `seconds`; never more than one. */
const decay = (seconds: number, halfLife: number): number => (seconds <= 0 ? 1 : 2 ** (-seconds / halfLife));

/** `old`, as of `since`, plus `added` at `time`, as of the later of the two moments. */
const decayedSum = (old: number, since: SimTime, added: number, time: SimTime, halfLife: number): number =>
  old === 0 ? added : old * decay(time - since, halfLife) + added * decay(since - time, halfLife);

/** Where the pairs of a user begin. */
function firstPairOf(pairs: Pairs, user: number): number {
  let low = 0;
  let high = pairs.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (pairs.user[middle]! < user) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Is the pair at `at` after (user, track)? */
const isAfter = (pairs: Pairs, at: number, user: number, track: number): boolean =>
  pairs.user[at]! > user || (pairs.user[at] === user && pairs.track[at]! > track);

/** The rows sorted by (user, track); rows of one pair in the order of the log. */
function sortedByPair(events: EventColumns, rows: Uint32Array): Float64Array {
  const user = new Uint32Array(rows.length);
  const track = new Uint32Array(rows.length);
  const shape = { rows: 0, cols: 0 };
  for (let i = 0; i < rows.length; i++) {
    user[i] = events.user[rows[i]!]!;
    track[i] = events.track[rows[i]!]!;
    shape.rows = Math.max(shape.rows, user[i]! + 1);
    shape.cols = Math.max(shape.cols, track[i]! + 1);
  }
  return sortByPair(shape, { row: user, col: track, value: rows }).value;
}

const allocate = (capacity: number): Pairs => ({
  length: 0,
  user: new Uint32Array(capacity),
  track: new Uint32Array(capacity),
  amount: new Float64Array(capacity),
  since: new Int32Array(capacity),
  plays: new Uint32Array(capacity),
  isHeard: new Uint8Array(capacity),
});

function copyPair(from: Pairs, i: number, to: Pairs, j: number): void {
  to.user[j] = from.user[i]!;
  to.track[j] = from.track[i]!;
  to.amount[j] = from.amount[i]!;
  to.since[j] = from.since[i]!;
  to.plays[j] = from.plays[i]!;
  to.isHeard[j] = from.isHeard[i]!;
}

/** Rows without entries begin where the last one ended. */
function fillGaps(indptr: Uint32Array): void {
  for (let r = 1; r < indptr.length; r++) if (indptr[r] === 0) indptr[r] = indptr[r - 1]!;
}

/** A typed column that grows as higher rows are written; what was never written is 0. */
class Growing<T extends Uint32Array | Float64Array | Int32Array> {
  readonly #type: new (
    length: number,
  ) => T;
  #values: T;

  constructor(type: new (length: number) => T) {
    this.#type = type;
    this.#values = new type(256);
  }

  at(row: number): number {
    return this.#values[row] ?? 0;
  }

  set(row: number, value: number): void {
    if (row >= this.#values.length) {
      const larger = new this.#type(Math.max(2 * this.#values.length, row + 1));
      larger.set(this.#values);
      this.#values = larger;
    }
    this.#values[row] = value;
  }

  add(row: number, value: number): void {
    this.set(row, this.at(row) + value);
  }

  /** The first `length` rows, as a copy. */
  first(length: number): T {
    const copy = new this.#type(length);
    copy.set(this.#values.subarray(0, length));
    return copy;
  }

  sum(): number {
    let sum = 0;
    for (const value of this.#values) sum += value;
    return sum;
  }
}

function balance(what: string, found: number, other: string, expected: number): void {
  if (found === expected) return;
  throw new DubplateError('AUDIT_FAILED', `${found} ${what}, but ${expected} ${other}`, {
    hint: 'This is a fault in Dubplate: please report it with the manifest of the run.',
  });
}
