import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { basename } from 'node:path';
import type { LogFile } from './read-log.ts';

/** SHA-256 over the bytes of a log's files, each after its name: the same log, wherever it lies. */
export async function digestOfFiles(files: readonly LogFile[]): Promise<string> {
  const hash = createHash('sha256');
  for (const { file } of files) {
    const own = createHash('sha256');
    for await (const chunk of createReadStream(file)) own.update(chunk as Buffer);
    hash.update(`${basename(file)} ${own.digest('hex')}\n`);
  }
  return hash.digest('hex');
}
