import { readdirSync, realpathSync, statSync } from 'node:fs';
import { extname, join } from 'node:path';
import { DubplateError, messageOf } from '../engine/core/errors.ts';

const extensions = ['.wav', '.flac', '.ogg', '.oga', '.opus', '.mp3'];

/**
 * A file stands for itself, a folder for the sound files in it and below, by name; what is hidden, or in a hidden folder, is
 * left out, and what links lead to is heard once.
 *
 * @throws DubplateError FILE_NOT_FOUND when a folder cannot be listed or holds none. What is wrong with a file is said when it is decoded.
 */
export function soundFiles(path: string): string[] {
  if (!isFolder(path)) return [path];
  const found = filesBelow(path, new Set()).sort();
  if (found.length > 0) return found;
  throw new DubplateError('FILE_NOT_FOUND', `There are no sound files in ${path}`, {
    hint: `Looked for ${extensions.join(', ')}, in folders below too.`,
  });
}

/** @param entered real paths of the folders entered so far: a link may lead back to one of them. */
function filesBelow(folder: string, entered: Set<string>): string[] {
  const real = realpathSync(folder);
  if (entered.has(real)) return [];
  entered.add(real);
  return namesIn(folder)
    .filter((name) => !name.startsWith('.'))
    .flatMap((name) => {
      const path = join(folder, name);
      if (isFolder(path)) return filesBelow(path, entered);
      return extensions.includes(extname(name).toLowerCase()) ? [path] : [];
    });
}

/** Whether it is known to be one. */
export function isFolder(path: string): boolean {
  try {
    return statSync(path).isDirectory();
  } catch {
    return false;
  }
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder, 'utf8').sort();
  } catch (cause) {
    throw new DubplateError('FILE_NOT_FOUND', `Cannot list ${folder}: ${messageOf(cause)}`, {
      hint: 'Check that the folder and those below may be read.',
      cause,
    });
  }
}
