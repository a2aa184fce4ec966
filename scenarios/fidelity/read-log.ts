import { existsSync, readdirSync, statSync } from 'node:fs';
import { basename, join } from 'node:path';
import { DubplateError } from '../../engine/core/errors.ts';
import { invalid } from '../../engine/interactions/input-errors.ts';
import { readAnyLines } from '../../engine/interactions/lines.ts';
import { readUnpacked } from '../../engine/interactions/unpack.ts';
import { type Clock, type FileCollector, LogCollector, type RealLog } from './log-collector.ts';
import { notUtf8 } from './play-row.ts';
import { type TableForm, tableFormOf } from './play-table.ts';
import { isJsonLines, readJson, readJsonLines } from './read-json.ts';
import { readParquet } from './read-parquet.ts';
import { isSpotifyPart } from './spotify.ts';

export type { RealLog };

/**
 * Read a real log of listening: Spotify's streaming history, ListenBrainz listens, Last.fm and other tables of plays as tab- or
 * comma-separated text, Parquet by column names; text gzipped or not. The kind of a file is known by what it holds.
 *
 * Listeners are those that plays name. A play without a user is of the person that its file is named after. In a folder every
 * file is a person's, and every folder in it as well; the parts of a Spotify export belong to the person of the folder that they
 * lie in.
 *
 * @returns plays in order of time, on the clock of the listeners, whose origin is a Monday, 00:00.
 * @throws DubplateError FILE_NOT_FOUND; INVALID_INPUT when a file is of no known kind, broken in more than a tenth of its rows, or
 *   when nothing is left.
 */
export async function readListeningLog(path: string, clock: Clock): Promise<RealLog> {
  const collector = new LogCollector(clock);
  for (const { file, owner } of filesOf(path)) await readFile(file, owner, collector);
  return collector.finish(path);
}

/** A file and whose it is, unless its rows say otherwise. */
export interface LogFile {
  readonly file: string;
  readonly owner: string;
}

/** The files of a log, in order of their names. */
export function filesOf(path: string): LogFile[] {
  if (!existsSync(path)) {
    throw new DubplateError('FILE_NOT_FOUND', `There is no listening log at ${path}`, { hint: 'Check the path.' });
  }
  if (!statSync(path).isDirectory()) return [{ file: path, owner: nameOf(path) }];
  const files = entriesOf(path).flatMap((entry) => {
    if (!statSync(entry).isDirectory()) {
      return isLogName(entry)
        ? [{ file: entry, owner: isSpotifyPart(basename(entry)) ? nameOf(path) : nameOf(entry) }]
        : [];
    }
    return entriesOf(entry)
      .filter((inner) => isLogName(inner) && !statSync(inner).isDirectory())
      .map((inner) => ({ file: inner, owner: basename(entry) }));
  });
  if (files.length > 0) return files;
  throw invalid(path, 'is a folder without listening logs', 'Logs end in .json, .jsonl, .csv, .tsv, .txt or .parquet.');
}

const entriesOf = (folder: string): string[] =>
  readdirSync(folder)
    .filter((name) => !name.startsWith('.'))
    .sort()
    .map((name) => join(folder, name));

const isLogName = (path: string): boolean => /\.(json|jsonl|ndjson|csv|tsv|txt|parquet)(\.gz)?$/i.test(path);

/** `anna` of `logs/anna.json.gz`. */
const nameOf = (path: string): string =>
  basename(path).replace(/(\.(json|jsonl|ndjson|csv|tsv|txt|parquet))?(\.gz)?$/i, '');

async function readFile(path: string, owner: string, collector: LogCollector): Promise<void> {
  switch (kindOf(await headOf(path))) {
    case 'empty':
      return collector.note(`${path}: is empty.`);
    case 'parquet':
      return readParquet(path, owner, collector);
    case 'array':
      return readJson(path, owner, collector);
    case 'object':
      return (await isJsonLines(path)) ? readJsonLines(path, owner, collector) : readJson(path, owner, collector);
    case 'text':
      return readTable(path, owner, collector);
  }
}

type Kind = 'empty' | 'parquet' | 'array' | 'object' | 'text';

function kindOf(head: Buffer): Kind {
  if (head.toString('latin1', 0, 4) === 'PAR1') return 'parquet';
  const first = head
    .toString('utf8')
    .replace(/^\uFEFF/, '')
    .trimStart()[0];
  if (first === undefined) return 'empty';
  return first === '[' ? 'array' : first === '{' ? 'object' : 'text';
}

/** The first bytes of a file, unpacked. */
async function headOf(path: string): Promise<Buffer> {
  for await (const chunk of readUnpacked(path, 4096)) return chunk;
  return Buffer.alloc(0);
}

async function readTable(path: string, owner: string, collector: LogCollector): Promise<void> {
  let form: TableForm | undefined;
  let file: FileCollector | undefined;
  for await (const { number, text } of readAnyLines(path)) {
    if (text === undefined) {
      file?.add(notUtf8, `line ${number}`);
      continue;
    }
    if (!form) {
      form = tableFormOf(text);
      if (!form) throw unknownTable(path, text);
      file = collector.file(path, owner, form.format);
      if (form.hasHeader) continue;
    }
    file?.add(form.read(text), `line ${number}`);
  }
  file?.end();
}

const unknownTable = (path: string, line: string) =>
  invalid(
    path,
    `is no listening log that is known; it begins with '${line.slice(0, 60)}'`,
    'A table needs a first line that names timestamp, artist and track (user too, if there are several), or the six columns of Last.fm’s 1K users.',
  );
