import { describe, expect, it } from 'vitest';
import { type AnyStateMachine, createActor, createMachine, fromPromise, setup, spawnChild } from 'xstate';
import { compile } from '../../../sim/actors/compile.ts';
import { type RowAction, type RowGuard, rowActions, rowGuards } from '../../../sim/actors/rows.ts';
import { columnsOf } from '../../../sim/columns.ts';

const layout = { trace: 'uint32', open: 'uint8' } as const;
type L = typeof layout;

/** Each action appends its digit, so that the number shows which ran, in order. */
const append =
  (digit: number): RowAction<L> =>
  (columns, row) => {
    columns.trace[row] = columns.trace[row]! * 10 + digit;
  };
const names = ['enterA', 'exitA', 'enterA1', 'exitA1', 'enterA2', 'exitA2', 'enterB', 'exitB', 'during'] as const;
const actions = Object.fromEntries(names.map((name, n) => [name, append(n + 1)])) as Record<
  (typeof names)[number],
  RowAction<L>
>;
const isOpen: RowGuard<L> = (columns, row) => columns.open[row]! > 0;
const events = ['up', 'down', 'inner', 'self', 'again', 'guarded', 'blocked', 'bubbling'] as const;

const nested = setup({
  types: {
    context: {} as { trace: number; open: number },
    events: {} as { type: (typeof events)[number] },
    input: {} as { trace: number; open: number },
  },
  guards: rowGuards(layout, { isOpen }),
  actions: rowActions(layout, events, actions),
}).createMachine({
  id: 'nested',
  context: ({ input }) => input,
  initial: 'a',
  on: { down: { target: '.b', actions: 'during' } },
  states: {
    a: {
      entry: 'enterA',
      exit: 'exitA',
      initial: 'a1',
      on: {
        inner: { target: '.a2', actions: 'during' },
        self: { target: 'a', actions: 'during' },
        again: { target: 'a', reenter: true, actions: 'during' },
        bubbling: { target: 'b' },
        blocked: { target: 'b' },
      },
      states: {
        a1: {
          entry: 'enterA1',
          exit: 'exitA1',
          on: { guarded: [{ guard: 'isOpen', target: 'a2' }, { actions: 'during' }], blocked: {} },
        },
        a2: { entry: 'enterA2', exit: 'exitA2', on: { bubbling: { guard: 'isOpen', actions: 'during' } } },
      },
    },
    b: { entry: 'enterB', exit: 'exitB', on: { up: { target: '#nested.a.a2', actions: 'during' } } },
  },
});
const behaviour = { events, guards: { isOpen }, actions };

describe('compile', () => {
  it('runs exit, transition and entry actions in the order of XState, through nested and reentered states', () => {
    const table = compile(nested, behaviour);
    for (const first of events) {
      for (const second of events) {
        for (const third of events) {
          for (const open of [0, 1]) {
            const actor = createActor(nested, { input: { trace: 0, open } }).start();
            const columns = { ...columnsOf(layout, 1), state: new Uint8Array(1) };
            columns.open[0] = open;
            table.start(columns, 0);
            const walk = [first, second, third];
            for (const [n, type] of walk.entries()) {
              actor.send({ type });
              table.step(columns, 0, table.events[type]);
              const { value: state, context } = actor.getSnapshot();
              const path = typeof state === 'string' ? state : `a.${(state as { a: string }).a}`;
              const found = `${table.states[columns.state[0]!]} ${columns.trace[0]}`;
              const expected = `${path} ${context.trace}`;
              if (found !== expected) expect(found, walk.slice(0, n + 1).join()).toBe(expected);
            }
          }
        }
      }
    }
  });

  it('knows every state by its name, and no other', () => {
    const table = compile(nested, behaviour);
    expect(table.states.map(table.codeOf)).toEqual([...table.states.keys()]);
    expect(() => table.codeOf('a.a3')).toThrow(/'a.a3' is none of the states of 'nested': a.a1, a.a2, b/);
  });

  const refused: readonly (readonly [string, AnyStateMachine])[] = [
    ['`after`', createMachine({ initial: 'a', states: { a: { after: { 10: 'b' } }, b: {} } })],
    ['`invoke`', createMachine({ initial: 'a', states: { a: { invoke: { src: fromPromise(async () => 1) } } } })],
    ['`always`', createMachine({ initial: 'a', states: { a: { always: 'b' }, b: {} } })],
    ['a parallel state', createMachine({ type: 'parallel', states: { a: {}, b: {} } })],
    ['a history state', createMachine({ initial: 'a', states: { a: {}, h: { type: 'history' } } })],
    ['the wildcard event', createMachine({ initial: 'a', states: { a: { on: { '*': 'b' } }, b: {} } })],
    ['the wildcard event', createMachine({ initial: 'a', states: { a: { on: { 'up.*': 'b' } }, b: {} } })],
    ["the event 'sideways'", createMachine({ initial: 'a', states: { a: { on: { sideways: 'b' } }, b: {} } })],
    ["the action 'unknown'", createMachine({ initial: 'a', states: { a: { entry: 'unknown' } } })],
    ["the guard 'unknown'", createMachine({ initial: 'a', states: { a: { on: { up: { guard: 'unknown' } } } } })],
    ['a guard that is not', createMachine({ initial: 'a', states: { a: { on: { up: { guard: () => true } } } } })],
    ['an action that is not', createMachine({ initial: 'a', states: { a: { entry: spawnChild('worker') } } })],
    ['an action that is not', createMachine({ initial: 'a', states: { a: { on: { up: { actions: () => {} } } } } })],
    [
      'a nested final state',
      createMachine({ initial: 'a', states: { a: { initial: 'b', states: { b: { type: 'final' } } } } }),
    ],
    ['an `exit` at the end', createMachine({ initial: 'a', exit: 'during', states: { a: {} } })],
  ];

  it.each(refused)('refuses a machine with %s', (what, machine) => {
    expect(() => compile<L, (typeof events)[number]>(machine, behaviour)).toThrow(what);
  });
});
