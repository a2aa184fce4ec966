import { readdirSync, statSync } from 'node:fs';
import { extname, join, sep } from 'node:path';
import { DubplateError } from '../engine/core/errors.ts';

const extensions = ['.wav', '.flac', '.ogg', '.oga', '.opus', '.mp3'];

/**
 * A file stands for itself, a folder for the sound files in it and below, by name; what is hidden, or in a hidden folder, is
 * left out.
 *
 * @throws DubplateError FILE_NOT_FOUND when a folder cannot be listed or holds none. What is wrong with a file is said when it is decoded.
 */
export function soundFiles(path: string): string[] {
  if (!isFolder(path)) return [path];
  const found = namesIn(path)
    .filter((name) => extensions.includes(extname(name).toLowerCase()) && !isHidden(name))
    .sort()
    .map((name) => join(path, name))
    .filter((file) => !isFolder(file));
  if (found.length > 0) return found;
  throw new DubplateError('FILE_NOT_FOUND', `There are no sound files in ${path}`, {
    hint: `Looked for ${extensions.join(', ')}, in folders below too.`,
  });
}

const isHidden = (name: string): boolean => name.split(sep).some((part) => part.startsWith('.'));

/** Whether it is known to be one. */
function isFolder(path: string): boolean {
  try {
    return statSync(path).isDirectory();
  } catch {
    return false;
  }
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder, { recursive: true, encoding: 'utf8' });
  } catch (cause) {
    throw new DubplateError(
      'FILE_NOT_FOUND',
      `Cannot list ${folder}: ${cause instanceof Error ? cause.message : cause}`,
      {
        hint: 'Check that the folder and those below may be read.',
        cause,
      },
    );
  }
}
