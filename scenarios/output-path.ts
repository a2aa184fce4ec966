import { accessSync, constants, statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { DubplateError, messageOf } from '../engine/core/errors.ts';

/**
 * Refuses the path of a file that cannot be written, before work is spent on what is to stand in it. Writes nothing.
 * @param flag that gave the path.
 * @throws DubplateError INVALID_OPTIONS.
 */
export function checkOutputFile(path: string, flag = '--out'): void {
  if (kindOf(path) === 'folder') {
    throw cannotWrite(flag, path, `${path} is a folder`, 'Give the path of a file in it, or of another one.');
  }
  checkPlace(dirname(resolve(path)), flag, path);
}

/** The same of the path of a folder, which may be there: what may stand in it is for others to say. */
export const checkOutputPlace = (path: string, flag = '--out'): void => checkPlace(resolve(path), flag, path);

/** Whether `folder` is there, or could be made, and takes files. */
function checkPlace(folder: string, flag: string, wanted: string): void {
  let above = folder;
  while (kindOf(above) === 'none') above = dirname(above);
  const hint = 'Give a path in a folder that can be written to.';
  if (kindOf(above) === 'file') throw cannotWrite(flag, wanted, `${above} is not a folder`, hint);
  try {
    accessSync(above, constants.W_OK | constants.X_OK);
  } catch (cause) {
    throw cannotWrite(flag, wanted, messageOf(cause), hint, cause);
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

const cannotWrite = (flag: string, path: string, found: string, hint: string, cause?: unknown): DubplateError =>
  new DubplateError('INVALID_OPTIONS', `Cannot write ${flag} ${path}: ${found}`, { hint, cause });
