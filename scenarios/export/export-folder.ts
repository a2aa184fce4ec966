import { existsSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { DubplateError, messageOf } from '../../engine/core/errors.ts';
import { diskFull, writeFileAtomic } from '../../engine/core/files.ts';

/** The tables of an export; each has a folder of its name. */
const tableNames = ['events', 'listeners', 'tracks', 'truth_listeners', 'truth_tracks', 'truth_shadow'] as const;
export type TableName = (typeof tableNames)[number];

/** Says that a folder is an export, of what, and whether it is complete. Not a run's manifest: it must not be taken for one. */
const labelName = 'export.json';
const labelSchema = z.looseObject({ name: z.literal('dubplate'), kind: z.literal('export') });

/**
 * Refuses a path that exists and holds something other than an export. Writes nothing.
 * @throws DubplateError OUTPUT_NOT_A_RUN.
 */
export function checkExportFolder(path: string): void {
  if (!existsSync(path)) return;
  let entries: string[];
  try {
    entries = readdirSync(path);
  } catch (cause) {
    throw notOurs(`${path} exists and is not a folder`, cause);
  }
  const foreign = entries.filter((entry) => entry !== labelName && !(tableNames as readonly string[]).includes(entry));
  if (entries.length === 0 || (isLabelled(path) && foreign.length === 0)) return;
  throw notOurs(
    isLabelled(path)
      ? `${path} is an export, but other things are in it as well: ${foreign.join(', ')}`
      : `${path} exists and is not an export of Dubplate: it has ${entries.length} entries and no ${labelName} of ours`,
  );
}

/**
 * Empties a folder that {@link checkExportFolder} let pass, and labels it as an export that is not complete.
 * @throws DubplateError DISK_FULL, or INVALID_OPTIONS when the disk refuses for another reason.
 */
export function beginExport(path: string, label: Readonly<Record<string, unknown>>): void {
  try {
    if (existsSync(path)) for (const table of tableNames) rmSync(join(path, table), { recursive: true, force: true });
    writeLabel(path, { ...label, status: 'running' });
  } catch (cause) {
    throw notWritten(path, cause);
  }
}

/** Labels the export as complete: the last file that it writes. */
export function endExport(path: string, label: Readonly<Record<string, unknown>>): void {
  try {
    writeLabel(path, { ...label, status: 'complete' });
  } catch (cause) {
    throw notWritten(path, cause);
  }
}

const writeLabel = (path: string, label: Readonly<Record<string, unknown>>): void => {
  const all = { schema: 1, name: 'dubplate', kind: 'export', ...label };
  writeFileAtomic(join(path, labelName), `${JSON.stringify(all, null, 2)}\n`);
};

/** What the disk refused to take. */
export const notWritten = (path: string, cause: unknown): DubplateError =>
  diskFull(path, cause) ??
  new DubplateError('INVALID_OPTIONS', `Cannot write ${path}: ${messageOf(cause).split('\n')[0]}`, {
    hint: 'Choose another folder with --out. Files that exist are whole.',
    cause,
  });

function isLabelled(path: string): boolean {
  try {
    return labelSchema.safeParse(JSON.parse(readFileSync(join(path, labelName), 'utf8'))).success;
  } catch {
    return false;
  }
}

const notOurs = (message: string, cause?: unknown): DubplateError =>
  new DubplateError('OUTPUT_NOT_A_RUN', message, {
    hint: 'Choose another --out, or empty the folder yourself. Nothing in it was touched.',
    cause,
  });
