import { DubplateError } from '../engine/core/errors.ts';
import { type EventColumns, eventKinds, kindCode } from '../engine/core/events.ts';
import { listenerLayout, listenerTable } from './actors/listener.ts';
import { type Charts, copyCharts, createCharts } from './charts.ts';
import { bytesOf, type ColumnsOf, columnsOf, copyColumns } from './columns.ts';
import { copyLibrary, createLibrary, type Library } from './library.ts';
import type { World } from './world.ts';

/** What a listener is to the simulation: the statechart's numbers, and how far they have looked down which slate. */
const crowdLayout = {
  ...listenerLayout,
  state: 'uint8',
  /** The last 8 bits of the generation of the slate, and the position to look at next. */
  slateGeneration: 'uint8',
  slateCursor: 'uint16',
} as const;
export type CrowdColumns = ColumnsOf<typeof crowdLayout>;

/** Everything of a world that one arm changes: typed columns with one row per listener, charts, counts. */
export interface CrowdState {
  readonly columns: CrowdColumns;
  readonly library: Library;
  readonly charts: Charts;
  /** Rows logged, by kind. */
  readonly logged: Float64Array;
}

/** The listeners of one arm, in the middle of their lives. Its memory is shared by the threads that simulate them. */
export interface Crowd {
  readonly state: CrowdState;
  /** An equal crowd that shares nothing with this one. */
  clone(): Crowd;
  /** Whether the listener has signed up and not left. */
  isMember(listener: number): boolean;
  /** Takes note of what a day has logged. */
  count(events: EventColumns): void;
  /** Bytes of all columns for each listener. */
  bytesPerListener(): number;
  /** @throws DubplateError AUDIT_FAILED when counts that must balance do not. */
  audit(): void;
}

/** Nobody has signed up, nothing has been played. */
export function createCrowd({ options, people, arrivals, releases }: World): Crowd {
  const listeners = arrivals.signedUpAt.length;
  const columns = columnsOf(crowdLayout, listeners);
  for (let l = 0; l < listeners; l++) listenerTable.start(columns, l);
  columns.patience.set(people.patience);
  return crowdOf({
    columns,
    library: createLibrary(listeners),
    charts: createCharts(options.regions, releases.releasedAt.length),
    logged: new Float64Array(eventKinds.length),
  });
}

const signingUp = listenerTable.codeOf('signingUp');
const churned = listenerTable.codeOf('churned');

/** The crowd whose state this is; it goes on to write to it. */
export function crowdOf(state: CrowdState): Crowd {
  const { columns, library, logged } = state;
  return {
    state,
    clone: () => crowdOf(copyState(state)),
    isMember: (listener) => columns.state[listener] !== signingUp && columns.state[listener] !== churned,
    count(events) {
      for (let row = 0; row < events.length; row++) logged[events.kind[row]!]! += 1;
    },
    bytesPerListener: () => (bytesOf(columns) + bytesOf(library)) / Math.max(1, library.size.length),
    audit: () => audit(state),
  };
}

const copyState = ({ columns, library, charts, logged }: CrowdState): CrowdState => ({
  columns: copyColumns(columns),
  library: copyLibrary(library),
  charts: copyCharts(charts),
  logged: logged.slice(),
});

function audit({ columns, logged }: CrowdState): void {
  const of = (kind: keyof typeof kindCode): number => logged[kindCode[kind]]!;
  balance('plays logged', of('play'), 'plays counted by listeners', sum(columns.plays));
  balance('skips logged', of('skip'), 'skips counted', sum(columns.skips));
  balance('saves logged', of('save'), 'saves counted', sum(columns.saves));
  balance('searches logged', of('search'), 'searches counted', sum(columns.searches));
  balance('picks logged', of('onboard'), 'picks counted', sum(columns.picks));
  balance('sessions opened', sum(columns.sessionsOpened), 'sessions closed', sum(columns.sessionsClosed));
  let gone = 0;
  for (const state of columns.state) if (state === churned) gone++;
  balance('departures logged', of('churn'), 'listeners gone', gone);
}

function balance(left: string, leftCount: number, right: string, rightCount: number): void {
  if (leftCount === rightCount) return;
  throw new DubplateError(
    'AUDIT_FAILED',
    `The simulated listeners' books do not balance: ${left}: ${leftCount}, but ${right}: ${rightCount}`,
    {
      hint: 'This is a bug in the simulation; the results of this run cannot be used. Please report it with the manifest.',
    },
  );
}

function sum(column: ArrayLike<number>): number {
  let total = 0;
  for (let i = 0; i < column.length; i++) total += column[i]!;
  return total;
}
