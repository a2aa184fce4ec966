import { setup } from 'xstate';
import type { ColumnsOf, Layout } from '../columns.ts';
import { compile } from './compile.ts';
import { type RowAction, type RowEvent, type RowGuard, type RowOf, rowActions, rowGuards } from './rows.ts';

export const trackLayout = {
  ageDays: 'uint16',
  /** How much the world talks about this track, in 1/256 of what it says about an old one of the same fame. */
  attention: 'uint16',
} as const satisfies Layout;

type L = typeof trackLayout;
export type TrackColumns = ColumnsOf<L> & { readonly state: Uint8Array };
export type TrackRow = RowOf<L>;

const trackEvents = ['track.released', 'day.ended'] as const;
export type TrackEvent = RowEvent<(typeof trackEvents)[number]>;

/** A track is new for a week and current for three months. Set by hand. */
export const newDays = 7;
export const currentDays = 90;
/**
 * Attention is fixed-point: 256 is what an old track gets. A new one starts at thirty-two times that. Set by
 * hand, and how it falls, against `releaseDecay` of scenarios/fidelity/targets.ts.
 */
const settledAttention = 256;
const premiereAttention = 32 * settledAttention;

const isNoLongerNew: RowGuard<L> = (columns, row) => columns.ageDays[row]! + 1 >= newDays;
const isSettled: RowGuard<L> = (columns, row) => columns.ageDays[row]! + 1 >= currentDays;

const premiere: RowAction<L> = (columns, row) => {
  columns.ageDays[row] = 0;
  columns.attention[row] = premiereAttention;
};
const ageByADay: RowAction<L> = (columns, row) => {
  columns.ageDays[row]! += 1;
};
/** What is above the settled level falls by three sixteenths a day: half is left after three days and a half. */
const cool: RowAction<L> = (columns, row) => {
  columns.attention[row]! -= ((columns.attention[row]! - settledAttention) * 3) >> 4;
};
const settle: RowAction<L> = (columns, row) => {
  columns.attention[row] = settledAttention;
};

const guards = { isNoLongerNew, isSettled };
const actions = { premiere, ageByADay, cool, settle };

/** One track's life in public: not out yet, new, current, part of the catalogue. */
export const trackMachine = setup({
  types: { context: {} as TrackRow, events: {} as TrackEvent, input: {} as TrackRow },
  guards: rowGuards(trackLayout, guards),
  actions: rowActions(trackLayout, trackEvents, actions),
}).createMachine({
  id: 'track',
  context: ({ input }) => input,
  initial: 'unreleased',
  states: {
    unreleased: { on: { 'track.released': { target: 'new' } } },
    new: {
      entry: 'premiere',
      on: {
        'day.ended': [
          { guard: 'isNoLongerNew', target: 'current', actions: ['ageByADay', 'cool'] },
          { actions: ['ageByADay', 'cool'] },
        ],
      },
    },
    current: {
      on: {
        'day.ended': [
          { guard: 'isSettled', target: 'catalogue', actions: 'ageByADay' },
          { actions: ['ageByADay', 'cool'] },
        ],
      },
    },
    catalogue: { entry: 'settle' },
  },
});

export const trackBehaviour = { events: trackEvents, guards, actions };
export const trackTable = compile(trackMachine, trackBehaviour);
