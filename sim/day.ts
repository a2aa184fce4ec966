import { EventBuffer, type EventColumns, sourceCode } from '../engine/core/events.ts';
import { dayOf, startOfDay } from '../engine/core/time.ts';
import { listenerTable } from './actors/listener.ts';
import { closeCharts } from './charts.ts';
import type { Crowd } from './crowd.ts';
import { blockListeners } from './heard.ts';
import { createDayPlan, type DayPlan, endOf, planDay } from './plan.ts';
import { playSession } from './session.ts';
import { recall, signUp } from './signup.ts';
import type { ServedSlate } from './slate.ts';
import { maxSessionsPerDay, stepOf } from './steps.ts';
import { type Mode, record, type Today, tell } from './today.ts';
import type { World } from './world.ts';

/** Listeners about to look at their slates, and what the service could have learnt since it was last asked. */
export interface SlateRequests {
  readonly listeners: Uint32Array;
  /** When each of them looks. */
  readonly times: Int32Array;
  /** Everything logged since the last request, in order: to be observed before answering. */
  readonly events: EventColumns;
}

/**
 * Simulate one day. Listeners are taken in fixed blocks; within a block, round r runs the r-th session of everybody who
 * has one. Before each round the generator yields the requests of those who will look at a slate in it, and is to be
 * resumed with one answer per request, in order; a slate without tracks means that nothing was shown.
 *
 * Who listens, when, and for how long at most is drawn from keys alone. An `organic` day yields nothing.
 *
 * @returns what was logged after the last request. The yielded parts and this one, in order, are the day's log.
 */
export function* simulateDay(
  world: World,
  crowd: Crowd,
  day: number,
  mode: Mode,
): Generator<SlateRequests, EventColumns, readonly ServedSlate[]> {
  const log = new EventBuffer();
  const today: Today = { world, state: crowd.state, attention: world.attentionOn(day), day, mode, log };
  const present = world.listenerCountAt(startOfDay(day + 1) - 1);
  const plan = createDayPlan(Math.min(blockListeners, present));
  let told = 0;
  for (let from = 0; from < present; from += blockListeners) {
    const block = { from, to: Math.min(from + blockListeners, present) };
    const rounds = beginBlock(today, block, plan);
    for (let round = 0; round < rounds; round++) {
      const looking = mode === 'served' ? lookingIn(block, plan, round) : nobody;
      let slates: readonly ServedSlate[] = [];
      if (looking.listeners.length > 0) {
        slates = yield { ...looking, events: log.slice(told) };
        told = log.length;
        noteServed(crowd, slates, looking.listeners.length);
      }
      playRound(today, block, plan, round, slates);
    }
    endBlock(today, block);
  }
  closeCharts(crowd.state.charts, world.options.regions);
  return log.slice(told);
}

interface Block {
  readonly from: number;
  readonly to: number;
}

const nobody = { listeners: new Uint32Array(0), times: new Int32Array(0) };

const stateCode = (name: string): number => listenerTable.states.indexOf(name);
const signingUp = stateCode('signingUp');
const dormant = stateCode('dormant');
const churned = stateCode('churned');

/** Leaving is likelier in the first week. */
const firstWeekChurn = 8;
const returnPerDay = 0.05;

/** Morning: sign-ups, departures, holidays, and the plan of everybody's day. How many rounds there are. */
function beginBlock(today: Today, { from, to }: Block, plan: DayPlan): number {
  const { world, state, day } = today;
  let rounds = 0;
  for (let listener = from; listener < to; listener++) {
    const row = listener - from;
    plan.count[row] = 0;
    if (state.columns.state[listener] === signingUp) {
      if (world.arrivals.signedUpAt[listener]! < startOfDay(day)) recall(today, listener);
      else signUp(today, listener);
    } else {
      changeLife(today, listener);
    }
    const now = state.columns.state[listener];
    if (now === churned || now === dormant) continue;
    planDay(world, listener, day, plan, row);
    rounds = Math.max(rounds, plan.count[row]!);
  }
  return rounds;
}

/** Leave, fall dormant, or come back, by keyed chances that no recommendation changes. */
function changeLife(today: Today, listener: number): void {
  const { world, state, day } = today;
  if (state.columns.state[listener] === churned) return;
  const draw = world.streams('life', listener, stepOf(day));
  const leaves = draw();
  const changes = draw();
  const age = day - dayOf(world.arrivals.signedUpAt[listener]!);
  if (leaves < world.options.churnPerDay * (age <= 7 ? firstWeekChurn : 1)) {
    tell(today, listener, 'churn.due');
    record(today, 'churn', listener, startOfDay(day), { source: sourceCode.onboarding });
  } else if (state.columns.state[listener] === dormant) {
    if (changes < returnPerDay) tell(today, listener, 'return.due');
  } else if (changes < world.options.lapsePerDay) {
    tell(today, listener, 'lapse.due');
  }
}

/** Who looks at a slate in this round, in order of listeners. */
function lookingIn({ from, to }: Block, plan: DayPlan, round: number): Omit<SlateRequests, 'events'> {
  const listeners: number[] = [];
  const times: number[] = [];
  for (let row = 0; row < to - from; row++) {
    const at = row * maxSessionsPerDay + round;
    if (round >= plan.count[row]! || plan.looks[at] === 0) continue;
    listeners.push(from + row);
    times.push(plan.start[at]!);
  }
  return { listeners: Uint32Array.from(listeners), times: Int32Array.from(times) };
}

function noteServed(crowd: Crowd, slates: readonly ServedSlate[], asked: number): void {
  if (slates.length !== asked) throw new Error(`${asked} slates were asked for, ${slates.length} came`);
  const { slatesServed } = crowd.state;
  for (const { generation } of slates) slatesServed.set(generation, (slatesServed.get(generation) ?? 0) + 1);
}

function playRound(
  today: Today,
  { from, to }: Block,
  plan: DayPlan,
  round: number,
  slates: readonly ServedSlate[],
): void {
  let answered = 0;
  for (let row = 0; row < to - from; row++) {
    if (round >= plan.count[row]!) continue;
    const at = row * maxSessionsPerDay + round;
    const slate = today.mode === 'served' && plan.looks[at] === 1 ? slates[answered++] : undefined;
    const session = {
      listener: from + row,
      session: round,
      start: plan.start[at]!,
      end: endOf(plan, row, round, today.day),
      length: plan.length[at]!,
    };
    playSession(today, session, slate);
  }
}

/** Night: everybody is a day older; who has been away too long is gone. */
function endBlock(today: Today, { from, to }: Block): void {
  const { columns } = today.state;
  for (let listener = from; listener < to; listener++) {
    if (columns.state[listener] === churned) continue;
    tell(today, listener, 'day.ended');
    if (columns.state[listener] !== churned) continue;
    record(today, 'churn', listener, startOfDay(today.day + 1) - 1, { source: sourceCode.onboarding });
  }
}
