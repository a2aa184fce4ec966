import { type IdTable, viewOf } from './id-table.ts';
import { invalidLine } from './input-errors.ts';
import { carriageReturn, columnsOf, lineEnd, lineFeed, lineText, type Separator, separatorOf } from './lines.ts';
import type { PairSums } from './pair-sums.ts';
import { type ColumnOrder, headerOf, usualOrder } from './table-header.ts';

/**
 * Reads the lines of a table of interactions, block by block: numbers their ids and adds their weights to `sums`.
 *
 * Most lines are plain: no quotes, and columns that begin and end in printable ASCII. These are read byte by byte, without
 * making a string. The first line, the others, and those with something wrong are read as text.
 */
export class TableText {
  readonly #path: string;
  readonly #users: IdTable;
  readonly #tracks: IdTable;
  readonly #sums: PairSums;
  #line = 0;
  /** The form of all lines, known from the first. */
  #form: Form | undefined;
  #header: readonly string[] | undefined;
  #events = 0;
  #zeros = 0;

  constructor(path: string, ids: { readonly users: IdTable; readonly tracks: IdTable }, sums: PairSums) {
    this.#path = path;
    this.#users = ids.users;
    this.#tracks = ids.tracks;
    this.#sums = sums;
  }

  /** The column names that the first line gave, if it did. */
  get header(): readonly string[] | undefined {
    return this.#header;
  }

  /** Lines with a weight above 0, so far. */
  get events(): number {
    return this.#events;
  }

  /** Lines of weight 0, so far. They are left out: not even their ids are numbered. */
  get zeros(): number {
    return this.#zeros;
  }

  /** @throws DubplateError INVALID_INPUT, naming the first line that is not as it should be. */
  read(block: Buffer): void {
    const view = viewOf(block);
    for (let begin = 0; begin < block.length; ) {
      this.#line += 1;
      let end = this.#form === undefined ? notPlain : this.#readPlain(block, view, begin, this.#form);
      if (end === notPlain) {
        end = lineEnd(block, begin);
        this.#readText(lineText(block, begin, end));
      }
      begin = end + 1;
    }
  }

  /** Read the line that begins at `begin`. Returns where it ends, or, with nothing done, that it is not plain. */
  #readPlain(block: Buffer, view: DataView, begin: number, form: Form): number {
    const { separatorByte, columnCount } = form;
    let column = 0;
    let end = begin;
    begins[0] = begin;
    for (; end < block.length; end++) {
      const byte = block[end]!;
      if (byte === separatorByte) {
        if (column === columnCount - 1) return notPlain;
        ends[column++] = end;
        begins[column] = end + 1;
      } else if (byte <= quote) {
        if (byte === lineFeed || byte === carriageReturn) break;
        if (byte === quote) return notPlain;
      }
    }
    ends[column++] = end;
    const { user, track, weight: w } = form.order;
    if (column !== columnCount || user >= column || track >= column) return notPlain;
    for (let c = 0; c < column; c++) if (!isBare(block, begins[c]!, ends[c]!)) return notPlain;
    if (block[end] === carriageReturn) {
      end += 1;
      if (end < block.length && block[end] !== lineFeed) return notPlain;
    }
    const weight = w < column ? numberAt(block, begins[w]!, ends[w]!) : 1;
    if (!isWeight(weight)) return notPlain;
    if (isZero(weight)) this.#zeros += 1;
    else {
      const row = this.#users.rowOf(view, begins[user]!, ends[user]!);
      this.#count(row, this.#tracks.rowOf(view, begins[track]!, ends[track]!), weight);
    }
    return end;
  }

  #readText(line: string): void {
    if (line.trim() === '') return;
    const separator = this.#form?.separator ?? separatorOf(line);
    const columns = columnsOf(line, separator);
    const { columnCount, order } = this.#form ?? this.#readForm(separator, columns);
    if (columns.length !== columnCount) throw wrongColumns(this.#path, this.#line, columns.length, columnCount);
    if (columns === this.#header) return;
    const user = columns[order.user] ?? '';
    const track = columns[order.track] ?? '';
    const text = columns[order.weight];
    if (user === '' || track === '') {
      throw invalidLine(this.#path, this.#line, 'the user or item is empty', 'Give both an id.');
    }
    const weight = text === undefined ? 1 : text === '' ? Number.NaN : Number(text);
    if (!isWeight(weight)) throw wrongWeight(this.#path, this.#line, text ?? '');
    if (isZero(weight)) this.#zeros += 1;
    else {
      const row = this.#users.rowOfText(user);
      this.#count(row, this.#tracks.rowOfText(track), weight);
    }
  }

  /** Learn from the first line what the lines are like. */
  #readForm(separator: Separator, columns: readonly string[]): Form {
    const columnCount = columns.length;
    if (columnCount < 2 || columnCount > 3) throw wrongColumns(this.#path, this.#line, columnCount);
    const order = headerOf(columns);
    if (order !== undefined) this.#header = columns;
    this.#form = { separator, separatorByte: separator.charCodeAt(0), columnCount, order: order ?? usualOrder };
    return this.#form;
  }

  #count(user: number, track: number, weight: number): void {
    this.#events += 1;
    this.#sums.add(user, track, weight);
  }
}

interface Form {
  readonly separator: Separator;
  readonly separatorByte: number;
  /** 2 or 3. */
  readonly columnCount: number;
  readonly order: ColumnOrder;
}

const notPlain = -1;
const quote = 0x22;

// The columns of the line at hand.
const begins = new Int32Array(3);
const ends = new Int32Array(3);

/** Is there something in [begin, end) that trimming would not shorten? */
const isBare = (bytes: Buffer, begin: number, end: number): boolean =>
  begin < end && isPrintable(bytes[begin]!) && isPrintable(bytes[end - 1]!);

const isPrintable = (byte: number): boolean => byte > 0x20 && byte < 0x7f;

const powersOfTen = [1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15];

/** What `Number` makes of the text in [begin, end): up to 15 digits and a point by themselves, as both parts are exact. */
function numberAt(bytes: Buffer, begin: number, end: number): number {
  let digits = 0;
  let point = end;
  for (let at = begin; at < end; at++) {
    const digit = bytes[at]! - 0x30;
    if (digit >= 0 && digit <= 9) digits = 10 * digits + digit;
    else if (digit === -2 && point === end) point = at;
    else return Number(bytes.toString('latin1', begin, end));
  }
  if (end - begin > 15 || (end - begin === 1 && point < end)) return Number(bytes.toString('latin1', begin, end));
  return point === end ? digits : digits / powersOfTen[end - 1 - point]!;
}

/** Weights are kept in float32. */
const isWeight = (weight: number): boolean => weight >= 0 && Math.fround(weight) < Number.POSITIVE_INFINITY;
const isZero = (weight: number): boolean => Math.fround(weight) === 0;

function wrongWeight(path: string, line: number, text: string) {
  const isTooLarge = Number(text) > 0 && Number.isFinite(Number(text));
  return invalidLine(
    path,
    line,
    `the weight is ${text === '' ? 'empty' : text.length > 40 ? `${text.slice(0, 40)}…` : text}, expected ${isTooLarge ? 'at most 3.4e38' : 'a finite number of at least 0'}`,
    'A weight is an amount, such as a number of plays. Mend the row, or leave the column out to count each row once.',
  );
}

const wrongColumns = (path: string, line: number, found: number, expected?: number) =>
  invalidLine(
    path,
    line,
    `${found} column${found === 1 ? '' : 's'}, expected ${expected === undefined ? '2 or 3: user, item and perhaps a weight' : `${expected} as in the first line`}`,
    'Columns are separated by tab, comma, semicolon or space, the same in all lines.',
  );
