/** Which column holds what, counted from 0; a place beyond the last column is that of a column that there is not. */
export interface ColumnOrder {
  readonly user: number;
  readonly track: number;
  readonly weight: number;
}

export const usualOrder: ColumnOrder = { user: 0, track: 1, weight: 2 };

const userNames = /^#?\s*(user|listener|customer|member|visitor)s?([_ -]?(id|name|no))?$|^uid$/i;
const trackNames = /^(item|track|song|artist|movie|product|article|recording)s?([_ -]?(id|name|no))?$|^(iid|tid)$/i;
const weightNames = /^(weight|plays?|play[_ -]?counts?|counts?|rating|score|value|listens?|confidence|r)$/i;

/**
 * The order that a line of column names gives, or undefined when it is data: a header has a usual name for users or for
 * items somewhere, or for weights in the third place. What it does not name stands in the usual order.
 */
export function headerOf(columns: readonly string[]): ColumnOrder | undefined {
  const named = (names: RegExp): number => columns.findIndex((column) => names.test(column.trim()));
  const user = named(userNames);
  const track = named(trackNames);
  const weight = named(weightNames);
  if (user < 0 && track < 0 && weight !== 2) return undefined;
  const taken = new Set([user, track, weight]);
  const free = columns.map((_, i) => i).filter((i) => !taken.has(i));
  const place = (found: number): number => (found >= 0 ? found : (free.shift() ?? columns.length));
  return { user: place(user), track: place(track), weight: place(weight) };
}
