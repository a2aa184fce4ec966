import { columnsOf, type Separator, separatorOf } from '../../engine/interactions/lines.ts';
import { hasZone, momentOf } from './moments.ts';
import { millisecondsOf, type PlayFormat, type Reading, textOf } from './play-row.ts';

/** Which column holds what; a log without a column of users is of one person. */
export interface PlayColumns {
  readonly user?: number;
  readonly time: number;
  readonly artist: number;
  readonly track: number;
  readonly playedMs?: number;
}

/** A table without played times, such as Last.fm gives, and one with a column of them. */
export const playTable: PlayFormat = { name: 'table of plays', playedTime: 'none' };
export const heardTable: PlayFormat = { name: 'table of plays with played times', playedTime: 'heard' };

const names = {
  user: /^(user|listener)s?([_ -]?(id|name))?$/i,
  time: /^(timestamp|time|date|uts|ts|utc_time|(played|listened|started)[_ -]?at)$/i,
  artist: /^(artist([_ -]?name)?|artname|artistname)$/i,
  track: /^(track|song|title|traname)$|^(track|song)[_ -]?(name|title)$/i,
  playedMs: /^(ms[_ -]?played|played[_ -]?ms)$/i,
} as const;

/** The columns of a table by their names; undefined where time, artist or track has none. */
export function playColumnsOf(header: readonly string[]): PlayColumns | undefined {
  const named = (which: RegExp): number => header.findIndex((name) => which.test(name.trim()));
  const [user, time, artist, track, playedMs] = [
    named(names.user),
    named(names.time),
    named(names.artist),
    named(names.track),
    named(names.playedMs),
  ];
  if (time < 0 || artist < 0 || track < 0) return undefined;
  return { time, artist, track, ...(user < 0 ? {} : { user }), ...(playedMs < 0 ? {} : { playedMs }) };
}

/** How the lines of a text are read. */
export interface TableForm {
  readonly format: PlayFormat;
  readonly hasHeader: boolean;
  readonly columns: PlayColumns;
  read(line: string): Reading;
}

/** userid, timestamp, artid, artname, traid, traname: the layout of Last.fm's 1K users, without a header. */
const lastFm1k: PlayColumns = { user: 0, time: 1, artist: 3, track: 5 };

/** What the first line says of all; undefined when it is no table of plays. Quotes mean something with commas, not with tabs. */
export function tableFormOf(firstLine: string): TableForm | undefined {
  const separator = separatorOf(firstLine);
  const first = split(firstLine, separator);
  const named = playColumnsOf(first);
  const isLastFm = separator === '\t' && first.length === 6 && momentOf(first[lastFm1k.time]) !== undefined;
  const columns = named ?? (isLastFm ? lastFm1k : undefined);
  if (columns === undefined) return undefined;
  return {
    format: columns.playedMs === undefined ? playTable : heardTable,
    hasHeader: named !== undefined,
    columns,
    read(line) {
      const cells = split(line, separator);
      if (cells.length !== first.length)
        return { broken: `${cells.length} columns, where the first line has ${first.length}` };
      return readCells(cells, columns);
    },
  };
}

/** One row of a table; a cell that is null is empty. */
export function readCells(cells: readonly (string | null)[], columns: PlayColumns): Reading {
  const startedAt = momentOf(cells[columns.time]);
  const artist = textOf(cells[columns.artist]);
  const track = textOf(cells[columns.track]);
  const listener = columns.user === undefined ? undefined : textOf(cells[columns.user]);
  if (startedAt === undefined) return { broken: `no moment: '${(cells[columns.time] ?? '').slice(0, 40)}'` };
  if (artist === undefined || track === undefined) return { broken: 'no track and artist' };
  if (columns.user !== undefined && listener === undefined) return { broken: 'no user' };
  const isZoned = hasZone(cells[columns.time]);
  if (columns.playedMs === undefined) return { listener, artist, track, startedAt, isZoned };
  const playedMs = millisecondsOf(Number(textOf(cells[columns.playedMs]) ?? Number.NaN));
  if (playedMs === undefined) return { broken: 'no played time from 0 ms to a day' };
  return { listener, artist, track, startedAt, isZoned, playedMs };
}

const split = (line: string, separator: Separator): string[] =>
  separator === '\t' ? line.split('\t').map((cell) => cell.trim()) : columnsOf(line, separator);
