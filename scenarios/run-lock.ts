import { readFileSync, renameSync, rmSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';
import { DubplateError } from '../engine/core/errors.ts';
import { createFile } from '../engine/core/files.ts';

/** Stands in the folder of a run while a process writes to it; no result of the run. */
export const lockName = 'run.lock';

/** Who holds a folder. */
const holderSchema = z.strictObject({
  pid: z.int().min(1),
  host: z.string(),
  /** When it was taken, for people. */
  since: z.string(),
  /** When the process began, in words of the system: a later process of the same number has another. Null: it does not say. */
  began: z.string().nullable(),
});
type Holder = z.output<typeof holderSchema>;

/** Whether a file in the folder of a run is its lock, or one with which a process was about to take that over. */
export const isLock = (name: string): boolean => /^run\.lock(\.next)*$/.test(name);

/**
 * Takes the folder of a run for this process, until it gives it back or ends. What a process that is gone left behind is
 * taken over.
 * @returns gives the folder back.
 * @throws DubplateError FOLDER_IN_USE, DISK_FULL.
 */
export function lockRun(path: string): () => void {
  const lock = join(path, lockName);
  const own: Holder = {
    pid: process.pid,
    host: hostname(),
    since: new Date().toISOString(),
    began: beganAt(process.pid) ?? null,
  };
  const text = `${JSON.stringify(own)}\n`;
  take(lock, text, path);
  const release = (): void => {
    process.off('exit', release);
    // Somebody may have removed it by hand, as the hint says, and begun a run of their own.
    if (textOf(lock) === text) rmSync(lock, { force: true });
  };
  // Also where a handler of signals ends the process.
  process.on('exit', release);
  return release;
}

/**
 * Makes `lock`, or puts `text` in its place where its process is gone. Only who has `next`, itself such a lock, may do that: as
 * long as they have it nobody else replaces a dead lock, and its process is not there to remove it. So what was read as dead
 * under `next` is what the renaming replaces.
 */
function take(lock: string, text: string, path: string): void {
  const next = `${lock}.next`;
  while (!createFile(lock, text)) {
    const found = holderOf(lock);
    if (isHeld(found)) throw inUse(path, lock, found);
    take(next, text, path);
    const holder = holderOf(lock);
    if (holder !== 'gone' && !isHeld(holder)) {
      renameSync(next, lock);
      return;
    }
    // Between the look and `next`, another has taken it over, and perhaps ended.
    rmSync(next, { force: true });
  }
}

/** @returns undefined where there is no such file, nothing where it cannot be read. */
function textOf(lock: string): string | undefined {
  try {
    return readFileSync(lock, 'utf8');
  } catch (cause) {
    return cause instanceof Error && 'code' in cause && cause.code === 'ENOENT' ? undefined : '';
  }
}

/** What a lock says, 'gone' where there is none, undefined where it cannot be understood: it may be about to be written. */
function holderOf(lock: string): Holder | 'gone' | undefined {
  const text = textOf(lock);
  if (text === undefined) return 'gone';
  try {
    return holderSchema.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined;
  }
}

/** Whether somebody may be at work: what this machine cannot tell counts as held. */
function isHeld(holder: ReturnType<typeof holderOf>): boolean {
  if (holder === 'gone') return false;
  if (holder === undefined || holder.host !== hostname()) return true;
  if (!exists(holder.pid)) return false;
  const began = beganAt(holder.pid);
  return began === undefined || holder.began === null || began === holder.began;
}

function exists(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (cause) {
    return cause instanceof Error && 'code' in cause && cause.code !== 'ESRCH'; // EPERM: it is somebody else's
  }
}

/**
 * The boot and the clock ticks since then at which a process began, where the system tells by `/proc`; 'over' of one that has
 * ended and that nobody has asked about.
 * @see proc_pid_stat(5): the name, in parentheses, may hold anything; behind it field 3 is the state, field 22 the start.
 */
function beganAt(pid: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    if (fields[0] === 'Z' || fields[0] === 'X') return 'over';
    return `${readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()} ${fields[22 - 3]}`;
  } catch {
    return undefined;
  }
}

function inUse(path: string, lock: string, holder: ReturnType<typeof holderOf>): DubplateError {
  const who =
    typeof holder !== 'object'
      ? 'another process, which has not said yet which'
      : `process ${holder.pid}${holder.host === hostname() ? '' : ` on ${holder.host}`} (since ${holder.since})`;
  return new DubplateError('FOLDER_IN_USE', `${path} is in use by ${who}`, {
    hint: `Wait for it, or choose another --out. If it is no run of Dubplate any more, remove ${lock}.`,
    details: typeof holder === 'object' ? { pid: holder.pid, since: holder.since } : {},
  });
}
