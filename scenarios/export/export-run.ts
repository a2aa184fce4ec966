import { join } from 'node:path';
import { DubplateError } from '../../engine/core/errors.ts';
import {
  type EventColumns,
  eventKinds,
  eventSources,
  noGeneration,
  noPosition,
  noTrack,
} from '../../engine/core/events.ts';
import type { Progress } from '../../engine/core/progress.ts';
import { secondsPerDay } from '../../engine/core/time.ts';
import { readColumns, readEvents, type Table, type Values } from '../../sim/log.ts';
import { dayName } from '../event-log.ts';
import { checkFiles, type FinishedRun } from '../finished-run.ts';
import { type Database, type FileFormat, openDatabase } from './database.ts';
import { beginExport, checkExportFolder, endExport, type TableName } from './export-folder.ts';

export interface ExportOptions {
  readonly arms: readonly string[];
  readonly worlds: readonly string[];
  readonly format: FileFormat;
  /** Write what the engine must not know as well. */
  readonly truth: boolean;
  readonly out: string;
  readonly progress: Progress;
}

/** What an export wrote of one table. */
export interface ExportedTable {
  readonly table: TableName;
  /** Over all files. */
  readonly rows: number;
  readonly files: number;
  /** Matches every file of the table. */
  readonly glob: string;
}

/**
 * Writes a run's tables for other tools, one day of events in memory at a time. Events are by arm and world, listeners and
 * tracks by world: all arms of a world share them.
 *
 * @throws DubplateError OUTPUT_NOT_A_RUN, FILE_NOT_FOUND and INVALID_INPUT for a run that is not whole, DISK_FULL, or
 *   INVALID_OPTIONS when the disk refuses for another reason. What was written before is whole; `export.json` says that more was to come.
 */
export async function exportRun(run: FinishedRun, options: ExportOptions): Promise<ExportedTable[]> {
  const { arms, worlds, out, format, truth } = options;
  checkFiles(run, filesOf(run, options));
  checkExportFolder(out);
  const label = { run: run.path, version: run.version, format, arms, worlds, truth };
  beginExport(out, label);
  const written = new Written(options);
  const database = await openDatabase();
  try {
    for (const world of worlds) {
      const sizes = await putPublicTables(run, database, arms[0] ?? '', world);
      await writeWorld(run, database, written, { world, sizes });
      for (const arm of arms) {
        await writeDays(run, database, written, { table: 'events', arm, world, sizes, days: run.days });
        if (!truth) continue;
        const days = run.days.filter((day) => day >= 0);
        await writeDays(run, database, written, { table: 'truth_shadow', arm, world, sizes, days });
      }
    }
  } finally {
    database.close();
  }
  const tables = written.tables();
  endExport(out, { ...label, tables: tables.map(({ glob, ...rest }) => rest) });
  return tables;
}

const publicTables = ['listeners', 'tracks'] as const;

/** Everything that will be read. */
function filesOf(run: FinishedRun, { arms, worlds, truth }: ExportOptions): string[] {
  const [first = ''] = arms;
  return worlds.flatMap((world) => [
    ...publicTables.flatMap((table) => [
      run.file(first, world, `${table}.arrow`),
      ...(truth ? [run.file(first, world, 'truth', `${table}.arrow`)] : []),
    ]),
    ...arms.flatMap((arm) =>
      run.days.flatMap((day) => [
        run.eventsOf(arm, world, day),
        ...(truth && day >= 0 ? [shadowOf(run, arm, world, day)] : []),
      ]),
    ),
  ]);
}

const shadowOf = (run: FinishedRun, arm: string, world: string, day: number): string =>
  run.file(arm, world, 'truth', 'shadow', `${dayName(day)}.arrow`);

/** Counts what is written, and knows where it goes. */
class Written {
  readonly options: ExportOptions;
  readonly #tables = new Map<TableName, ExportedTable>();

  constructor(options: ExportOptions) {
    this.options = options;
  }

  /** @param parts folders as `name=value`, then the name of the file without its ending. */
  async write(database: Database, table: TableName, select: string, ...parts: readonly string[]): Promise<void> {
    const { out, format } = this.options;
    const rows = await database.write(select, `${join(out, table, ...parts)}.${format}`, format);
    const before = this.#tables.get(table);
    this.#tables.set(table, {
      table,
      rows: (before?.rows ?? 0) + rows,
      files: (before?.files ?? 0) + 1,
      glob: join(out, table, '**', `*.${format}`),
    });
  }

  tables(): ExportedTable[] {
    return [...this.#tables.values()];
  }
}

interface Sizes {
  readonly listeners: number;
  readonly tracks: number;
}

/** The tables that ids come from, each with its row numbers. */
async function putPublicTables(run: FinishedRun, database: Database, arm: string, world: string): Promise<Sizes> {
  const lengths = [];
  for (const name of publicTables) {
    const path = run.file(arm, world, `${name}.arrow`);
    const table = readColumns(path);
    const length = lengthOf(table);
    checkColumns(table, publicColumns[name], path);
    await database.put(name, { row: rowNumbers(length), ...table });
    lengths.push(length);
  }
  const [listeners = 0, tracks = 0] = lengths;
  return { listeners, tracks };
}

const publicColumns = {
  listeners: ['id', 'signedUpAt', 'region'],
  tracks: ['id', 'artist', 'releasedAt', 'durationMs'],
} as const;

function checkColumns(table: Table, wanted: readonly string[], path: string): void {
  const missing = wanted.filter((name) => !(name in table));
  if (missing.length === 0) return;
  throw new DubplateError('INVALID_INPUT', `${path} has no column ${missing.map((name) => `'${name}'`).join(', ')}`, {
    hint: 'It was written by another version of Dubplate: export with that one, or run the scenario again.',
  });
}

const rowNumbers = (length: number): Uint32Array => Uint32Array.from({ length }, (_, row) => row);

const lengthOf = (table: Table): number => Object.values<Values>(table)[0]?.length ?? 0;

/** The day that a column of simulated seconds falls in: negative ones before day 0 too. */
const dayOf = (column: string): string => `CAST(floor(${column} / ${secondsPerDay}) AS INTEGER)`;

/** Listeners and tracks as everybody may know them, and with `truth` as they are. */
async function writeWorld(
  run: FinishedRun,
  database: Database,
  written: Written,
  { world, sizes }: { readonly world: string; readonly sizes: Sizes },
): Promise<void> {
  const at = `world=${world}`;
  await written.write(
    database,
    'listeners',
    `SELECT id AS user_id, row AS "user", signedUpAt, ${dayOf('signedUpAt')} AS signedUpDay, region FROM listeners ORDER BY row`,
    at,
    'listeners',
  );
  await written.write(
    database,
    'tracks',
    `SELECT id AS track_id, row AS track, artist AS artist_id, releasedAt, ${dayOf('releasedAt')} AS releasedDay, durationMs
     FROM tracks ORDER BY row`,
    at,
    'tracks',
  );
  if (!written.options.truth) return;
  const [arm = ''] = written.options.arms;
  for (const [name, id, row] of [
    ['listeners', 'user_id', 'user'],
    ['tracks', 'track_id', 'track'],
  ] as const) {
    const path = run.file(arm, world, 'truth', `${name}.arrow`);
    const truth = readColumns(path);
    if (lengthOf(truth) !== sizes[name]) {
      throw strayFile(`${path} has ${lengthOf(truth)} rows, but there are ${sizes[name]} ${name}`);
    }
    await database.put('truth', { row: rowNumbers(lengthOf(truth)), ...truth });
    await written.write(
      database,
      `truth_${name}`,
      `SELECT known.id AS ${id}, truth.row AS "${row}", truth.* EXCLUDE (row)
       FROM truth JOIN ${name} known USING (row) ORDER BY truth.row`,
      at,
      `truth_${name}`,
    );
  }
}

interface Days {
  readonly table: 'events' | 'truth_shadow';
  readonly arm: string;
  readonly world: string;
  readonly sizes: Sizes;
  readonly days: readonly number[];
}

async function writeDays(
  run: FinishedRun,
  database: Database,
  written: Written,
  { table, arm, world, sizes, days }: Days,
): Promise<void> {
  for (const [i, day] of days.entries()) {
    written.options.progress(
      `${world} ${arm}: ${table === 'events' ? 'events' : 'shadow sessions'}, days`,
      i,
      days.length,
    );
    const path = table === 'events' ? run.eventsOf(arm, world, day) : shadowOf(run, arm, world, day);
    const { length, ...columns } = readEvents(path);
    checkRows(columns, sizes, path);
    await database.put('day', { row: rowNumbers(length), ...columns });
    await written.write(database, table, selectEvents, `arm=${arm}`, `world=${world}`, dayName(day));
  }
}

/** A user or track that is in no table would be lost, or would get no id, without anybody noticing. */
function checkRows(events: Omit<EventColumns, 'length'>, sizes: Sizes, path: string): void {
  const stray =
    events.user.find((user) => user >= sizes.listeners) ??
    events.track.find((track) => track >= sizes.tracks && track !== noTrack);
  if (stray === undefined) return;
  throw strayFile(`${path} names row ${stray}, but there are ${sizes.listeners} listeners and ${sizes.tracks} tracks`);
}

const strayFile = (found: string): DubplateError =>
  new DubplateError('INVALID_INPUT', found, {
    hint: 'The files are not of one run. Copy the run again, or run the scenario again.',
  });

/** The name of a code: codes count from 0, lists in SQL from 1. */
const nameOf = (names: readonly string[], column: string): string =>
  `[${names.map((name) => `'${name}'`).join(', ')}][day."${column}" + 1]`;

/** The table `day` in the order of the log, with names for codes, ids beside row numbers, and nulls where there is nothing. */
const selectEvents = `
  SELECT listeners.id AS user_id, day."user", tracks.id AS track_id, nullif(day.track, ${noTrack}) AS track,
    day.time, ${dayOf('day.time')} AS day, ${nameOf(eventKinds, 'kind')} AS kind, day.playedMs,
    ${nameOf(eventSources, 'source')} AS source, nullif(day.position, ${noPosition}) AS position,
    nullif(day.generation, ${noGeneration}) AS generation, day.propensity
  FROM day JOIN listeners ON listeners.row = day."user" LEFT JOIN tracks ON tracks.row = day.track
  ORDER BY day.row`;
