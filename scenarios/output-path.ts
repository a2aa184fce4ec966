import { accessSync, constants, statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { DubplateError, messageOf } from '../engine/core/errors.ts';

/**
 * Refuses the path of a file that cannot be written, before work is spent on what is to stand in it. Writes nothing.
 * @param what the flag that gave the path, or what is to stand in the file.
 * @throws DubplateError INVALID_OPTIONS.
 */
export function checkOutputFile(path: string, what = '--out'): void {
  if (kindOf(path) === 'folder') {
    throw cannotWrite(what, path, `${path} is a folder`, 'Give the path of a file in it, or of another one.');
  }
  checkPlace(dirname(resolve(path)), what, path);
}

/** The same of the path of a folder, which may be there: what may stand in it is for others to say. */
export const checkOutputPlace = (path: string, what = '--out'): void => checkPlace(resolve(path), what, path);

/** Whether `folder` is there, or could be made, and takes files. */
function checkPlace(folder: string, what: string, wanted: string): void {
  let above = folder;
  while (kindOf(above) === 'none') above = dirname(above);
  const hint = 'Give a path in a folder that can be written to.';
  if (kindOf(above) === 'file') throw cannotWrite(what, wanted, `${above} is not a folder`, hint);
  try {
    accessSync(above, constants.W_OK | constants.X_OK);
  } catch (cause) {
    throw cannotWrite(what, wanted, messageOf(cause), hint, cause);
  }
}

const kindOf = (path: string): 'folder' | 'file' | 'none' => {
  try {
    return statSync(path).isDirectory() ? 'folder' : 'file';
  } catch (cause) {
    // ENOTDIR: below a file, which is found further up.
    const code = cause instanceof Error && 'code' in cause ? cause.code : undefined;
    if (code === 'ENOENT' || code === 'ENOTDIR') return 'none';
    throw new DubplateError('INVALID_OPTIONS', `Cannot look at ${path}: ${messageOf(cause)}`, {
      hint: 'Give a path that can be written to.',
      cause,
    });
  }
};

const cannotWrite = (what: string, path: string, found: string, hint: string, cause?: unknown): DubplateError =>
  new DubplateError('INVALID_OPTIONS', `Cannot write ${what} ${path}: ${found}`, { hint, cause });
