import { createHash } from 'node:crypto';
import { closeSync, existsSync, fstatSync, openSync, readSync } from 'node:fs';
import { deserialize, serialize } from 'node:v8';
import { DubplateError } from '../engine/core/errors.ts';
import { AtomicFile } from '../engine/core/files.ts';
import type { EngineState } from '../engine/index.ts';
import type { CrowdState } from '../sim/crowd.ts';
import type { KeptLists } from './scoring/aged-lists.ts';
import type { Night } from './scoring/night.ts';
import type { MetricRow } from './scoring/rows.ts';

/** An arm as a day begins, before its refresh: with the event log of the days before, all that it takes to go on. */
export interface Checkpoint {
  readonly day: number;
  readonly crowd: CrowdState;
  readonly engine: EngineState;
  /** Of the event log of each day before. */
  readonly digests: readonly string[];
  readonly rows: readonly MetricRow[];
  /** The last night, whose scores are not among the rows yet: they may still be being worked out. */
  readonly lastNight: JudgedNight | undefined;
  readonly count: SlateCount;
  /** Lists that are looked at again as they grow old. */
  readonly agingLists: readonly KeptLists[];
}

/** A night as it is to be scored, wherever the run lies by then. */
export type JudgedNight = Omit<Night, 'shadowFile'>;

/** What the event log is audited against. */
export interface SlateCount {
  slatesServed: number;
  listsRead: number;
}

/** Raised whenever a checkpoint holds other things. */
const schema = 2;
const digestBytes = 32;

/**
 * Keeps a checkpoint in the place of the one before: its SHA-256, then what Node's serialiser makes of it.
 * @param key names the run, the world and the arm.
 * @throws DubplateError DISK_FULL; the one before stays.
 */
export function writeCheckpoint(path: string, key: string, checkpoint: Checkpoint): void {
  const bytes = serialize({ schema, key, checkpoint });
  const file = new AtomicFile(path);
  try {
    file.write(sha256(bytes));
    file.write(bytes);
    file.finish();
  } catch (error) {
    file.abandon();
    throw error;
  }
}

/**
 * @returns undefined where there is none.
 * @throws DubplateError INVALID_INPUT when it is damaged, or of something else than `key`.
 */
export function readCheckpoint(path: string, key: string): Checkpoint | undefined {
  if (!existsSync(path)) return undefined;
  const file = readWhole(path);
  const bytes = file.subarray(digestBytes);
  if (!sha256(bytes).equals(file.subarray(0, digestBytes))) throw unusable(path, 'it is damaged');
  const found = deserialize(bytes) as { schema: number; key: string; checkpoint: Checkpoint };
  if (found.schema !== schema || found.key !== key) throw unusable(path, 'it is of another run');
  return found.checkpoint;
}

/** More bytes than this Node refuses to read or hash at once. */
const mostAtOnce = 1 << 30;

function sha256(bytes: Uint8Array): Buffer {
  const hash = createHash('sha256');
  for (let from = 0; from < bytes.length; from += mostAtOnce) hash.update(bytes.subarray(from, from + mostAtOnce));
  return hash.digest();
}

function readWhole(path: string): Buffer {
  const file = openSync(path, 'r');
  try {
    const bytes = Buffer.allocUnsafe(fstatSync(file).size);
    for (let from = 0; from < bytes.length; ) {
      from += readSync(file, bytes, from, Math.min(bytes.length - from, mostAtOnce), from);
    }
    return bytes;
  } finally {
    closeSync(file);
  }
}

const unusable = (path: string, found: string): DubplateError =>
  new DubplateError('INVALID_INPUT', `The run cannot go on from ${path}: ${found}`, {
    hint: 'Delete that file: with --resume its arm then begins anew in that world, and everything else is kept.',
  });
