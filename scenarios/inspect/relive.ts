import { createActor } from 'xstate';
import {
  type Event,
  type EventSource,
  eventKinds,
  eventSources,
  kindCode,
  noGeneration,
  sourceCode,
} from '../../engine/core/events.ts';
import { block, keyInto } from '../../engine/core/random.ts';
import { dayOf, type SimTime, secondsPerDay, secondsPerHour } from '../../engine/core/time.ts';
import { type ListenerEvent, type ListenerRow, listenerLayout, listenerMachine } from '../../sim/actors/listener.ts';
import { lifeChangeOn } from '../../sim/life-change.ts';
import { daypartOf, freshMoment, type Moment, momentOn, passOn } from '../../sim/moment.ts';
import { createDayPlan, type DayPlan, endOf, planDay } from '../../sim/plan.ts';
import { stepOf } from '../../sim/steps.ts';
import { unit } from '../../sim/units.ts';
import type { World } from '../../sim/world.ts';

type EventName = ListenerEvent['type'];

/** One listener's days as the interpreted statechart went through them. */
export interface Life {
  readonly days: readonly LivedDay[];
  /** State at the end, and the numbers that the statechart has counted. */
  readonly state: string;
  readonly counters: ListenerRow;
}

export interface LivedDay {
  readonly day: number;
  /** State in the first and the last moment of the day. */
  readonly before: string;
  readonly after: string;
  /** Everything that moved the statechart from one state to another, but for opening and closing sessions. */
  readonly changes: readonly Change[];
  /** Tracks picked when signing up. */
  readonly picks: readonly { readonly time: SimTime; readonly track: number }[];
  readonly sessions: readonly LivedSession[];
}

export interface Change {
  readonly event: EventName;
  readonly from: string;
  readonly to: string;
}

export interface LivedSession {
  readonly start: SimTime;
  /** Tracks there was time for. */
  readonly tracks: number;
  /** Whether the listener looked at the slate. */
  readonly looks: boolean;
  readonly plays: readonly PlayedTrack[];
  readonly endedBy: 'boredom' | 'time';
}

/** One row `play` or `skip` of the log, with what was saved and searched for it. */
export interface PlayedTrack {
  readonly time: SimTime;
  readonly track: number;
  readonly source: EventSource;
  readonly isSatisfied: boolean;
  readonly playedMs: number;
  isSaved: boolean;
  /** 0-based position in the slate; null where no slate had a part in it. */
  readonly position: number | null;
  readonly generation: number | null;
  /** Whole days between the refresh that made the list and the play. */
  readonly cacheAgeDays: number | null;
  readonly propensity: number;
  /** What the moment added to the utility; 0 for what comes from the library, which is liked as it is remembered. */
  readonly mood: number;
}

/**
 * Lives a listener's life again: when they come, listen, stay away and leave follows from keys alone, what they did in their
 * sessions from the log, and every state from the interpreted machine.
 *
 * @param rowsOf the listener's rows of a day's log, in order.
 * @param refreshHours of the arm whose log it is.
 * @throws Error when the log and the machine disagree: a bug, or a log of another version.
 */
export function relive(
  world: World,
  listener: number,
  rowsOf: (day: number) => readonly Event[],
  refreshHours = 24,
): Life {
  const teller = new Teller(world, listener);
  const days: LivedDay[] = [];
  const logged = new Float64Array(eventKinds.length);
  for (let day = -world.historyDays; day < world.days; day++) {
    const rows = rowsOf(day);
    for (const { kind } of rows) logged[kind]! += 1;
    days.push(liveDay(world, listener, day, new Rows(rows, listener, day), teller, refreshHours));
  }
  audit(teller, logged, listener);
  return { days, state: teller.state, counters: teller.counters };
}

/** Whole days since the list of generation g was made: g − 1 refresh periods after day 0 began. */
export const cacheAge = (time: SimTime, generation: number, refreshHours = 24): number =>
  Math.floor((time - (generation - 1) * refreshHours * secondsPerHour) / secondsPerDay);

/** The interpreted machine, which refuses what its state has no answer to. */
class Teller {
  readonly #actor;
  changes: Change[] = [];

  constructor({ people }: World, listener: number) {
    const zeros = Object.fromEntries(Object.keys(listenerLayout).map((name) => [name, 0])) as ListenerRow;
    this.#actor = createActor(listenerMachine, { input: { ...zeros, patience: people.patience[listener]! } });
    this.#actor.start();
  }

  /** As `established.listening`. */
  get state(): string {
    return pathOf(this.#actor.getSnapshot().value);
  }

  get counters(): ListenerRow {
    return this.#actor.getSnapshot().context;
  }

  get isListening(): boolean {
    return this.state.endsWith('.listening');
  }

  tell(event: EventName): void {
    const from = this.state;
    if (!this.#actor.getSnapshot().can({ type: event }))
      throw disagreement(`'${event}' came to a listener in '${from}'`);
    this.#actor.send({ type: event });
    const to = this.state;
    if (from !== to && !from.endsWith('.listening') && !to.endsWith('.listening'))
      this.changes.push({ event, from, to });
  }
}

const pathOf = (value: unknown): string =>
  typeof value === 'object' && value !== null
    ? Object.entries(value)
        .map(([name, inner]) => `${name}.${pathOf(inner)}`)
        .join()
    : String(value);

/** A day's rows, taken one by one. */
class Rows {
  readonly #rows: readonly Event[];
  readonly #where: string;
  #next = 0;

  constructor(rows: readonly Event[], listener: number, day: number) {
    this.#rows = rows;
    this.#where = `u${listener} on day ${day}`;
  }

  /** The next row, if it is of one of these kinds and before `end`. */
  take(kinds: readonly number[], end = Number.POSITIVE_INFINITY): Event | undefined {
    const row = this.#rows[this.#next];
    if (row === undefined || !kinds.includes(row.kind) || row.time >= end) return undefined;
    this.#next++;
    return row;
  }

  expect(kind: number): Event {
    return this.take([kind]) ?? this.#refuse(`a row '${eventKinds[kind]}' was expected, but there is ${this.#found()}`);
  }

  close(): void {
    if (this.#next < this.#rows.length) this.#refuse(`nothing more was to happen, but there is ${this.#found()}`);
  }

  #found(): string {
    const row = this.#rows[this.#next];
    return row === undefined ? 'none' : `'${eventKinds[row.kind]}' at ${row.time} s`;
  }

  #refuse(what: string): never {
    throw disagreement(`${this.#where}: ${what}`);
  }
}

function liveDay(
  world: World,
  listener: number,
  day: number,
  rows: Rows,
  teller: Teller,
  refreshHours: number,
): LivedDay {
  const before = teller.state;
  teller.changes = [];
  const signedUpOn = dayOf(world.arrivals.signedUpAt[listener]!);
  const picks: { time: SimTime; track: number }[] = [];
  const sessions: LivedSession[] = [];
  const end = (): LivedDay => {
    rows.close();
    return { day, before, after: teller.state, changes: teller.changes, picks, sessions };
  };
  if (signedUpOn > day || before === 'churned') return end();
  if (before !== 'signingUp') {
    keyInto(world.keys.day, listener, stepOf(day));
    const change = lifeChangeOn(world, listener, day, before === 'dormant', block[0]!, block[1]!);
    if (change !== undefined) teller.tell(change);
    if (change === 'churn.due') rows.expect(kindCode.churn);
  } else if (signedUpOn < day) {
    teller.tell('listener.recalled');
  } else {
    rows.expect(kindCode.signup);
    teller.tell('listener.signedUp');
    for (let pick = rows.take([kindCode.onboard]); pick; pick = rows.take([kindCode.onboard])) {
      teller.tell('track.picked');
      picks.push({ time: pick.time, track: pick.track });
    }
    teller.tell('onboarding.finished');
  }
  if (teller.state === 'churned') return end();
  if (teller.state !== 'dormant') {
    const plan = planOf(world, listener, day);
    for (let s = 0; s < plan.count[0]!; s++) {
      sessions.push(liveSession(world, listener, { day, plan, session: s, refreshHours }, rows, teller));
    }
  }
  teller.tell('day.ended');
  if ((teller.state as string) === 'churned') rows.expect(kindCode.churn);
  return end();
}

function planOf(world: World, listener: number, day: number): DayPlan {
  const plan = createDayPlan(1);
  keyInto(world.keys.day, listener, stepOf(day));
  planDay(world, listener, day, block[0]!, block[1]!, plan, 0);
  return plan;
}

const inSession = [kindCode.search, kindCode.play, kindCode.skip, kindCode.save];

interface PlannedSession {
  readonly day: number;
  readonly plan: DayPlan;
  readonly session: number;
  readonly refreshHours: number;
}

function liveSession(
  world: World,
  listener: number,
  { day, plan, session, refreshHours }: PlannedSession,
  rows: Rows,
  teller: Teller,
): LivedSession {
  const start = plan.start[session]!;
  const until = endOf(plan, 0, session, day);
  const moment = momentOf(world, day, start);
  const plays: PlayedTrack[] = [];
  teller.tell('session.due');
  for (let row = rows.take(inSession, until); row; row = rows.take(inSession, until)) {
    if (row.time < start)
      throw disagreement(`u${listener} did something at ${row.time} s, before the session at ${start} s`);
    if (row.kind === kindCode.search) teller.tell('track.searched');
    else if (row.kind === kindCode.save) {
      teller.tell('track.saved');
      const last = plays.at(-1);
      if (last?.track !== row.track) throw disagreement(`u${listener} saved track ${row.track} without playing it`);
      last.isSaved = true;
    } else {
      teller.tell(row.kind === kindCode.play ? 'track.finished' : 'track.skipped');
      plays.push(playedTrack(world, row, day, moment, refreshHours));
      passOn(moment, world.trackScene[row.track]!);
    }
  }
  const endedBy = teller.isListening ? 'time' : 'boredom';
  if (teller.isListening) teller.tell('session.ended');
  return { start, tracks: plan.length[session]!, looks: day >= 0 && plan.looks[session] === 1, plays, endedBy };
}

function playedTrack(world: World, row: Event, day: number, moment: Moment, refreshHours: number): PlayedTrack {
  const { user, track, time, playedMs, propensity } = row;
  const isFromSlate = row.generation !== noGeneration;
  const truth = world.truth.on(day);
  const mood = row.source === sourceCode.library ? 0 : truth.liking(user, track, moment) - truth.score(user, track);
  return {
    time,
    track,
    source: eventSources[row.source]!,
    isSatisfied: row.kind === kindCode.play,
    playedMs,
    isSaved: false,
    position: isFromSlate ? row.position : null,
    generation: isFromSlate ? row.generation : null,
    cacheAgeDays: isFromSlate ? cacheAge(time, row.generation, refreshHours) : null,
    propensity,
    mood: mood / unit,
  };
}

/** The moment in which a session begins; only in families where it counts is anything of it looked up. */
function momentOf(world: World, day: number, start: SimTime): Moment {
  if (!world.truth.on(day).hasMoods) return freshMoment();
  const moment = momentOn(world.attentionOn(day));
  moment.daypart = daypartOf(start);
  return moment;
}

/** What the machine has counted is what the log has. */
function audit({ counters, isListening }: Teller, logged: Float64Array, listener: number): void {
  const pairs: [string, number, number][] = [
    ['plays', counters.plays, logged[kindCode.play]!],
    ['skips', counters.skips, logged[kindCode.skip]!],
    ['saves', counters.saves, logged[kindCode.save]!],
    ['searches', counters.searches, logged[kindCode.search]!],
    ['picks', counters.picks, logged[kindCode.onboard]!],
    ['sessions closed of those opened', counters.sessionsClosed, counters.sessionsOpened - (isListening ? 1 : 0)],
  ];
  const wrong = pairs.filter(([, counted, expected]) => counted !== expected);
  if (wrong.length === 0) return;
  const list = wrong.map(([what, counted, expected]) => `${counted} ${what}, not ${expected}`).join('; ');
  throw disagreement(`u${listener}: the machine has counted ${list}`);
}

const disagreement = (what: string): Error =>
  new Error(`The event log and the listener's statechart disagree: ${what}. Or is the run of another version?`);
