import { isUtf8 } from 'node:buffer';
import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { DubplateError } from '../core/errors.ts';

/** One line of a text file; lines are counted from 1. */
export interface Line {
  readonly number: number;
  readonly text: string;
}

/**
 * The lines of a text file that are not blank, one at a time, with their numbers. A gzip file is known by its first
 * bytes, whatever its name. Line ends may be LF or CRLF; a byte-order mark is dropped.
 *
 * @throws DubplateError FILE_NOT_FOUND; INVALID_INPUT when the file is empty, not text, or a torn gzip file.
 */
export function* readLines(path: string): Generator<Line> {
  const bytes = unpacked(path, fileBytes(path));
  if (bytes.length === 0) throw invalid(path, 'is empty', 'It should hold one interaction per line: user, item.');
  if (bytes.includes(0) || !isUtf8(bytes)) {
    throw invalid(path, 'is not a text file', 'Give tab- or comma-separated text in UTF-8, gzipped or not.');
  }
  let start = bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf ? 3 : 0;
  for (let number = 1; start < bytes.length; number++) {
    let end = bytes.indexOf(0x0a, start);
    if (end < 0) end = bytes.length;
    const text = bytes.toString('utf8', start, bytes[end - 1] === 0x0d ? end - 1 : end);
    if (text.trim() !== '') yield { number, text };
    start = end + 1;
  }
}

const separators = ['\t', ',', ';', ' '] as const;
export type Separator = (typeof separators)[number];

/** What separates the columns of a line: the first of tab, comma, semicolon, space that occurs in it. */
export const separatorOf = (text: string): Separator => separators.find((s) => text.includes(s)) ?? '\t';

/** The columns of a line, trimmed; a column in double quotes may hold the separator, and `""` for a quote. */
export function columnsOf(text: string, separator: Separator): string[] {
  if (separator === ' ') return text.trim().split(/ +/);
  if (!text.includes('"')) return text.split(separator).map((column) => column.trim());
  const columns: string[] = [];
  let column = '';
  let isQuoted = false;
  for (let i = 0; i < text.length; i++) {
    const char = text[i]!;
    if (char === '"') {
      if (isQuoted && text[i + 1] === '"') column += text[i++];
      else isQuoted = !isQuoted;
    } else if (char === separator && !isQuoted) {
      columns.push(column.trim());
      column = '';
    } else column += char;
  }
  return [...columns, column.trim()];
}

export const invalid = (path: string, found: string, hint: string): DubplateError =>
  new DubplateError('INVALID_INPUT', `${path} ${found}`, { hint, details: { path } });

export const invalidLine = (path: string, line: number, found: string, hint: string): DubplateError =>
  new DubplateError('INVALID_INPUT', `${path}, line ${line}: ${found}`, { hint, details: { path, line } });

function fileBytes(path: string): Buffer {
  try {
    return readFileSync(path);
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    if (code === 'EISDIR') throw invalid(path, 'is a folder, not a file', 'Name the file inside it.');
    throw new DubplateError('FILE_NOT_FOUND', `Cannot read ${path} (${code ?? 'unknown reason'})`, {
      hint: 'Check the path and its permissions.',
      cause,
    });
  }
}

function unpacked(path: string, bytes: Buffer): Buffer {
  if (bytes[0] !== 0x1f || bytes[1] !== 0x8b) return bytes;
  try {
    return gunzipSync(bytes);
  } catch {
    throw invalid(path, 'is a gzip file that cannot be unpacked', 'It may be cut short: fetch or write it again.');
  }
}
