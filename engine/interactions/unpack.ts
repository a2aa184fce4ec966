import { createReadStream } from 'node:fs';
import { pipeline } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { DubplateError } from '../core/errors.ts';
import { invalid } from './input-errors.ts';

/**
 * The bytes of a file in chunks, unpacked where it is a gzip file, which is known by its first two bytes.
 *
 * @param chunkBytes how much is read at a time, and, at 64 or more, unpacked at a time.
 * @throws DubplateError FILE_NOT_FOUND; INVALID_INPUT for a folder, and for a gzip file that is torn.
 */
export async function* readUnpacked(path: string, chunkBytes: number): AsyncGenerator<Buffer> {
  const chunks = readChunks(path, chunkBytes);
  let head = Buffer.alloc(0);
  while (head.length < 2) {
    const { value, done } = await chunks.next();
    if (done) break;
    head = Buffer.concat([head, value]);
  }
  const all = startingWith(head, chunks);
  yield* head[0] === 0x1f && head[1] === 0x8b ? gunzipped(path, all, chunkBytes) : all;
}

async function* readChunks(path: string, chunkBytes: number): AsyncGenerator<Buffer> {
  try {
    for await (const chunk of createReadStream(path, { highWaterMark: chunkBytes })) yield chunk;
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    if (code === 'EISDIR') {
      throw invalid(path, 'is a folder, not a file', 'Name the file inside it.');
    }
    throw new DubplateError('FILE_NOT_FOUND', `Cannot read ${path} (${code ?? 'unknown reason'})`, {
      hint: 'Check the path and its permissions.',
      cause,
    });
  }
}

async function* startingWith(head: Buffer, rest: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  if (head.length > 0) yield head;
  yield* rest;
}

async function* gunzipped(path: string, packed: AsyncIterable<Buffer>, chunkBytes: number): AsyncGenerator<Buffer> {
  const gunzip = createGunzip({ chunkSize: Math.max(64, chunkBytes) });
  pipeline(packed, gunzip, () => {}); // what goes wrong is thrown to whoever reads `gunzip`
  try {
    for await (const chunk of gunzip) yield chunk;
  } catch (cause) {
    if (cause instanceof DubplateError) throw cause;
    throw invalid(
      path,
      'is a gzip file that cannot be unpacked',
      'It may be cut short: fetch or write it again.',
      cause,
    );
  }
}
