import { setup } from 'xstate';
import type { Layout } from '../columns.ts';
import { compile } from './compile.ts';
import { type RowAction, type RowEvent, type RowGuard, type RowOf, rowActions, rowGuards } from './rows.ts';

/** A listener's numbers that the statechart reads or writes. `patience` is given, the others begin at 0. */
export const listenerLayout = {
  /** Skips in a row that end a session. */
  patience: 'uint8',
  plays: 'uint32',
  skips: 'uint32',
  /** Skips since the last satisfied play of this session. */
  skipRun: 'uint8',
  saves: 'uint16',
  searches: 'uint32',
  picks: 'uint8',
  sessionsOpened: 'uint16',
  sessionsClosed: 'uint16',
  /** Days that ended without a session since the last one. */
  idleDays: 'uint8',
} as const satisfies Layout;

type L = typeof listenerLayout;
export type ListenerRow = RowOf<L>;

/** Everything that can happen to a listener. */
const listenerEvents = [
  'listener.signedUp',
  'listener.recalled',
  'track.picked',
  'onboarding.finished',
  'session.due',
  'track.finished',
  'track.skipped',
  'track.saved',
  'track.searched',
  'session.ended',
  'day.ended',
  'lapse.due',
  'return.due',
  'churn.due',
] as const;
export type ListenerEvent = RowEvent<(typeof listenerEvents)[number]>;

/** Plays after which a listener is no longer cold, and after which habits are settled. */
export const warmPlays = 5;
export const establishedPlays = 100;
/** Idle days after which a listener counts as dormant, and after which they are gone for good. */
export const dormantDays = 21;
export const goneDays = 60;

const isBored: RowGuard<L> = (columns, row) => columns.skipRun[row]! + 1 >= columns.patience[row]!;
const isWarm: RowGuard<L> = (columns, row) => columns.plays[row]! >= warmPlays;
const isEstablished: RowGuard<L> = (columns, row) => columns.plays[row]! >= establishedPlays;
const isIdle: RowGuard<L> = (columns, row) => columns.idleDays[row]! + 1 >= dormantDays;
const isGone: RowGuard<L> = (columns, row) => columns.idleDays[row]! + 1 >= goneDays;

const countPick: RowAction<L> = (columns, row) => {
  columns.picks[row]! += 1;
};
const openSession: RowAction<L> = (columns, row) => {
  columns.sessionsOpened[row]! += 1;
  columns.skipRun[row] = 0;
  columns.idleDays[row] = 0;
};
const closeSession: RowAction<L> = (columns, row) => {
  columns.sessionsClosed[row]! += 1;
};
const countPlay: RowAction<L> = (columns, row) => {
  columns.plays[row]! += 1;
  columns.skipRun[row] = 0;
};
const countSkip: RowAction<L> = (columns, row) => {
  columns.skips[row]! += 1;
  columns.skipRun[row]! += 1;
};
const countSave: RowAction<L> = (columns, row) => {
  columns.saves[row]! += 1;
};
const countSearch: RowAction<L> = (columns, row) => {
  columns.searches[row]! += 1;
};
const countIdleDay: RowAction<L> = (columns, row) => {
  columns.idleDays[row]! += 1;
};

const guards = { isBored, isWarm, isEstablished, isIdle, isGone };
const actions = {
  countPick,
  openSession,
  closeSession,
  countPlay,
  countSkip,
  countSave,
  countSearch,
  countIdleDay,
};

/** Hearing tracks, the same at every stage: bored listeners leave at once. */
const listening = {
  entry: 'openSession',
  exit: 'closeSession',
  on: {
    'track.finished': { actions: 'countPlay' },
    'track.skipped': [{ guard: 'isBored', target: 'away', actions: 'countSkip' }, { actions: 'countSkip' }],
    'track.saved': { actions: 'countSave' },
    'track.searched': { actions: 'countSearch' },
    'session.ended': { target: 'away' },
  },
} as const;

/** The end of the day of whoever is not promoted. */
const night = [
  { guard: 'isIdle', target: '#listener.dormant', actions: 'countIdleDay' },
  { actions: 'countIdleDay' },
] as const;

const leaving = {
  'lapse.due': { target: '#listener.dormant' },
  'churn.due': { target: '#listener.churned' },
} as const;

/**
 * One listener's life: signs up, picks some tracks, listens session by session while the service gets to know them,
 * stays away for a while, leaves. Owns no clock.
 */
export const listenerMachine = setup({
  types: { context: {} as ListenerRow, events: {} as ListenerEvent, input: {} as ListenerRow },
  guards: rowGuards(listenerLayout, guards),
  actions: rowActions(listenerLayout, listenerEvents, actions),
}).createMachine({
  id: 'listener',
  context: ({ input }) => input,
  initial: 'signingUp',
  states: {
    signingUp: {
      on: {
        'listener.signedUp': { target: 'onboarding' },
        // Was there before the log begins.
        'listener.recalled': { target: 'established' },
      },
    },
    onboarding: {
      on: {
        'track.picked': { actions: 'countPick' },
        'onboarding.finished': { target: 'cold' },
      },
    },
    cold: {
      initial: 'away',
      on: leaving,
      states: {
        away: {
          on: {
            'session.due': { target: 'listening' },
            'day.ended': [{ guard: 'isWarm', target: '#listener.warming', actions: 'countIdleDay' }, ...night],
          },
        },
        listening,
      },
    },
    warming: {
      initial: 'away',
      on: leaving,
      states: {
        away: {
          on: {
            'session.due': { target: 'listening' },
            'day.ended': [
              { guard: 'isEstablished', target: '#listener.established', actions: 'countIdleDay' },
              ...night,
            ],
          },
        },
        listening,
      },
    },
    established: {
      initial: 'away',
      on: leaving,
      states: {
        away: { on: { 'session.due': { target: 'listening' }, 'day.ended': night } },
        listening,
      },
    },
    dormant: {
      on: {
        'return.due': [
          { guard: 'isEstablished', target: 'established' },
          { guard: 'isWarm', target: 'warming' },
          { target: 'cold' },
        ],
        'day.ended': [{ guard: 'isGone', target: 'churned', actions: 'countIdleDay' }, { actions: 'countIdleDay' }],
        'churn.due': { target: 'churned' },
      },
    },
    churned: { type: 'final' },
  },
});

export const listenerBehaviour = { events: listenerEvents, guards, actions };
export const listenerTable = compile(listenerMachine, listenerBehaviour);
