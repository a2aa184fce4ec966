import { DubplateError } from '../engine/core/errors.ts';
import { eventKinds, kindCode } from '../engine/core/events.ts';
import { type ListenerColumns, listenerLayout, listenerTable } from './actors/listener.ts';
import { columnsOf, copyColumns } from './actors/rows.ts';
import { type Charts, copyCharts, createCharts } from './charts.ts';
import { type Arena, createHeard, type Heard, heardFrom } from './heard.ts';
import { copyShelf, createShelf, type Shelf } from './shelf.ts';
import type { World } from './world.ts';

/** Tracks a listener returns to, and artists whose releases they notice. */
const libraryCapacity = 64;
const followedCapacity = 24;

/** Everything of a world that one arm changes: typed columns with one row per listener, tables per track, counts. */
export interface CrowdState {
  readonly columns: ListenerColumns;
  readonly heard: Heard;
  readonly library: Shelf;
  readonly followed: Shelf;
  /** How far each listener has looked down the slate, and of which generation it is. */
  readonly slateGeneration: Int32Array;
  readonly slateCursor: Uint16Array;
  readonly charts: Charts;
  /** Satisfied plays of each track. */
  readonly trackPlays: Uint32Array;
  /** Rows logged, by kind. */
  readonly logged: Float64Array;
  /** Slates received, and plays or skips logged from them, by generation. */
  readonly slatesServed: Map<number, number>;
  readonly slateEvents: Map<number, number>;
}

/** A crowd at one moment as plain data, which can be sent to another thread. */
export type CrowdSnapshot = Omit<CrowdState, 'heard'> & { readonly heard: readonly Arena[] };

/** The listeners of one arm, in the middle of their lives. */
export interface Crowd {
  readonly state: CrowdState;
  /** An equal crowd that shares nothing with this one. */
  clone(): Crowd;
  /** The same as plain data. */
  snapshot(): CrowdSnapshot;
  /** Whether they ever met: played, skipped, or picked at onboarding. */
  hasHeard(listener: number, track: number): boolean;
  /** Every track that they met, ascending. */
  heardBy(listener: number): Uint32Array;
  /** Whether the listener has signed up and not left. */
  isMember(listener: number): boolean;
  /** @throws DubplateError AUDIT_FAILED when counts that must balance do not. */
  audit(): void;
}

/** Nobody has signed up, nothing has been played. */
export function createCrowd(world: World): Crowd {
  const listeners = world.catalogue.listeners.length;
  const tracks = world.catalogue.tracks.length;
  const columns = { ...columnsOf(listenerLayout, listeners), state: new Uint8Array(listeners) };
  for (let l = 0; l < listeners; l++) listenerTable.start(columns, l);
  columns.patience.set(world.people.patience);
  return crowdOf({
    columns,
    heard: createHeard(listeners),
    library: createShelf(listeners, libraryCapacity),
    followed: createShelf(listeners, followedCapacity),
    slateGeneration: new Int32Array(listeners).fill(-1),
    slateCursor: new Uint16Array(listeners),
    charts: createCharts(world.options.regions, tracks),
    trackPlays: new Uint32Array(tracks),
    logged: new Float64Array(eventKinds.length),
    slatesServed: new Map(),
    slateEvents: new Map(),
  });
}

const signingUp = listenerTable.states.indexOf('signingUp');
const churned = listenerTable.states.indexOf('churned');

/** The crowd that a snapshot was taken of; it goes on to write to the snapshot. */
export const crowdFrom = (snapshot: CrowdSnapshot): Crowd => crowdOf({ ...snapshot, heard: heardFrom(snapshot.heard) });

const copyState = (state: CrowdState): CrowdState => ({
  columns: { ...copyColumns<typeof listenerLayout>(state.columns), state: state.columns.state.slice() },
  heard: state.heard.clone(),
  library: copyShelf(state.library),
  followed: copyShelf(state.followed),
  slateGeneration: state.slateGeneration.slice(),
  slateCursor: state.slateCursor.slice(),
  charts: copyCharts(state.charts),
  trackPlays: state.trackPlays.slice(),
  logged: state.logged.slice(),
  slatesServed: new Map(state.slatesServed),
  slateEvents: new Map(state.slateEvents),
});

function crowdOf(state: CrowdState): Crowd {
  return {
    state,
    clone: () => crowdOf(copyState(state)),
    snapshot: () => {
      const copy = copyState(state);
      return { ...copy, heard: copy.heard.arenas };
    },
    hasHeard: (listener, track) => state.heard.exposures(listener, track) > 0,
    heardBy: (listener) => state.heard.tracks(listener),
    isMember(listener) {
      const now = state.columns.state[listener];
      return now !== signingUp && now !== churned;
    },
    audit: () => audit(state),
  };
}

function audit(state: CrowdState): void {
  const { columns, logged, heard } = state;
  const of = (kind: keyof typeof kindCode): number => logged[kindCode[kind]] ?? 0;
  balance('plays logged', of('play'), 'plays counted by listeners', sum(columns.plays));
  balance('plays logged', of('play'), 'plays counted by tracks', sum(state.trackPlays));
  balance('skips logged', of('skip'), 'skips counted', sum(columns.skips));
  balance('saves logged', of('save'), 'saves counted', sum(columns.saves));
  balance('searches logged', of('search'), 'searches counted', sum(columns.searches));
  balance('picks logged', of('onboard'), 'picks counted', sum(columns.picks));
  balance('sessions opened', sum(columns.sessionsOpened), 'sessions closed', sum(columns.sessionsClosed));
  let gone = 0;
  for (let l = 0; l < columns.state.length; l++) {
    const met = columns.plays[l]! + columns.skips[l]! + columns.picks[l]!;
    balance(`meetings of listener ${l}`, heard.total(l), 'plays, skips and picks', met);
    if (columns.state[l] === churned) gone++;
  }
  balance('departures logged', of('churn'), 'listeners gone', gone);
  for (const [generation, events] of state.slateEvents) {
    if (!state.slatesServed.has(generation)) {
      throw failed(`${events} events name slates of generation ${generation}, which was never served`);
    }
  }
}

function balance(left: string, leftCount: number, right: string, rightCount: number): void {
  if (leftCount !== rightCount) throw failed(`${left}: ${leftCount}, but ${right}: ${rightCount}`);
}

const failed = (what: string): DubplateError =>
  new DubplateError('AUDIT_FAILED', `The simulated listeners' books do not balance: ${what}`, {
    hint: 'This is a bug in the simulation; the results of this run cannot be used. Please report it with the manifest.',
  });

function sum(column: ArrayLike<number>): number {
  let total = 0;
  for (let i = 0; i < column.length; i++) total += column[i]!;
  return total;
}
