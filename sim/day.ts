import { kindCode, sourceCode } from '../engine/core/events.ts';
import { keyInto, block as keyWords } from '../engine/core/random.ts';
import { startOfDay } from '../engine/core/time.ts';
import { listenerTable } from './actors/listener.ts';
import { countPlays } from './charts.ts';
import { lifeChangeOn } from './life-change.ts';
import { endOfPart, hasMorning, hasNight, isWithin, type PartOfDay, wholeDay } from './part-of-day.ts';
import { createDayPlan, type DayPlan, endOf, planDay } from './plan.ts';
import { playSession, type SessionPlan } from './session.ts';
import { recall, signUp } from './signup.ts';
import type { Slates } from './slate.ts';
import { maxSessionsPerDay, stepOf } from './steps.ts';
import { record, type Today } from './today.ts';
import type { World } from './world.ts';

/** The unit of work and of log: fixed, so that results do not depend on how many workers there are. */
export const blockListeners = 512;

/** Listeners [from, to). */
export interface Block {
  readonly from: number;
  readonly to: number;
}

/** Listeners about to look at their slates. */
export interface SlateRequests {
  readonly listeners: Uint32Array;
  /** When each of them looks. */
  readonly times: Int32Array;
}

/** Everybody who has signed up by the end of the day, in blocks. */
export function blocksOn(world: Pick<World, 'listenerCountAt'>, day: number): Block[] {
  const present = world.listenerCountAt(startOfDay(day + 1) - 1);
  return Array.from({ length: Math.ceil(present / blockListeners) }, (_, b) => ({
    from: b * blockListeners,
    to: Math.min((b + 1) * blockListeners, present),
  }));
}

/**
 * Simulate one day of a block of listeners; what they do is appended to `today.log`. Round r runs the r-th session of
 * everybody who has one. Before each round the generator yields the requests of those who will look at a slate in it, and is
 * to be resumed with one answer per request, in order; a slate without tracks means that nothing was shown. What was logged
 * before is to be observed before answering.
 *
 * Who listens, when, and for how long at most is drawn from keys alone. An `organic` day yields nothing.
 *
 * A day may be lived in parts, one after the other: sign-ups and sessions that begin in a part belong to it, to their ends. Where
 * the same lists are shown, all is as if it had been lived in one: plans are drawn anew in every part, and a session keeps its
 * number in the day.
 */
export function* simulateBlock(
  today: Today,
  block: Block,
  part: PartOfDay = wholeDay,
): Generator<SlateRequests, void, Slates> {
  const { log, stage, charts } = today;
  const loggedBefore = log.length;
  const plan = createDayPlan(block.to - block.from);
  const rounds = beginBlock(today, block, plan, part);
  for (let round = 0; round < rounds; round++) {
    const looking = today.mode === 'served' ? lookingIn(today.day, block, plan, round, part) : nobody;
    const asked = looking.listeners.length;
    if (asked === 0) {
      playRound(today, block, plan, round, part, undefined);
      continue;
    }
    const slates = yield looking;
    if (slates.start.length !== asked) {
      throw new Error(`${asked} slates were asked for, ${slates.start.length} came`);
    }
    playRound(today, block, plan, round, part, slates);
  }
  if (hasNight(part)) endBlock(today, block);
  countPlays(charts, log.view(), loggedBefore, stage.arrivals.region, stage.options.regions);
}

const nobody = { listeners: new Uint32Array(0), times: new Int32Array(0) };

const { step, events: chart } = listenerTable;
const stateCode = listenerTable.codeOf;
const signingUp = stateCode('signingUp');
const dormant = stateCode('dormant');
const churned = stateCode('churned');

/** Sign-ups; in the morning departures and holidays; and the plan of everybody's day. How many rounds there are. */
function beginBlock(today: Today, { from, to }: Block, plan: DayPlan, part: PartOfDay): number {
  const { stage, columns, day } = today;
  const { state } = columns;
  let rounds = 0;
  for (let listener = from; listener < to; listener++) {
    const row = listener - from;
    if (state[listener] === churned) continue;
    keyInto(stage.keys.day, listener, stepOf(day));
    const key0 = keyWords[0]!;
    const key1 = keyWords[1]!;
    if (state[listener] === signingUp) {
      if (stage.arrivals.signedUpAt[listener]! >= endOfPart(day, part)) continue;
      if (stage.arrivals.signedUpAt[listener]! < startOfDay(day)) recall(today, listener);
      else signUp(today, listener);
    } else if (hasMorning(part)) {
      const change = lifeChangeOn(stage, listener, day, state[listener] === dormant, key0, key1);
      if (change) step(columns, listener, chart[change]);
      if (change === 'churn.due') record(today, kindCode.churn, listener, startOfDay(day), sourceCode.onboarding);
    }
    if (state[listener] === churned || state[listener] === dormant) continue;
    planDay(stage, listener, day, key0, key1, plan, row);
    if (plan.count[row]! > rounds) rounds = plan.count[row]!;
  }
  return rounds;
}

/** Whether row `row` has a session of this round, and it begins in this part of the day. */
const isDue = (day: number, plan: DayPlan, row: number, round: number, part: PartOfDay): boolean =>
  round < plan.count[row]! && isWithin(plan.start[row * maxSessionsPerDay + round]!, day, part);

/** Who looks at a slate in this round, in order of listeners. */
function lookingIn(day: number, { from, to }: Block, plan: DayPlan, round: number, part: PartOfDay): SlateRequests {
  const listeners = new Uint32Array(to - from);
  const times = new Int32Array(to - from);
  let asked = 0;
  for (let row = 0; row < to - from; row++) {
    const at = row * maxSessionsPerDay + round;
    if (plan.looks[at] === 0 || !isDue(day, plan, row, round, part)) continue;
    listeners[asked] = from + row;
    times[asked++] = plan.start[at]!;
  }
  return { listeners: listeners.slice(0, asked), times: times.slice(0, asked) };
}

const session: SessionPlan = { listener: 0, session: 0, start: 0, end: 0, length: 0 };

function playRound(
  today: Today,
  { from, to }: Block,
  plan: DayPlan,
  round: number,
  part: PartOfDay,
  slates: Slates | undefined,
): void {
  let answered = 0;
  for (let row = 0; row < to - from; row++) {
    if (!isDue(today.day, plan, row, round, part)) continue;
    const at = row * maxSessionsPerDay + round;
    session.listener = from + row;
    session.session = round;
    session.start = plan.start[at]!;
    session.end = endOf(plan, row, round, today.day);
    session.length = plan.length[at]!;
    const looks = slates !== undefined && plan.looks[at] === 1;
    if (looks && slates.isFresh?.[answered] === 1) today.columns.slateCursor[session.listener] = 0;
    playSession(today, session, looks ? slates : undefined, answered);
    if (looks) answered++;
  }
}

/** Night: everybody is a day older; who has been away too long is gone. */
function endBlock(today: Today, { from, to }: Block): void {
  const { columns, day } = today;
  for (let listener = from; listener < to; listener++) {
    if (columns.state[listener] === churned) continue;
    step(columns, listener, chart['day.ended']);
    if (columns.state[listener] !== churned) continue;
    record(today, kindCode.churn, listener, startOfDay(day + 1) - 1, sourceCode.onboarding);
  }
}
