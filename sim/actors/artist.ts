import { setup } from 'xstate';
import type { Layout } from '../columns.ts';
import { compile } from './compile.ts';
import { type RowAction, type RowEvent, type RowGuard, type RowOf, rowActions, rowGuards } from './rows.ts';

export const artistLayout = {
  /** Days this artist rests after promoting a release; given. */
  restDays: 'uint16',
  daysSinceRelease: 'uint16',
} as const satisfies Layout;

type L = typeof artistLayout;
export type ArtistRow = RowOf<L>;

const artistEvents = ['track.released', 'day.ended'] as const;
export type ArtistEvent = RowEvent<(typeof artistEvents)[number]>;

/** Days that a release is promoted before the artist thinks of the next one. */
export const promotionDays = 7;

const isPromoted: RowGuard<L> = (columns, row) => columns.daysSinceRelease[row]! + 1 >= promotionDays;
const isRested: RowGuard<L> = (columns, row) =>
  columns.daysSinceRelease[row]! + 1 >= promotionDays + columns.restDays[row]!;

const countFromHere: RowAction<L> = (columns, row) => {
  columns.daysSinceRelease[row] = 0;
};
const countDay: RowAction<L> = (columns, row) => {
  columns.daysSinceRelease[row]! += 1;
};

const guards = { isPromoted, isRested };
const actions = { countFromHere, countDay };

/** One artist's calendar: ready to release, promoting what is just out, resting. An empty calendar may call anybody. */
export const artistMachine = setup({
  types: { context: {} as ArtistRow, events: {} as ArtistEvent, input: {} as ArtistRow },
  guards: rowGuards(artistLayout, guards),
  actions: rowActions(artistLayout, artistEvents, actions),
}).createMachine({
  id: 'artist',
  context: ({ input }) => input,
  initial: 'ready',
  on: { 'track.released': { target: '.promoting', actions: 'countFromHere' } },
  states: {
    ready: {},
    promoting: {
      on: { 'day.ended': [{ guard: 'isPromoted', target: 'resting', actions: 'countDay' }, { actions: 'countDay' }] },
    },
    resting: {
      on: { 'day.ended': [{ guard: 'isRested', target: 'ready', actions: 'countDay' }, { actions: 'countDay' }] },
    },
  },
});

export const artistBehaviour = { events: artistEvents, guards, actions };
export const artistTable = compile(artistMachine, artistBehaviour);
