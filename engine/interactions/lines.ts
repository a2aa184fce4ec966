import { isUtf8 } from 'node:buffer';
import type { DubplateError } from '../core/errors.ts';
import { invalid } from './input-errors.ts';
import { readUnpacked } from './unpack.ts';

/** One line of a text file; lines are counted from 1. */
export interface Line {
  readonly number: number;
  readonly text: string;
}

/** A line that is text, or one that is not: with a NUL byte, or in another encoding than UTF-8. */
export type AnyLine = Line | { readonly number: number; readonly text: undefined };

/**
 * The lines of a text file that are not blank, one at a time, with their numbers. Line ends may be LF or CRLF.
 * @throws DubplateError as {@link readLineBlocks}.
 */
export const readLines = (path: string): AsyncGenerator<Line> =>
  // Its blocks are text throughout.
  linesOf(readLineBlocks(path)) as AsyncGenerator<Line>;

/**
 * The same for who can do without a line: one that is not text is given as such.
 * @throws DubplateError as {@link readLineBlocks}; a file that is not text in its first line, or has a NUL byte in a line of more
 *   than 256 KiB, is none.
 */
export const readAnyLines = (path: string): AsyncGenerator<AnyLine> =>
  linesOf(blocksOf(path, usualChunk, 'some lines may not be text'));

async function* linesOf(blocks: AsyncIterable<Buffer>): AsyncGenerator<AnyLine> {
  let number = 0;
  for await (const block of blocks) {
    const isWhole = isText(block);
    for (let begin = 0; begin < block.length; ) {
      const end = lineEnd(block, begin);
      number += 1;
      if (isWhole || isText(block.subarray(begin, end))) {
        const text = lineText(block, begin, end);
        if (text.trim() !== '') yield { number, text };
      } else yield { number, text: undefined };
      begin = end + 1;
    }
  }
}

/** Longer lines are taken for a file of another kind, before they fill the memory. */
const longestLine = 2 ** 26;

/**
 * The bytes of a text file, in blocks of whole lines; a byte-order mark is dropped. A gzip file is known by its first bytes,
 * whatever its name. Memory: a few chunks and the longest line, whatever the size of the file.
 *
 * @param chunkBytes how much is read, or unpacked, at a time.
 * @throws DubplateError FILE_NOT_FOUND; INVALID_INPUT when the file is empty, not text, has a line of more than 64 MiB, or is
 *   a torn gzip file. Lines before the place of an error have been given out.
 */
export const readLineBlocks = (path: string, chunkBytes = usualChunk): AsyncGenerator<Buffer> =>
  blocksOf(path, chunkBytes, 'all is text');

const usualChunk = 2 ** 18;

type Strictness = 'all is text' | 'some lines may not be text';

async function* blocksOf(path: string, chunkBytes: number, strictness: Strictness): AsyncGenerator<Buffer> {
  const isStrict = strictness === 'all is text';
  let isFirst = true;
  for await (const lines of wholeLines(path, readUnpacked(path, chunkBytes), isStrict)) {
    const block = isFirst && lines.subarray(0, 3).equals(byteOrderMark) ? lines.subarray(3) : lines;
    if (isFirst && !isStrict && !isText(block.subarray(0, lineEnd(block, 0)))) throw notText(path);
    isFirst = false;
    if (!isStrict || isText(block)) yield block;
    else {
      yield block.subarray(0, firstLineNotText(block));
      throw notText(path);
    }
  }
  if (isFirst)
    throw invalid(
      path,
      'is empty',
      'It should hold a line for each row: interactions user and item, a trace time and id.',
    );
}

/** The line in [begin, end) without a carriage return at its end. */
export const lineText = (block: Buffer, begin: number, end: number): string =>
  block.toString('utf8', begin, end > begin && block[end - 1] === carriageReturn ? end - 1 : end);

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

const byteOrderMark = Buffer.from([0xef, 0xbb, 0xbf]);
export const lineFeed = 0x0a;
export const carriageReturn = 0x0d;

/** Cut anew at line ends. What belongs to one line is joined only when that is complete, however small the chunks are. */
async function* wholeLines(path: string, chunks: AsyncIterable<Buffer>, isStrict: boolean): AsyncGenerator<Buffer> {
  let begun: Buffer[] = [];
  let begunLength = 0;
  for await (const chunk of chunks) {
    const firstEnd = chunk.indexOf(lineFeed);
    if (begunLength + (firstEnd < 0 ? chunk.length : firstEnd) > longestLine) {
      throw invalid(path, `has a line of more than ${longestLine} bytes`, 'Give a line for each row.');
    }
    const end = firstEnd < 0 ? 0 : chunk.lastIndexOf(lineFeed) + 1;
    if (end > 0) {
      yield Buffer.concat([...begun, chunk.subarray(0, end)]);
      begun = [];
      begunLength = 0;
    }
    const rest = chunk.subarray(end);
    // Of a file without lines no more is read than tells so.
    if ((isStrict || end === 0) && rest.includes(0)) throw notText(path);
    if (rest.length > 0) begun.push(rest);
    begunLength += rest.length;
  }
  if (begunLength > 0) yield Buffer.concat(begun);
}

/** Where the line that begins at `begin` ends: at its line feed, or with the block. */
export function lineEnd(block: Buffer, begin: number): number {
  const end = block.indexOf(lineFeed, begin);
  return end < 0 ? block.length : end;
}

const isText = (bytes: Buffer): boolean => !bytes.includes(0) && isUtf8(bytes);

/** Where the first line begins that is not text, in a block that has one. */
function firstLineNotText(block: Buffer): number {
  let begin = 0;
  while (isText(block.subarray(begin, lineEnd(block, begin)))) begin = lineEnd(block, begin) + 1;
  return begin;
}

const notText = (path: string): DubplateError =>
  invalid(path, 'is not a text file', 'Give tab- or comma-separated text in UTF-8, gzipped or not.');
