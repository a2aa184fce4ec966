import { messageOf } from '../../engine/core/errors.ts';
import { invalid } from '../../engine/interactions/input-errors.ts';
import { readAnyLines } from '../../engine/interactions/lines.ts';
import { readUnpacked } from '../../engine/interactions/unpack.ts';
import { isListenBrainz, listenBrainz, readListenBrainz } from './listenbrainz.ts';
import type { FileCollector, LogCollector } from './log-collector.ts';
import { notUtf8, type PlayFormat, type Reading } from './play-row.ts';
import { isSpotify, readSpotify, spotify } from './spotify.ts';

type JsonObject = Readonly<Record<string, unknown>>;

/** How objects of one kind are read. */
interface ObjectForm {
  readonly format: PlayFormat;
  is(row: JsonObject): boolean;
  read(row: JsonObject): Reading;
}

const forms: readonly ObjectForm[] = [
  { format: spotify, is: isSpotify, read: readSpotify },
  { format: listenBrainz, is: isListenBrainz, read: readListenBrainz },
];

/**
 * Read a file that is one JSON text: an array of plays, an answer of ListenBrainz's API, or a single play.
 * @throws DubplateError INVALID_INPUT, naming the line, when it is not JSON; when its plays are of no known kind; when more than
 *   a tenth of them is broken.
 */
export async function readJson(path: string, owner: string, collector: LogCollector): Promise<void> {
  const rows = playsIn(parse(path, await readText(path)));
  const form = rows.map(formOf).find((found) => found !== undefined);
  if (rows.length === 0) {
    collector.note(`${path}: has no plays.`);
    return;
  }
  if (form === undefined) throw unknownObjects(path);
  const file = collector.file(path, owner, form.format);
  for (const [i, row] of rows.entries()) file.add(readObject(row, form), `entry ${i + 1}`);
  file.end();
}

/**
 * Read a file with one JSON object per line, in as little memory as the plays take.
 * @throws DubplateError INVALID_INPUT when more than a tenth of the lines is broken, or none is of a known kind.
 */
export async function readJsonLines(path: string, owner: string, collector: LogCollector): Promise<void> {
  let form: ObjectForm | undefined;
  let file: FileCollector | undefined;
  const before: { readonly reading: Reading; readonly place: string }[] = [];
  for await (const { number, text } of readAnyLines(path)) {
    const place = `line ${number}`;
    if (text === undefined) {
      if (file) file.add(notUtf8, place);
      else before.push({ reading: notUtf8, place });
      continue;
    }
    const row = parsed(text);
    if (!form) {
      form = formOf(row);
      if (form) {
        file = collector.file(path, owner, form.format);
        for (const early of before) file.add(early.reading, early.place);
      } else if (before.push({ reading: { broken: brokenAs(row) }, place }) > 100) throw unknownObjects(path);
    }
    if (form) file?.add(readObject(row, form), place);
  }
  if (!file) throw unknownObjects(path);
  file.end();
}

/** Does the file hold an object per line? Its first line may be broken; a text over many lines has no whole object in two. */
export async function isJsonLines(path: string): Promise<boolean> {
  let objects = 0;
  let lines = 0;
  for await (const { text } of readAnyLines(path)) {
    const row = text === undefined ? undefined : parsed(text);
    if (formOf(row)) return true;
    if (isObject(row)) objects++;
    if (++lines === 2) break;
  }
  return objects === 2;
}

const isObject = (value: unknown): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const formOf = (row: unknown): ObjectForm | undefined =>
  isObject(row) ? forms.find((form) => form.is(row)) : undefined;

const brokenAs = (row: unknown): string => (row === undefined ? 'not JSON' : 'not an object of a play');

const readObject = (row: unknown, form: ObjectForm): Reading =>
  isObject(row) && form.is(row) ? form.read(row) : { broken: brokenAs(row) };

function playsIn(json: unknown): readonly unknown[] {
  if (Array.isArray(json)) return json;
  if (!isObject(json)) return [];
  const listens = isObject(json.payload) ? json.payload.listens : json.listens;
  return Array.isArray(listens) ? listens : [json];
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function parse(path: string, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    const place = /position (\d+)/.exec(messageOf(cause))?.[1];
    const line = text.slice(0, place === undefined ? text.length : Number(place)).split('\n').length;
    throw invalid(
      path,
      `is not JSON at line ${line}: ${messageOf(cause).split('\n')[0]}`,
      'It may be cut short: fetch or write it again. One object per line is read too, and forgives a broken one.',
      cause,
    );
  }
}

/** A text of JSON has to fit one string. */
const longestText = 2 ** 28;

async function readText(path: string): Promise<string> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of readUnpacked(path, 2 ** 20)) {
    chunks.push(chunk);
    length += chunk.length;
    if (length > longestText) {
      throw invalid(path, `is one JSON text of more than ${longestText} bytes`, 'Give one object per line instead.');
    }
  }
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(Buffer.concat(chunks));
  } catch (cause) {
    throw invalid(path, 'is not a text file', 'Give JSON in UTF-8, gzipped or not.', cause);
  }
}

const unknownObjects = (path: string) =>
  invalid(
    path,
    'is JSON, but of no known kind of listening log',
    'Known are Spotify’s streaming history (ts, ms_played, …) and ListenBrainz listens (listened_at, track_metadata).',
  );
