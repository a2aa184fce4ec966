import { IdTable } from '../../interactions/id-table.ts';
import { invalid, invalidLine } from '../../interactions/input-errors.ts';
import { columnsOf, type Line, readLines, type Separator, separatorOf } from '../../interactions/lines.ts';
import type { Trace } from './policy.ts';

/** A trace from a file: row i is the key of `ids[i]`, in order of first appearance. */
export interface NamedTrace extends Trace {
  readonly ids: readonly string[];
  /** What a reader of the result should know: the column names that were found, times that were made up. */
  readonly notes: readonly string[];
}

/**
 * Read a trace of cache reads, gzipped or not, one read for each line: columns `time, id, size, next` separated by tab, comma,
 * semicolon or space, as libCacheSim has them, or ids alone. A first line of column names, after `#` or not, is recognised and
 * may name time and id in any place. Other columns are not read: capacity is in keys. Without times, reads count as one second
 * apart.
 *
 * @throws DubplateError FILE_NOT_FOUND; INVALID_INPUT naming the line when it has another number of columns than the first
 *   (a last line that was cut short), an empty id, or a time that is no finite number or before that of the line above;
 *   INVALID_INPUT when nothing is left or a gzip file is torn.
 * Cost: one pass; 12 to 24 bytes for each read, and the ids.
 */
export async function readTrace(path: string): Promise<NamedTrace> {
  const table = new TraceTable(path);
  for await (const line of readLines(path)) table.read(line);
  return table.trace();
}

const timeNames = /^#?\s*(time|timestamp|ts|clock([_ -]?time)?|seconds?)$/i;
const idNames = /^#?\s*(id|key|(obj|object|item|user|listener)([_ -]?id)?)$/i;

/** The columns of the lines so far. */
class TraceTable {
  readonly #path: string;
  readonly #ids = new IdTable();
  readonly #notes: string[] = [];
  #form: Form | undefined;
  #refs = new Uint32Array(1024);
  #timesS = new Float64Array(1024);
  #reads = 0;

  constructor(path: string) {
    this.#path = path;
  }

  read(line: Line): void {
    const separator = this.#form?.separator ?? separatorOf(line.text);
    const texts = columnsOf(line.text, separator);
    const isFirst = this.#form === undefined;
    this.#form ??= { separator, columnCount: texts.length, columns: usualColumns(texts) };
    if (isFirst && this.#isHeader(texts)) return;
    const { columns, columnCount } = this.#form;
    if (texts.length !== columnCount) throw wrongColumns(this.#path, line.number, texts.length, columnCount);
    const id = texts[columns.id] ?? '';
    if (id === '') throw invalidLine(this.#path, line.number, 'the id is empty', nameThem);
    this.#keep(id, columns.time === undefined ? this.#reads : this.#timeOf(texts[columns.time] ?? '', line.number));
  }

  trace(): NamedTrace {
    const n = this.#reads;
    if (n === 0) throw invalid(this.#path, 'holds no reads', 'Give one read for each line: time, id; or the id alone.');
    if (this.#form?.columns.time === undefined) {
      this.#notes.push(`${this.#path}: there are no times; reads were taken to be one second apart.`);
    }
    const [refs, timesS] = [this.#refs.slice(0, n), this.#timesS.slice(0, n)];
    return { keys: this.#ids.length, refs, timesS, ids: this.#ids.all(), notes: this.#notes };
  }

  /** Is it a line of column names? Then where time and id stand is learnt from it. */
  #isHeader(texts: readonly string[]): boolean {
    const id = texts.findIndex((text) => idNames.test(text));
    const time = texts.findIndex((text) => timeNames.test(text));
    if ((id < 0 && time < 0) || texts.some((text) => text !== '' && !Number.isNaN(Number(text)))) return false;
    if (this.#form !== undefined) {
      const first = time === 0 ? 1 : 0;
      this.#form = { ...this.#form, columns: { id: id < 0 ? first : id, time: time < 0 ? undefined : time } };
    }
    this.#notes.push(`${this.#path}: line 1 was taken as column names: ${texts.join(', ')}.`);
    return true;
  }

  #timeOf(text: string, line: number): number {
    const timeS = text === '' ? Number.NaN : Number(text);
    if (!Number.isFinite(timeS)) {
      const found = `the time is ${text === '' ? 'empty' : text.slice(0, 40)}, expected a number of seconds`;
      throw invalidLine(this.#path, line, found, nameThem);
    }
    const last = this.#reads > 0 ? this.#timesS[this.#reads - 1]! : timeS;
    if (timeS < last) {
      const found = `the time is ${text}, before that of the line above, ${last}`;
      throw invalidLine(this.#path, line, found, 'Sort the lines by time.');
    }
    return timeS;
  }

  #keep(id: string, timeS: number): void {
    if (this.#reads === this.#refs.length) {
      const [refs, timesS] = [this.#refs, this.#timesS];
      this.#refs = new Uint32Array(2 * refs.length);
      this.#timesS = new Float64Array(2 * refs.length);
      this.#refs.set(refs);
      this.#timesS.set(timesS);
    }
    this.#refs[this.#reads] = this.#ids.rowOfText(id);
    this.#timesS[this.#reads] = timeS;
    this.#reads += 1;
  }
}

const nameThem =
  'Columns are time, id and others, or ids alone; where they stand otherwise, begin the file with a line of their names: time, id.';

/** Which column holds what, counted from 0. */
interface TraceColumns {
  readonly id: number;
  /** Seconds since any moment; undefined where there are no times. */
  readonly time: number | undefined;
}

interface Form {
  readonly separator: Separator;
  readonly columnCount: number;
  readonly columns: TraceColumns;
}

const usualColumns = (texts: readonly string[]): TraceColumns =>
  texts.length === 1 ? { id: 0, time: undefined } : { id: 1, time: 0 };

const wrongColumns = (path: string, line: number, found: number, expected: number) =>
  invalidLine(
    path,
    line,
    `${found} column${found === 1 ? '' : 's'}, expected ${expected} as in the first line`,
    'A last line may be cut short. Columns are separated by tab, comma, semicolon or space, the same in all lines.',
  );
