import { assign, setup } from 'xstate';
import {
  dormantDays,
  establishedPlays,
  goneDays,
  type ListenerEvent,
  warmPlays,
} from '../../../sim/actors/listener.ts';

/** A listener's numbers as anybody would write them in XState: an object, made anew by every assignment. */
export interface PlainListener {
  readonly patience: number;
  readonly plays: number;
  readonly skips: number;
  readonly skipRun: number;
  readonly saves: number;
  readonly searches: number;
  readonly picks: number;
  readonly sessionsOpened: number;
  readonly sessionsClosed: number;
  readonly idleDays: number;
}

export const newListener = (patience: number): PlainListener => ({
  patience,
  plays: 0,
  skips: 0,
  skipRun: 0,
  saves: 0,
  searches: 0,
  picks: 0,
  sessionsOpened: 0,
  sessionsClosed: 0,
  idleDays: 0,
});

const shared = setup({
  types: { context: {} as PlainListener, events: {} as ListenerEvent, input: {} as PlainListener },
  guards: {
    isBored: ({ context }) => context.skipRun + 1 >= context.patience,
    isWarm: ({ context }) => context.plays >= warmPlays,
    isEstablished: ({ context }) => context.plays >= establishedPlays,
    isIdle: ({ context }) => context.idleDays + 1 >= dormantDays,
    isGone: ({ context }) => context.idleDays + 1 >= goneDays,
  },
  actions: {
    countPick: assign({ picks: ({ context }) => context.picks + 1 }),
    openSession: assign({
      sessionsOpened: ({ context }) => context.sessionsOpened + 1,
      skipRun: 0,
      idleDays: 0,
    }),
    closeSession: assign({ sessionsClosed: ({ context }) => context.sessionsClosed + 1 }),
    countPlay: assign({ plays: ({ context }) => context.plays + 1, skipRun: 0 }),
    countSkip: assign({ skips: ({ context }) => context.skips + 1, skipRun: ({ context }) => context.skipRun + 1 }),
    countSave: assign({ saves: ({ context }) => context.saves + 1 }),
    countSearch: assign({ searches: ({ context }) => context.searches + 1 }),
    countIdleDay: assign({ idleDays: ({ context }) => context.idleDays + 1 }),
  },
});

/** `sim/actors/listener.ts` on plain contexts, for an honest comparison: its own row functions would only slow XState down. */
export const plainListenerMachine = shared.createMachine({
  id: 'listener',
  context: ({ input }) => input,
  initial: 'established',
  states: {
    established: {
      initial: 'away',
      on: { 'lapse.due': { target: '#listener.dormant' }, 'churn.due': { target: '#listener.churned' } },
      states: {
        away: {
          on: {
            'session.due': { target: 'listening' },
            'day.ended': [
              { guard: 'isIdle', target: '#listener.dormant', actions: 'countIdleDay' },
              { actions: 'countIdleDay' },
            ],
          },
        },
        listening: {
          entry: 'openSession',
          exit: 'closeSession',
          on: {
            'track.finished': { actions: 'countPlay' },
            'track.skipped': [{ guard: 'isBored', target: 'away', actions: 'countSkip' }, { actions: 'countSkip' }],
            'track.saved': { actions: 'countSave' },
            'track.searched': { actions: 'countSearch' },
            'session.ended': { target: 'away' },
          },
        },
      },
    },
    dormant: {
      on: {
        'return.due': { target: 'established' },
        'day.ended': [{ guard: 'isGone', target: 'churned', actions: 'countIdleDay' }, { actions: 'countIdleDay' }],
        'churn.due': { target: 'churned' },
      },
    },
    churned: { type: 'final' },
  },
});
