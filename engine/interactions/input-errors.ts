import { DubplateError } from '../core/errors.ts';

/** A file is not what was expected; `found` goes on after its path. */
export const invalid = (path: string, found: string, hint: string, cause?: unknown): DubplateError =>
  new DubplateError('INVALID_INPUT', `${path} ${found}`, { hint, details: { path }, cause });

/** A line of a file is not what was expected. */
export const invalidLine = (path: string, line: number, found: string, hint: string): DubplateError =>
  new DubplateError('INVALID_INPUT', `${path}, line ${line}: ${found}`, { hint, details: { path, line } });
