import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  Table as ArrowTable,
  AsyncByteQueue,
  type Data,
  DataType,
  Dictionary,
  Field,
  makeData,
  makeVector,
  RecordBatch,
  RecordBatchFileWriter,
  Schema,
  Struct,
  tableFromIPC,
  tableToIPC,
  Uint8,
  Utf8,
  type Vector,
  vectorFromArray,
} from 'apache-arrow';
import { DubplateError } from '../engine/core/errors.ts';
import { EventBuffer, type EventColumns, eventKinds, eventSources, rowsOf } from '../engine/core/events.ts';
import { AtomicFile, writeFileAtomic } from '../engine/core/files.ts';
import { writeNpy } from '../engine/core/npy.ts';
import { rateOf } from './activity.ts';
import { favouriteScenes } from './people.ts';
import { unit } from './units.ts';
import type { World } from './world.ts';

type Column = readonly [name: string, data: Data];

/** A log file that is being written. */
export interface EventFile {
  /** Takes the next rows. */
  readonly add: (events: EventColumns) => void;
  /** The file is there, whole. */
  finish(): void;
  /** Leaves nothing behind. To be called after anything has failed. */
  abandon(): void;
}

/** Rows that are written at once: so much of a day is held in memory, under 2 MB. */
const batchRows = 1 << 16;

/**
 * Begin an Arrow IPC file of events, one column per field of {@link EventColumns}. `kind` and `source` are dictionaries:
 * their codes are the project's, their values the names. `track` is 4294967295, `position` and `generation` are −1 where
 * an event has none. Rows go to disk in batches of a fixed size: the same events give the same bytes, however they are cut
 * up when they come. Nothing is to be seen under `path` before the file is finished.
 * @throws DubplateError DISK_FULL, as all that is called of it.
 */
export function openEventFile(path: string): EventFile {
  const file = new AtomicFile(path);
  const writer = new RecordBatchFileWriter();
  writer.reset(new FileQueue(file));
  const waiting = new EventBuffer();
  let batches = 0;
  const writeBatch = (): void => {
    writer.write(batchOf(eventTable(waiting.view())));
    waiting.clear();
    batches++;
  };
  return {
    add(events) {
      for (let from = 0; from < events.length; ) {
        const to = Math.min(events.length, from + batchRows - waiting.length);
        waiting.append(rowsOf(events, from, to));
        if (waiting.length === batchRows) writeBatch();
        from = to;
      }
    },
    finish() {
      // A file without a batch would have no columns.
      if (waiting.length > 0 || batches === 0) writeBatch();
      writer.finish();
      file.finish();
    },
    abandon: () => file.abandon(),
  };
}

/** Write a whole file of events: see {@link openEventFile}. */
export function writeEvents(path: string, events: EventColumns): void {
  const file = openEventFile(path);
  try {
    file.add(events);
    file.finish();
  } catch (error) {
    file.abandon();
    throw error;
  }
}

/** Write a file of what happens while something goes on; when that fails, nothing is left behind. */
export async function recordEvents(path: string, goOn: (add: EventFile['add']) => Promise<void>): Promise<void> {
  const file = openEventFile(path);
  try {
    await goOn(file.add);
    file.finish();
  } catch (error) {
    file.abandon();
    throw error;
  }
}

/** Where Arrow writes to: at once to the file, so that nothing waits in memory. */
class FileQueue extends AsyncByteQueue {
  readonly #file: AtomicFile;

  constructor(file: AtomicFile) {
    super();
    this.#file = file;
  }

  override write(bytes: ArrayBufferLike | ArrayBufferView): void {
    this.#file.write(
      ArrayBuffer.isView(bytes)
        ? new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength)
        : new Uint8Array(bytes),
    );
  }
}

const eventTable = (events: EventColumns): Column[] => {
  const { length } = events;
  return [
    ['user', column(events.user, length)],
    ['track', column(events.track, length)],
    ['time', column(events.time, length)],
    ['kind', dictionary(0, kindNames, events.kind, length)],
    ['playedMs', column(events.playedMs, length)],
    ['source', dictionary(1, sourceNames, events.source, length)],
    ['position', column(events.position, length)],
    ['generation', column(events.generation, length)],
    ['propensity', column(events.propensity, length)],
  ];
};

/**
 * Read a file of {@link writeEvents}.
 * @throws DubplateError FILE_NOT_FOUND, INVALID_INPUT.
 */
export function readEvents(path: string): EventColumns {
  const table = readTable(path);
  // An empty table has no batches, and its columns no arrays.
  const of = <A extends Numbers>(name: string, type: new (length: number) => A): A => {
    const child = table.getChild(name);
    if (child === null) throw notALog(path, `it has no column '${name}'`);
    if (table.numRows === 0) return new type(0);
    const values = child.toArray();
    if (values instanceof type) return values;
    throw notALog(path, `its column '${name}' holds ${child.type}, not ${column(new type(0)).type}`);
  };
  const codes = (name: string, names: readonly string[]): Uint8Array => {
    const child = table.getChild(name);
    if (child === null) throw notALog(path, `it has no column '${name}'`);
    const found = new Uint8Array(table.numRows);
    let row = 0;
    for (const { values, dictionary, length } of child.data) {
      // Whoever wrote the file may have numbered the names otherwise.
      const codeOf = Array.from(dictionary ?? [], (value) => names.indexOf(String(value)));
      for (let i = 0; i < length; i++) {
        const code = codeOf[values[i]] ?? -1;
        if (code < 0) throw notALog(path, `its column '${name}' contains '${dictionary?.get(values[i]) ?? values[i]}'`);
        found[row++] = code;
      }
    }
    return found;
  };
  return {
    length: table.numRows,
    user: of('user', Uint32Array),
    track: of('track', Uint32Array),
    time: of('time', Int32Array),
    kind: codes('kind', eventKinds),
    playedMs: of('playedMs', Uint32Array),
    source: codes('source', eventSources),
    position: of('position', Int16Array),
    generation: of('generation', Int32Array),
    propensity: of('propensity', Float32Array),
  };
}

/** One column: numbers of one width, or texts. */
export type Values = Uint8Array | Int16Array | Int32Array | Uint32Array | Float32Array | readonly string[];

/** A table as columns of one length, by name. */
export type Table = Readonly<Record<string, Values>>;

/**
 * Read a table that a run wrote (`listeners.arrow`, `tracks.arrow`) as columns by name, codes as the names they stand for.
 * @throws DubplateError FILE_NOT_FOUND, INVALID_INPUT.
 */
export function readColumns(path: string): Table {
  const table = readTable(path, 'table');
  return Object.fromEntries(
    table.schema.fields.map(({ name, type }): [string, Values] => {
      const child = table.getChild(name);
      const isText = DataType.isUtf8(type) || DataType.isDictionary(type);
      if (child === null || table.numRows === 0) return [name, isText ? [] : new Uint8Array(0)];
      return [name, isText ? Array.from(child, String) : (child.toArray() as Values)];
    }),
  );
}

/** The public table of listeners: row number is the `user` of the events. */
export function writeListeners(path: string, world: World): void {
  const { signedUpAt, region } = world.arrivals;
  writeTable(path, [
    ['id', text(world.catalogue.listeners.map((listener) => listener.id))],
    ['signedUpAt', column(signedUpAt)],
    ['region', column(region)],
  ]);
}

/** The public table of tracks: row number is the `track` of the events. */
export function writeTracks(path: string, world: World): void {
  const { tracks } = world.catalogue;
  const { releasedAt } = world.releases;
  const durationMs = Uint32Array.from(tracks, (track) => track.durationMs);
  writeTable(path, [
    ['id', text(tracks.map((track) => track.id))],
    ['artist', text(tracks.map((track) => track.artist))],
    ['releasedAt', column(releasedAt)],
    ['durationMs', column(durationMs)],
  ]);
}

/**
 * Write what the engine must not know into `folder`: `listeners.arrow` (cohort, habits, favourite scenes),
 * `tracks.arrow` (true sound, scene, fame) and the family's matrices as `.npy`, from which, with the world's seed, every utility
 * follows. Where taste drifts, the matrices of listeners are those of day 0, and `destination_*.npy` has the same of where it moves
 * to: matches of day d are cos θ times those of day 0 and sin θ times those of the destination, θ = asin(√drift) · d / 365.
 */
export function writeTruth(world: World, folder: string): void {
  const { people, arrivals, sounds, truth, releases, artists } = world;
  const listeners = arrivals.signedUpAt.length;
  const tracks = releases.artist.length;
  const sceneOf = (n: number): Uint8Array =>
    Uint8Array.from({ length: listeners }, (_, l) => people.scenes[l * favouriteScenes + n]!);
  const timbreOf = (c: number): Float32Array =>
    Float32Array.from({ length: tracks }, (_, t) => sounds.timbre[t * 4 + c]!);
  writeTable(join(folder, 'listeners.arrow'), [
    ['cohort', text(Array.from(arrivals.cohorts(), (cohort) => arrivals.cohortNames[cohort]!))],
    ['sessionsPerDay', column(Float32Array.from(people.activity, rateOf), listeners)],
    [
      'explore',
      column(
        Float32Array.from(people.explore, (share) => share / 255),
        listeners,
      ),
    ],
    ['patience', column(people.patience, listeners)],
    ...Array.from({ length: favouriteScenes }, (_, n): Column => [`scene${n}`, column(sceneOf(n), listeners)]),
  ]);
  writeTable(join(folder, 'tracks.arrow'), [
    ['tempoBpm', column(sounds.tempoBpm, tracks)],
    ['key', column(sounds.key, tracks)],
    ['energy', column(sounds.energy, tracks)],
    ['brightness', column(timbreOf(0), tracks)],
    ['envelope', column(timbreOf(1), tracks)],
    ['oddEven', column(timbreOf(2), tracks)],
    ['modulation', column(timbreOf(3), tracks)],
    ['scene', column(artists.trackScene, tracks)],
    [
      'fame',
      column(
        Float32Array.from(artists.fame, (fame) => fame / unit),
        tracks,
      ),
    ],
  ]);
  for (const [name, matrix] of Object.entries(truth.matrices())) writeNpy(join(folder, `${name}.npy`), matrix);
}

type Numbers = Uint8Array | Int16Array | Int32Array | Uint32Array | Float32Array;

/** The first `length` of them, of the Arrow type that has their width. */
const column = (values: Numbers, length = values.length): Data => wholeOf(makeVector(values.subarray(0, length)));

const text = (values: readonly string[]): Data => wholeOf(vectorFromArray([...values], new Utf8()));

function wholeOf<T extends DataType>({ data: [data] }: Vector<T>): Data<T> {
  if (data === undefined) throw new Error('Arrow made a column without data');
  return data;
}

const kindNames = vectorFromArray([...eventKinds], new Utf8());
const sourceNames = vectorFromArray([...eventSources], new Utf8());

/** Codes into names, which all batches of a file share. The id is given, since Arrow would count it up from one file to the next. */
const dictionary = (id: number, names: Vector<Utf8>, codes: Uint8Array, length: number): Data =>
  makeData({
    type: new Dictionary(new Utf8(), new Uint8(), id),
    length,
    nullCount: 0,
    data: codes.subarray(0, length),
    dictionary: names,
  });

function writeTable(path: string, columns: readonly Column[]): void {
  const batch = batchOf(columns);
  writeFileAtomic(path, tableToIPC(new ArrowTable(batch.schema, [batch]), 'file'));
}

function batchOf(columns: readonly Column[]): RecordBatch {
  const schema = new Schema(columns.map(([name, { type }]) => new Field(name, type, false, meaningOf(name))));
  const children = columns.map(([, data]) => data);
  const length = children[0]?.length ?? 0;
  return new RecordBatch(schema, makeData({ type: new Struct(schema.fields), length, nullCount: 0, children }));
}

/** What readers in other languages need to know of a column: stands in the Arrow field's metadata under `meaning`. */
const meanings: Readonly<Record<string, string>> = {
  user: 'row of listeners.arrow',
  track: 'row of tracks.arrow; 4294967295: none',
  time: 'seconds since day 0, 00:00; negative in the past',
  signedUpAt: 'seconds since day 0, 00:00',
  releasedAt: 'seconds since day 0, 00:00',
  playedMs: 'milliseconds heard',
  durationMs: 'milliseconds',
  position: '0-based position in the slate; -1: none',
  generation: 'generation of the slate shown; -1: none',
  propensity: 'probability that the policy showed this track at that position; 1 where it is deterministic',
};

function meaningOf(name: string): Map<string, string> {
  const meaning = meanings[name];
  return new Map(meaning === undefined ? [] : [['meaning', meaning]]);
}

function readTable(path: string, what: 'event log' | 'table' = 'event log'): ArrowTable {
  if (!existsSync(path)) {
    throw new DubplateError('FILE_NOT_FOUND', `There is no ${what} at ${path}`, {
      hint: 'Check the path of the run.',
    });
  }
  try {
    return tableFromIPC(readFileSync(path));
  } catch (cause) {
    throw notA(what, path, 'it is not a whole Arrow IPC file', cause);
  }
}

const notALog = (path: string, found: string): DubplateError => notA('event log', path, found);

const notA = (what: 'event log' | 'table', path: string, found: string, cause?: unknown): DubplateError =>
  new DubplateError(
    'INVALID_INPUT',
    `${path} is not ${what === 'table' ? 'a table of a run' : 'an event log'}: ${found}`,
    {
      hint:
        what === 'table'
          ? 'It was changed or damaged after the run. Copy it again, or run the scenario again.'
          : 'Name a file that a run wrote under events/.',
      cause,
    },
  );
