import type { AnyStateMachine, AnyStateNode } from 'xstate';
import type { ColumnsOf, Layout } from '../columns.ts';
import type { RowAction, RowGuard } from './rows.ts';

/** A statechart as a table: what runs. The machine it came from stays the only definition of behaviour. */
export interface Table<L extends Layout, Event extends string> {
  /** Names of the leaf states, 'cold.listening'; the index is the code in the `state` column. */
  readonly states: readonly string[];
  /** The code of a state. @throws Error when there is none of that name. */
  codeOf(state: string): number;
  /** Codes of the events, to be looked up once and kept. */
  readonly events: Readonly<Record<Event, number>>;
  /** Put row `row` into the initial state, with the actions of entering it. */
  start(columns: TableColumns<L>, row: number): void;
  /** Deliver one event to row `row`: guards, exit, transition and entry actions, next state. Unknown events change nothing. */
  step(columns: TableColumns<L>, row: number, event: number): void;
}

export type TableColumns<L extends Layout> = ColumnsOf<L> & { readonly state: Uint8Array };

export interface Behaviour<L extends Layout, Event extends string> {
  readonly events: readonly Event[];
  readonly guards: Readonly<Record<string, RowGuard<L>>>;
  readonly actions: Readonly<Record<string, RowAction<L>>>;
}

/** One way out of a cell: taken when its guard holds. `target` −1 stays. */
interface Way<L extends Layout> {
  readonly guard: RowGuard<L> | undefined;
  readonly actions: readonly RowAction<L>[];
  readonly target: number;
}

/**
 * Compile a machine into a dense (state, event) table over columns. Cell [state · events + event] holds the ways out in
 * the order in which XState tries them: the leaf's transitions as written, then its ancestors'.
 *
 * @throws Error for what has no place in a table (a mistake of the programmer): `after`, `invoke`, `always`, parallel and
 * history states, wildcard events, spawned or inline actions, inline guards, several targets, nested final states.
 */
export function compile<L extends Layout, Event extends string>(
  machine: AnyStateMachine,
  behaviour: Behaviour<L, Event>,
): Table<L, Event> {
  const { root } = machine;
  const leaves = leavesOf(root, behaviour.events);
  const codes = new Map(leaves.map((leaf, code) => [leaf.id, code]));
  const width = behaviour.events.length;
  const cells = leaves.flatMap((leaf) => behaviour.events.map((event) => waysOut(leaf, event, codes, behaviour)));
  const initial = firstLeaf(root);
  const initialCode = codes.get(initial.id) ?? refuse(initial, 'no code, though the chart begins there');
  const entering = enteringFrom(undefined, initial).flatMap((node) => rowActionsOf(node, node.entry, behaviour));
  const states = leaves.map((leaf) => leaf.path.join('.'));
  return {
    states,
    codeOf(state) {
      const code = states.indexOf(state);
      if (code < 0) throw new Error(`'${state}' is none of the states of '${root.id}': ${states.join(', ')}`);
      return code;
    },
    events: Object.fromEntries(behaviour.events.map((event, code) => [event, code])) as Record<Event, number>,
    start(columns, row) {
      columns.state[row] = initialCode;
      for (const action of entering) action(columns, row);
    },
    step: stepThrough(cells, width),
  };
}

/**
 * The cells as one function of its own for each chart: a look into the table, then a switch over the ways out that cells share.
 * Guards and actions are called by name, so that the engine that runs this can put them in place; over arrays of them a step takes
 * three times as long.
 */
function stepThrough<L extends Layout>(cells: readonly (readonly Way<L>[])[], width: number): Table<L, string>['step'] {
  const parts: (RowGuard<L> | RowAction<L>)[] = [];
  const call = (part: RowGuard<L> | RowAction<L>): string => {
    if (!parts.includes(part)) parts.push(part);
    return `part${parts.indexOf(part)}(columns, row)`;
  };
  const codeOf = ({ guard, actions, target }: Way<L>): string => {
    const steps = actions.map((action) => `${call(action)}; `).join('');
    const taken = `{ ${steps}${target < 0 ? '' : `columns.state[row] = ${target}; `}return; }`;
    return guard ? `if (${call(guard)}) ${taken}` : taken;
  };
  const codes = cells.map((ways) => ways.map(codeOf).join(' ') || 'return;');
  const distinct = [...new Set(codes)];
  if (distinct.length > 256) throw new Error(`${distinct.length} different cells, more than a byte tells apart`);
  const table = Uint8Array.from(codes, (code) => distinct.indexOf(code));
  const make = new Function(
    'table',
    ...parts.map((_, i) => `part${i}`),
    `return (columns, row, event) => {
      switch (table[columns.state[row] * ${width} + event]) {
        ${distinct.map((code, i) => `case ${i}: ${code}`).join('\n')}
      }
    };`,
  );
  return make(table, ...parts);
}

/** All ways out of `leaf` on `event`. A way without a guard ends the list: nothing after it can be taken. */
function waysOut<L extends Layout, Event extends string>(
  leaf: AnyStateNode,
  event: Event,
  codes: ReadonlyMap<string, number>,
  behaviour: Behaviour<L, Event>,
): Way<L>[] {
  const ways: Way<L>[] = [];
  // A top-level final state stops the machine: ancestors hear nothing any more.
  if (leaf.type === 'final') return ways;
  for (let node: AnyStateNode | undefined = leaf; node; node = node.parent) {
    for (const transition of node.transitions.get(event) ?? []) {
      const guard = guardOf(node, transition.guard, behaviour);
      const during = rowActionsOf(node, transition.actions, behaviour);
      const [target, ...others] = (transition.target ?? []) as AnyStateNode[];
      if (others.length > 0) refuse(node, `several targets on '${event}'`);
      if (target === undefined) {
        ways.push({ guard, actions: during, target: -1 });
      } else {
        const next = firstLeaf(target);
        const domain = domainOf(node, target, transition.reenter);
        const leaving = enteringFrom(domain, leaf).reverse();
        const entering = enteringFrom(domain, next);
        const actions = [
          ...leaving.flatMap((left) => rowActionsOf(left, left.exit, behaviour)),
          ...during,
          ...entering.flatMap((entered) => rowActionsOf(entered, entered.entry, behaviour)),
        ];
        const code = codes.get(next.id) ?? refuse(node, `the target '${next.id}', which is no state of this chart`);
        ways.push({ guard, actions, target: code });
      }
      if (guard === undefined) return ways;
    }
  }
  return ways;
}

/** The innermost state that a transition from `source` to `target` does not leave (SCXML's transition domain). */
function domainOf(source: AnyStateNode, target: AnyStateNode, reenter: boolean): AnyStateNode {
  if (!reenter && (target === source || isWithin(target, source))) return source;
  for (let node = target.parent; node; node = node.parent) if (isWithin(source, node)) return node;
  return source.machine.root;
}

const isWithin = (node: AnyStateNode, ancestor: AnyStateNode): boolean => {
  for (let parent = node.parent; parent; parent = parent.parent) if (parent === ancestor) return true;
  return false;
};

/** The states from below `domain` down to `leaf`, outermost first; from the root itself when there is no domain. */
function enteringFrom(domain: AnyStateNode | undefined, leaf: AnyStateNode): AnyStateNode[] {
  const nodes: AnyStateNode[] = [];
  for (let node: AnyStateNode | undefined = leaf; node && node !== domain; node = node.parent) nodes.unshift(node);
  return nodes;
}

function firstLeaf(node: AnyStateNode): AnyStateNode {
  let leaf = node;
  while (leaf.type === 'compound') {
    const child: AnyStateNode | undefined = leaf.initial.target[0];
    if (child === undefined) throw refuse(leaf, 'no initial state');
    leaf = child;
  }
  return leaf;
}

function leavesOf(root: AnyStateNode, events: readonly string[]): AnyStateNode[] {
  const leaves: AnyStateNode[] = [];
  const visit = (node: AnyStateNode): void => {
    checkNode(node, events);
    const children = Object.values(node.states) as AnyStateNode[];
    if (children.length === 0) leaves.push(node);
    children.forEach(visit);
  };
  visit(root);
  if (leaves.length > 256) refuse(root, `${leaves.length} leaf states, more than a byte holds`);
  return leaves;
}

function checkNode(node: AnyStateNode, events: readonly string[]): void {
  if (node.type === 'parallel' || node.type === 'history') refuse(node, `a ${node.type} state`);
  if (node.invoke.length > 0) refuse(node, '`invoke`');
  if (node.after.length > 0) refuse(node, '`after`');
  if (node.always !== undefined && node.always.length > 0) refuse(node, '`always`');
  if (node.type === 'compound' && node.initial.actions.length > 0) refuse(node, 'actions on its initial transition');
  if (node.type === 'final' && node.parent?.parent !== undefined) refuse(node, 'a nested final state');
  // XState runs these when the machine stops; a row never stops, so they would be lost.
  if (node.exit.length > 0 && (node.type === 'final' || node.parent === undefined))
    refuse(node, 'an `exit` at the end');
  for (const event of node.transitions.keys()) {
    if (event.includes('*')) refuse(node, `the wildcard event '${event}'`);
    if (!events.includes(event)) refuse(node, `the event '${event}', which is not among those declared`);
  }
}

function guardOf<L extends Layout>(
  node: AnyStateNode,
  guard: unknown,
  behaviour: Behaviour<L, string>,
): RowGuard<L> | undefined {
  if (guard === undefined) return undefined;
  if (typeof guard !== 'string') throw refuse(node, 'a guard that is not a plain name');
  return behaviour.guards[guard] ?? refuse(node, `the guard '${guard}', which has no row function`);
}

function rowActionsOf<L extends Layout>(
  node: AnyStateNode,
  actions: readonly unknown[],
  behaviour: Behaviour<L, string>,
): RowAction<L>[] {
  return actions.map((action) => {
    if (typeof action !== 'string')
      throw refuse(node, 'an action that is not a plain name (inline, spawned or raised)');
    return behaviour.actions[action] ?? refuse(node, `the action '${action}', which has no row function`);
  });
}

function refuse(node: AnyStateNode, what: string): never {
  throw new Error(`State '${node.id}' cannot be compiled to a table: it has ${what}`);
}
