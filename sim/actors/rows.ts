import { assign } from 'xstate';
import { type ColumnsOf, columnsOf, type Layout } from '../columns.ts';

/** One actor's numbers by column name: the context of the interpreted machine. */
export type RowOf<L extends Layout> = { [N in keyof L]: number };

/** A question about row `row`. Pure. */
export type RowGuard<L extends Layout> = (columns: ColumnsOf<L>, row: number) => boolean;
/** A change to row `row`, and to nothing else. */
export type RowAction<L extends Layout> = (columns: ColumnsOf<L>, row: number) => void;

/** An event as XState sees it; the table knows the same by its code. */
export interface RowEvent<Type extends string> {
  readonly type: Type;
}

/** Row `row` of the columns as plain numbers. */
export function readRow<L extends Layout>(columns: ColumnsOf<L>, row: number): RowOf<L> {
  const numbers = Object.entries(columns).map(([name, column]) => [name, column[row]!]);
  return Object.fromEntries(numbers) as RowOf<L>;
}

/** Put plain numbers into row `row`. */
export function writeRow<L extends Layout>(columns: ColumnsOf<L>, row: number, numbers: RowOf<L>): void {
  for (const name of Object.keys(columns)) columns[name]![row] = numbers[name]!;
}

/** Row guards as XState guards: the machine's context becomes a table of one row. */
export function rowGuards<L extends Layout, N extends string>(layout: L, guards: Record<N, RowGuard<L>>) {
  const wrap = (guard: RowGuard<L>) => (args: { context: RowOf<L> }) => guard(oneRow(layout, args.context), 0);
  const wrapped = Object.entries<RowGuard<L>>(guards).map(([name, guard]) => [name, wrap(guard)]);
  return Object.fromEntries(wrapped) as Record<N, ReturnType<typeof wrap>>;
}

/** Row actions as XState assignments. */
export function rowActions<L extends Layout, T extends string, N extends string>(
  layout: L,
  _events: readonly T[],
  actions: Record<N, RowAction<L>>,
) {
  const wrap = (action: RowAction<L>) =>
    assign<RowOf<L>, RowEvent<T>, undefined, RowEvent<T>, never>(({ context }) => {
      const row = oneRow(layout, context);
      action(row, 0);
      return readRow(row, 0);
    });
  const wrapped = Object.entries<RowAction<L>>(actions).map(([name, action]) => [name, wrap(action)]);
  return Object.fromEntries(wrapped) as Record<N, ReturnType<typeof wrap>>;
}

function oneRow<L extends Layout>(layout: L, numbers: RowOf<L>): ColumnsOf<L> {
  const columns = columnsOf(layout, 1, ArrayBuffer);
  writeRow(columns, 0, numbers);
  return columns;
}
