import { type Csr, csrFromTriples } from './csr.ts';
import { columnsOf, invalid, invalidLine, readLines, separatorOf } from './lines.ts';

/** Interactions from a file: the ids in order of first appearance, and the weights between them. */
export interface InteractionTable {
  readonly users: readonly string[];
  readonly tracks: readonly string[];
  /** Weights r > 0 [users × tracks]. */
  readonly weights: Csr;
  /** What a reader of the result should know: duplicates summed, rows left out. */
  readonly notes: readonly string[];
}

/**
 * Read interactions from tab-, comma-, semicolon- or space-separated text, gzipped or not: columns user, item and an
 * optional weight (1 when there is none). A first line of column names is recognised and may name them in another order. Rows of the same pair are summed.
 *
 * @throws DubplateError FILE_NOT_FOUND; INVALID_INPUT naming the line when a row has another number of columns than the
 *   first, an empty id, or a weight that is no finite number ≥ 0; INVALID_INPUT when nothing is left.
 */
export function readInteractionTable(path: string): InteractionTable {
  const users = new IdTable();
  const tracks = new IdTable();
  const user: number[] = [];
  const track: number[] = [];
  const weight: number[] = [];
  let separator: ReturnType<typeof separatorOf> | undefined;
  let columnCount = 0;
  let zeros = 0;
  let order: ColumnOrder = { user: 0, track: 1, weight: 2 };
  const notes: string[] = [];
  for (const { number, text } of readLines(path)) {
    const isFirst = separator === undefined;
    separator ??= separatorOf(text);
    const columns = columnsOf(text, separator);
    if (isFirst) columnCount = columns.length;
    if (columns.length !== columnCount || columnCount < 2 || columnCount > 3) {
      throw wrongColumns(path, number, columns.length, isFirst ? undefined : columnCount);
    }
    if (isFirst) {
      const header = headerOf(columns);
      if (header) {
        order = header;
        notes.push(`${path}: line 1 was taken as column names: ${columns.join(', ')}.`);
        continue;
      }
    }
    const u = columns[order.user] ?? '';
    const t = columns[order.track] ?? '';
    const w = columns[order.weight];
    if (u === '' || t === '') throw invalidLine(path, number, 'the user or item is empty', 'Give both an id.');
    const amount = w === undefined ? 1 : weightOf(path, number, w);
    if (amount === 0) zeros += 1;
    else {
      user.push(users.rowOf(u));
      track.push(tracks.rowOf(t));
      weight.push(amount);
    }
  }
  if (user.length === 0) throw invalid(path, 'holds no interactions', 'Give at least one row with a weight above 0.');
  const weights = csrFromTriples(
    { rows: users.ids.length, cols: tracks.ids.length },
    { row: Uint32Array.from(user), col: Uint32Array.from(track), weight },
  );
  const duplicates = user.length - weights.indices.length;
  if (duplicates > 0) notes.push(`${path}: ${duplicates} rows repeat a pair; their weights were summed.`);
  if (zeros > 0) notes.push(`${path}: ${zeros} rows of weight 0 are no interactions and were left out.`);
  return { users: users.ids, tracks: tracks.ids, weights, notes };
}

/** Numbers ids in order of first appearance. */
class IdTable {
  readonly ids: string[] = [];
  readonly #rows = new Map<string, number>();

  rowOf(id: string): number {
    let row = this.#rows.get(id);
    if (row === undefined) {
      row = this.ids.length;
      this.#rows.set(id, row);
      this.ids.push(id);
    }
    return row;
  }
}

const userNames = /^#?\s*(user|listener|customer|member|visitor)s?([_ -]?(id|name|no))?$|^uid$/i;
const trackNames = /^(item|track|song|artist|movie|product|article|recording)s?([_ -]?(id|name|no))?$|^(iid|tid)$/i;
const weightNames = /^(weight|plays?|play[_ -]?counts?|counts?|rating|score|value|listens?|confidence|r)$/i;

/** Which column holds what. */
interface ColumnOrder {
  readonly user: number;
  readonly track: number;
  readonly weight: number;
}

/**
 * The order that a line of column names gives, or undefined when it is data: a header has a usual name for users or for
 * items somewhere, or for weights in the third place. What it does not name stands in the usual order.
 */
function headerOf(columns: readonly string[]): ColumnOrder | undefined {
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

function weightOf(path: string, line: number, text: string): number {
  const weight = text === '' ? Number.NaN : Number(text);
  if (Number.isFinite(weight) && weight >= 0) return weight;
  throw invalidLine(
    path,
    line,
    `the weight is ${text === '' ? 'empty' : text}, expected a finite number of at least 0`,
    'A weight is an amount, such as a number of plays. Mend the row, or leave the column out to count each row once.',
  );
}

const wrongColumns = (path: string, line: number, found: number, expected: number | undefined) =>
  invalidLine(
    path,
    line,
    `${found} column${found === 1 ? '' : 's'}, expected ${expected === undefined || expected < 2 || expected > 3 ? '2 or 3: user, item and perhaps a weight' : `${expected} as in the first line`}`,
    'Columns are separated by tab, comma, semicolon or space, the same in all lines.',
  );
