import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  Table as ArrowTable,
  type Data,
  DataType,
  Dictionary,
  Field,
  Float32,
  Int16,
  Int32,
  makeData,
  RecordBatch,
  Schema,
  Struct,
  tableFromIPC,
  tableToIPC,
  Uint8,
  Uint32,
  Utf8,
  vectorFromArray,
} from 'apache-arrow';
import { DubplateError } from '../engine/core/errors.ts';
import { type EventColumns, eventKinds, eventSources } from '../engine/core/events.ts';
import { writeFileAtomic } from '../engine/core/files.ts';
import { writeNpy } from '../engine/core/npy.ts';
import { rateOf } from './activity.ts';
import { favouriteScenes } from './people.ts';
import { unit } from './units.ts';
import type { World } from './world.ts';

type Column = readonly [name: string, data: Data];

/**
 * Write events as an Arrow IPC file, one column per field of {@link EventColumns}. `kind` and `source` are dictionaries:
 * their codes are the project's, their values the names. `track` is 4294967295, `position` and `generation` are −1 where
 * an event has none. The same events give the same bytes.
 */
export function writeEvents(path: string, events: EventColumns): void {
  const { length } = events;
  writeTable(path, length, [
    ['user', column(new Uint32(), events.user, length)],
    ['track', column(new Uint32(), events.track, length)],
    ['time', column(new Int32(), events.time, length)],
    ['kind', dictionary(0, eventKinds, events.kind, length)],
    ['playedMs', column(new Uint32(), events.playedMs, length)],
    ['source', dictionary(1, eventSources, events.source, length)],
    ['position', column(new Int16(), events.position, length)],
    ['generation', column(new Int32(), events.generation, length)],
    ['propensity', column(new Float32(), events.propensity, length)],
  ]);
}

/**
 * Read a file of {@link writeEvents}.
 * @throws DubplateError FILE_NOT_FOUND, INVALID_INPUT.
 */
export function readEvents(path: string): EventColumns {
  const table = readTable(path);
  // An empty table has no batches, and its columns no arrays.
  const of = <A>(name: string, empty: A): A => {
    const child = table.getChild(name);
    if (child === null) throw notALog(path, `it has no column '${name}'`);
    return table.numRows === 0 ? empty : (child.toArray() as A);
  };
  const codes = (name: string, names: readonly string[]): Uint8Array => {
    const child = table.getChild(name);
    if (child === null) throw notALog(path, `it has no column '${name}'`);
    return Uint8Array.from(child, (value) => {
      const code = names.indexOf(String(value));
      if (code < 0) throw notALog(path, `its column '${name}' contains '${value}'`);
      return code;
    });
  };
  return {
    length: table.numRows,
    user: of('user', new Uint32Array(0)),
    track: of('track', new Uint32Array(0)),
    time: of('time', new Int32Array(0)),
    kind: codes('kind', eventKinds),
    playedMs: of('playedMs', new Uint32Array(0)),
    source: codes('source', eventSources),
    position: of('position', new Int16Array(0)),
    generation: of('generation', new Int32Array(0)),
    propensity: of('propensity', new Float32Array(0)),
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
  writeTable(path, signedUpAt.length, [
    ['id', text(world.catalogue.listeners.map((listener) => listener.id))],
    ['signedUpAt', column(new Int32(), signedUpAt, signedUpAt.length)],
    ['region', column(new Uint8(), region, region.length)],
  ]);
}

/** The public table of tracks: row number is the `track` of the events. */
export function writeTracks(path: string, world: World): void {
  const { tracks } = world.catalogue;
  const { releasedAt } = world.releases;
  const durationMs = Uint32Array.from(tracks, (track) => track.durationMs);
  writeTable(path, tracks.length, [
    ['id', text(tracks.map((track) => track.id))],
    ['artist', text(tracks.map((track) => track.artist))],
    ['releasedAt', column(new Int32(), releasedAt, releasedAt.length)],
    ['durationMs', column(new Uint32(), durationMs, durationMs.length)],
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
    Uint8Array.from({ length: listeners }, (_, l) => people.scenes[l * favouriteScenes + n] ?? 0);
  const timbreOf = (c: number): Float32Array =>
    Float32Array.from({ length: tracks }, (_, t) => sounds.timbre[t * 4 + c] ?? 0);
  writeTable(join(folder, 'listeners.arrow'), listeners, [
    ['cohort', text(Array.from(arrivals.cohorts(), (cohort) => arrivals.cohortNames[cohort] ?? ''))],
    ['sessionsPerDay', column(new Float32(), Float32Array.from(people.activity, rateOf), listeners)],
    [
      'explore',
      column(
        new Float32(),
        Float32Array.from(people.explore, (share) => share / 255),
        listeners,
      ),
    ],
    ['patience', column(new Uint8(), people.patience, listeners)],
    ...Array.from(
      { length: favouriteScenes },
      (_, n): Column => [`scene${n}`, column(new Uint8(), sceneOf(n), listeners)],
    ),
  ]);
  writeTable(join(folder, 'tracks.arrow'), tracks, [
    ['tempoBpm', column(new Float32(), sounds.tempoBpm, tracks)],
    ['key', column(new Uint8(), sounds.key, tracks)],
    ['energy', column(new Float32(), sounds.energy, tracks)],
    ['brightness', column(new Float32(), timbreOf(0), tracks)],
    ['envelope', column(new Float32(), timbreOf(1), tracks)],
    ['oddEven', column(new Float32(), timbreOf(2), tracks)],
    ['modulation', column(new Float32(), timbreOf(3), tracks)],
    ['scene', column(new Uint8(), artists.trackScene, tracks)],
    [
      'fame',
      column(
        new Float32(),
        Float32Array.from(artists.fame, (fame) => fame / unit),
        tracks,
      ),
    ],
  ]);
  for (const [name, matrix] of Object.entries(truth.matrices())) writeNpy(join(folder, `${name}.npy`), matrix);
}

type Numbers = Uint8Array | Int16Array | Int32Array | Uint32Array | Float32Array;

const column = (type: DataType, values: Numbers, length: number): Data =>
  makeData({ type, length, nullCount: 0, data: values.subarray(0, length) } as Parameters<typeof makeData>[0]) as Data;

const text = (values: readonly string[]): Data => {
  const [data] = vectorFromArray([...values], new Utf8()).data;
  if (data === undefined) throw new Error('Arrow made a text column without data');
  return data;
};

/** Codes into names. The id is given, since Arrow would count it up from one file to the next. */
const dictionary = (id: number, names: readonly string[], codes: Uint8Array, length: number): Data =>
  makeData({
    type: new Dictionary(new Utf8(), new Uint8(), id),
    length,
    nullCount: 0,
    data: codes.subarray(0, length),
    dictionary: vectorFromArray([...names], new Utf8()),
  });

function writeTable(path: string, length: number, columns: readonly Column[]): void {
  const schema = new Schema(columns.map(([name, { type }]) => new Field(name, type, false, meaningOf(name))));
  const children = columns.map(([, data]) => data);
  const batch = new RecordBatch(schema, makeData({ type: new Struct(schema.fields), length, nullCount: 0, children }));
  writeFileAtomic(path, tableToIPC(new ArrowTable(schema, [batch]), 'file'));
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
