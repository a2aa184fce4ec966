import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { DubplateError } from '../engine/core/errors.ts';
import { diskFull, writeFileAtomic } from '../engine/core/files.ts';
import { checkOutputPlace } from './output-path.ts';
import { isLock } from './run-lock.ts';

/** The folder of one run: its manifest says that it is one, and whether it is finished. */
export interface RunFolder {
  readonly path: string;
  file(...parts: readonly string[]): string;
  writeJson(name: string, value: unknown): void;
}

export const manifestName = 'manifest.json';
export const metricsName = 'metrics.json';
/** Where caches were compared. */
export const sizingName = 'cache-sizing.json';
export const reportNames = ['report.html', 'report.md'] as const;
/** What a run writes to its folder beside its arms. */
export const resultNames: readonly string[] = [manifestName, metricsName, sizingName, ...reportNames, 'worlds'];

/**
 * Opens the folder that a run writes to. A folder that is missing or empty is new; one that holds a run is replaced, or
 * kept when `resume` is set; anything else is refused before a byte is written.
 * @throws DubplateError OUTPUT_NOT_A_RUN.
 */
export function openRunFolder(path: string, options: { readonly resume: boolean }): RunFolder {
  checkOutputFolder(path, 'run');
  const ours = entriesOfRun(path);
  for (const entry of existsSync(path) ? readdirSync(path) : []) {
    if (ours.includes(entry.replace(temporary, '')) && temporary.test(entry)) rmSync(join(path, entry));
  }
  for (const entry of ours) {
    if (options.resume) clearTemporary(join(path, entry));
    else rmSync(join(path, entry), { recursive: true, force: true });
  }
  return {
    path,
    file: (...parts) => join(path, ...parts),
    writeJson: (name, value) => writeFileAtomic(join(path, name), `${JSON.stringify(value, null, 2)}\n`),
  };
}

/** What the run in this folder wrote; whatever else stands there is left alone. */
function entriesOfRun(path: string): string[] {
  const arms = z.array(z.string().regex(/^[a-z][a-z0-9-]*$/i)).safeParse(readManifest(path)?.arms);
  return [...resultNames, ...(arms.success ? arms.data : [])];
}

/** The end of a file's name until it is whole. */
const temporary = /\.\d+\.tmp$/;

/** Removes what a run was writing when it was killed. */
function clearTemporary(entry: string): void {
  if (!existsSync(entry) || !statSync(entry).isDirectory()) return;
  for (const name of readdirSync(entry, { recursive: true, encoding: 'utf8' })) {
    if (temporary.test(name)) rmSync(join(entry, name), { force: true });
  }
}

/** What a folder of ours can hold. */
export type FolderKind = 'run' | 'model';

/**
 * Refuses a path that exists and holds something other than what is to be written there. Writes nothing.
 * @throws DubplateError OUTPUT_NOT_A_RUN; INVALID_OPTIONS where no folder can be made there.
 */
export function checkOutputFolder(path: string, wanted: FolderKind): void {
  checkOutputPlace(path);
  if (!existsSync(path)) return;
  let entries: string[];
  try {
    entries = readdirSync(path);
  } catch (cause) {
    throw notOurs(`${path} exists and is not a folder`, cause);
  }
  if (entries.every(isLock)) return;
  const manifest = readManifest(path);
  if (manifest === undefined) {
    throw notOurs(
      `${path} exists and is not a ${wanted} of Dubplate: it has ${entries.length} entries and no ${manifestName} of ours`,
    );
  }
  const found: FolderKind = manifest.kind === 'model' ? 'model' : 'run';
  if (found !== wanted) throw notOurs(`${path} holds a ${found}, not a ${wanted}`);
}

const notOurs = (message: string, cause?: unknown): DubplateError =>
  new DubplateError('OUTPUT_NOT_A_RUN', message, {
    hint: 'Choose another --out, or empty the folder yourself. Nothing in it was touched.',
    cause,
  });

/** The manifest of a run, or undefined when the folder holds none of ours. */
export function readManifest(path: string): Record<string, unknown> | undefined {
  try {
    const manifest: unknown = JSON.parse(readFileSync(join(path, manifestName), 'utf8'));
    const isOurs =
      typeof manifest === 'object' && manifest !== null && 'name' in manifest && manifest.name === 'dubplate';
    return isOurs ? (manifest as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}

/** Keeps what a run has finished, so that it need not be done again when the run is interrupted. */
export const writeFinished = (folder: RunFolder, name: string, config: string, result: object): void =>
  folder.writeJson(name, { config, ...result });

/** What {@link writeFinished} kept of a run of the same `config`. */
export function readFinished<T extends object>(folder: RunFolder, name: string, config: string): T | undefined {
  const path = folder.file(name);
  if (!existsSync(path)) return undefined;
  const { config: found, ...result } = JSON.parse(readFileSync(path, 'utf8')) as T & { config: string };
  return found === config ? (result as unknown as T) : undefined;
}

/** Where runs are kept that are not told where. */
const runsFolder = 'runs';

/**
 * Refuses what {@link makeRunFolder} could not make. Writes nothing.
 * @throws DubplateError INVALID_OPTIONS.
 */
export const checkRunsFolder = (): void => checkOutputPlace(runsFolder, 'the default --out');

/**
 * Makes `runs/<scenario>-<n>` with the first free n: of several processes that ask at once, each has one of its own.
 * @throws DubplateError DISK_FULL.
 */
export function makeRunFolder(scenario: string): string {
  try {
    mkdirSync(runsFolder, { recursive: true });
    for (let n = 1; ; n++) {
      const path = join(runsFolder, `${scenario}-${n}`);
      if (makeFolder(path)) return path;
    }
  } catch (cause) {
    throw diskFull(runsFolder, cause) ?? cause;
  }
}

/** @returns whether it was made; false where there is something of that name. */
function makeFolder(path: string): boolean {
  try {
    mkdirSync(path);
    return true;
  } catch (cause) {
    if (cause instanceof Error && 'code' in cause && cause.code === 'EEXIST') return false;
    throw cause;
  }
}
