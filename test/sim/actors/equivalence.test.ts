import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type AnyStateMachine, createActor, type Snapshot, transition } from 'xstate';
import {
  artistBehaviour,
  artistLayout,
  artistMachine,
  artistTable,
  promotionDays,
} from '../../../sim/actors/artist.ts';
import type { Table } from '../../../sim/actors/compile.ts';
import {
  dormantDays,
  establishedPlays,
  goneDays,
  listenerBehaviour,
  listenerLayout,
  listenerMachine,
  listenerTable,
  warmPlays,
} from '../../../sim/actors/listener.ts';
import { readRow, writeRow } from '../../../sim/actors/rows.ts';
import {
  currentDays,
  newDays,
  trackBehaviour,
  trackLayout,
  trackMachine,
  trackTable,
} from '../../../sim/actors/track.ts';
import { columnsOf, type Layout } from '../../../sim/columns.ts';

interface Chart {
  readonly name: string;
  readonly machine: AnyStateMachine;
  readonly table: Table<Layout, string>;
  readonly events: readonly string[];
  readonly layout: Layout;
  /** Values around every boundary that a guard looks at; all combinations are tried. */
  readonly boundaries: Readonly<Record<string, readonly number[]>>;
}

/** Both sides of a boundary that is compared after adding one. */
const around = (limit: number): number[] => [0, limit - 2, limit - 1, limit];

const charts: readonly Chart[] = [
  {
    name: 'listener',
    machine: listenerMachine,
    table: listenerTable as unknown as Table<Layout, string>,
    events: listenerBehaviour.events,
    layout: listenerLayout,
    boundaries: {
      patience: [1, 4],
      skipRun: [0, 2, 3],
      plays: [0, warmPlays - 1, warmPlays, establishedPlays - 1, establishedPlays],
      idleDays: [0, dormantDays - 2, dormantDays - 1, goneDays - 2, goneDays - 1],
    },
  },
  {
    name: 'artist',
    machine: artistMachine,
    table: artistTable as unknown as Table<Layout, string>,
    events: artistBehaviour.events,
    layout: artistLayout,
    boundaries: {
      restDays: [0, 7, 30],
      daysSinceRelease: [...around(promotionDays), ...around(promotionDays + 7), ...around(promotionDays + 30)],
    },
  },
  {
    name: 'track',
    machine: trackMachine,
    table: trackTable as unknown as Table<Layout, string>,
    events: trackBehaviour.events,
    layout: trackLayout,
    boundaries: { ageDays: [...around(newDays), ...around(currentDays), 65_535], attention: [256, 257, 300, 1024] },
  },
];

const stateValue = (path: string): string | Record<string, string> => {
  const [outer, inner] = path.split('.');
  return inner === undefined ? path : { [outer!]: inner };
};

const pathOf = (value: unknown): string =>
  typeof value === 'string'
    ? value
    : Object.entries(value as Record<string, unknown>)
        .map(([outer, inner]) => `${outer}.${pathOf(inner)}`)
        .join();

function* combinations(values: Readonly<Record<string, readonly number[]>>): Generator<Record<string, number>> {
  const [first, ...rest] = Object.entries(values);
  if (first === undefined) return yield {};
  for (const value of first[1]) {
    for (const others of combinations(Object.fromEntries(rest))) yield { [first[0]]: value, ...others };
  }
}

const zeros = (layout: Layout): Record<string, number> =>
  Object.fromEntries(Object.keys(layout).map((name) => [name, 0]));

/** One step from everywhere: state, event, numbers, and what XState makes of them. */
interface Case {
  readonly state: number;
  readonly event: number;
  readonly context: Record<string, number>;
  readonly expected: string;
}

/** Every state, on every event, on both sides of every guard. */
function casesOf({ machine, table, events, layout, boundaries }: Chart): readonly Case[] {
  const cases: Case[] = [];
  for (const [state, path] of table.states.entries()) {
    for (const numbers of combinations(boundaries)) {
      const context = { ...zeros(layout), ...numbers };
      const before = machine.resolveState({ value: stateValue(path), context });
      for (const [event, type] of events.entries()) {
        const [after] = transition(machine, before, { type });
        cases.push({ state, event, context, expected: written({ state: pathOf(after.value), ...after.context }) });
      }
    }
  }
  return cases;
}

type Step = Chart['table']['step'];

/** What a step makes of a case, to be compared with what is expected. */
function foundBy(step: Step, { state, event, context }: Case, { table, layout }: Chart): string {
  const columns = { ...columnsOf(layout, 1), state: new Uint8Array(1) };
  writeRow(columns, 0, context);
  columns.state[0] = state;
  step(columns, 0, event);
  return written({ state: table.states[columns.state[0]!], ...numbersOf(columns, layout) });
}

/** Ways to spoil one cell of a table. */
const faults: Readonly<Record<string, (chart: Chart) => Step>> = {
  'does nothing': () => () => {},
  'ends in another state':
    ({ table }) =>
    (columns, row, event) => {
      table.step(columns, row, event);
      columns.state[row] = (columns.state[row]! + 1) % table.states.length;
    },
  'goes without its actions':
    ({ table, layout }) =>
    (columns, row, event) => {
      const before = numbersOf(columns, layout);
      table.step(columns, row, event);
      const { state } = columns;
      const after = state[row]!;
      writeRow(columns, row, before);
      state[row] = after;
    },
};

/** Whether the machine does anything at all in a state on an event. */
function isHandled({ machine, table, events }: Chart, state: number, event: number): boolean {
  const path = table.states[state]!.split('.');
  let node = machine.root;
  const nodes = [node, ...path.map((name) => (node = node.states[name] as typeof node))];
  return node.type !== 'final' && nodes.some(({ transitions }) => transitions.has(events[event]!));
}

describe.each(charts)('the table of the $name chart', (chart) => {
  const { machine, table, events, layout } = chart;
  const cases = casesOf(chart);

  it('does what XState does, in every state, on every event, on both sides of every guard', () => {
    for (const one of cases) {
      const found = foundBy(table.step, one, chart);
      // A comparison of strings is much cheaper than expect() for thousands of cases.
      if (found !== one.expected) {
        const where = `${table.states[one.state]} on ${events[one.event]} with ${JSON.stringify(one.context)}`;
        expect(found, where).toBe(one.expected);
      }
    }
    expect(cases.length).toBeGreaterThan(100);
  });

  it('would be caught with any one of its cells changed', () => {
    const survivors: string[] = [];
    let killed = 0;
    for (const [state, path] of table.states.entries()) {
      for (const [event, type] of events.entries()) {
        const ofCell = cases.filter((one) => one.state === state && one.event === event);
        for (const [fault, spoilt] of Object.entries(faults)) {
          const step = spoilt(chart);
          if (ofCell.some((one) => foundBy(step, one, chart) !== one.expected)) killed++;
          else if (isHandled(chart, state, event)) survivors.push(`${path} on ${type} ${fault}`);
        }
      }
    }
    // What may be left are transitions that only change the state: they lose nothing without actions.
    for (const survivor of survivors) expect(survivor).toMatch(/goes without its actions$/);
    expect(killed).toBeGreaterThan(table.states.length * events.length);
  });

  it('stays with an interpreted actor on random walks from the start', () => {
    const walk = fc.array(fc.tuple(fc.constantFrom(...events), fc.integer({ min: 1, max: 25 })), { maxLength: 12 });
    fc.assert(
      fc.property(walk, fc.integer({ min: 1, max: 10 }), (steps, given) => {
        const input = { ...zeros(layout), ...('patience' in layout ? { patience: given } : { restDays: given }) };
        const start = Object.fromEntries(Object.keys(layout).map((name) => [name, input[name as never] ?? 0]));
        const actor = createActor(machine, { input: start });
        actor.start();
        const columns = { ...columnsOf(layout, 1), state: new Uint8Array(1) };
        writeRow(columns, 0, start);
        table.start(columns, 0);
        for (const [type, times] of steps) {
          for (let n = 0; n < times; n++) {
            if (actor.getSnapshot().status === 'active') actor.send({ type });
            table.step(columns, 0, events.indexOf(type));
            const snapshot = actor.getSnapshot() as Snapshot<unknown> & { value: unknown; context: object };
            expect(table.states[columns.state[0]!]).toBe(pathOf(snapshot.value));
            expect(numbersOf(columns, layout)).toEqual(snapshot.context);
          }
        }
      }),
      { numRuns: 60, seed: 7 },
    );
  });
});

const numbersOf = (columns: ReturnType<typeof columnsOf>, layout: Layout): Record<string, number> => {
  const { state: _, ...numbers } = readRow(columns as never, 0) as Record<string, number>;
  return Object.fromEntries(Object.keys(layout).map((name) => [name, numbers[name]!]));
};

const written = (numbers: object): string =>
  JSON.stringify(Object.entries(numbers).sort(([a], [b]) => (a < b ? -1 : 1)));
