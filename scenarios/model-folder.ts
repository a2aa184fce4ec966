import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Factors } from '../engine/als/train.ts';
import { digestOf } from '../engine/core/digest.ts';
import { DubplateError } from '../engine/core/errors.ts';
import { writeFileAtomic } from '../engine/core/files.ts';
import { readNpy, writeNpy } from '../engine/core/npy.ts';
import { checkOutputFolder, readManifest } from './run-folder.ts';
import { version } from './version.ts';

/** Factors with the ids of their rows. */
export interface Model {
  readonly factors: Factors;
  readonly users: readonly string[];
  readonly tracks: readonly string[];
}

/** Write `user_factors.npy`, `track_factors.npy`, `users.txt`, `tracks.txt` and, last, `manifest.json`. */
export function writeModel(path: string, model: Model, about: Readonly<Record<string, unknown>>): void {
  checkOutputFolder(path, 'model');
  writeNpy(join(path, 'user_factors.npy'), model.factors.users);
  writeNpy(join(path, 'track_factors.npy'), model.factors.tracks);
  writeFileAtomic(join(path, 'users.txt'), asLines(model.users));
  writeFileAtomic(join(path, 'tracks.txt'), asLines(model.tracks));
  const manifest = { name: 'dubplate', kind: 'model', schema: 1, version, ...about, digests: digestsOf(model) };
  writeFileAtomic(join(path, 'manifest.json'), `${JSON.stringify(manifest, null, 2)}\n`);
}

/**
 * Read what {@link writeModel} wrote; every file must be the one that the manifest names.
 * @throws DubplateError FILE_NOT_FOUND; INVALID_INPUT when the files do not belong together.
 */
export function readModel(path: string): Model {
  const manifest = readManifest(path);
  // A run keeps its models without a manifest of their own.
  const isOfRun = manifest === undefined && existsSync(join(path, 'user_factors.npy'));
  if (manifest?.kind !== 'model' && !isOfRun) {
    throw new DubplateError(existsSync(path) ? 'INVALID_INPUT' : 'FILE_NOT_FOUND', `There is no model in ${path}`, {
      hint: 'Make one: dubplate train --interactions FILE --out DIR.',
    });
  }
  const model: Model = {
    factors: { users: readNpy(join(path, 'user_factors.npy')), tracks: readNpy(join(path, 'track_factors.npy')) },
    users: readIds(join(path, 'users.txt')),
    tracks: readIds(join(path, 'tracks.txt')),
  };
  const expected = (manifest?.digests ?? {}) as Readonly<Record<string, string>>;
  for (const [name, digest] of Object.entries(digestsOf(model))) {
    if (isOfRun || digest === expected[name]) continue;
    throw new DubplateError('INVALID_INPUT', `The ${name} in ${path} are not those that its manifest.json names`, {
      hint: 'The files are from different trainings, or were changed: train again.',
    });
  }
  return model;
}

const digestsOf = ({ factors, users, tracks }: Model): Readonly<Record<string, string>> => ({
  userFactors: digestOf(`${factors.users.rows}x${factors.users.cols}`, factors.users.data),
  trackFactors: digestOf(`${factors.tracks.rows}x${factors.tracks.cols}`, factors.tracks.data),
  users: digestOf(...users),
  tracks: digestOf(...tracks),
});

const asLines = (ids: readonly string[]): string => ids.map((id) => `${id}\n`).join('');

function readIds(path: string): string[] {
  try {
    return readFileSync(path, 'utf8').split('\n').slice(0, -1);
  } catch (cause) {
    throw new DubplateError('FILE_NOT_FOUND', `Cannot read ${path}`, { hint: 'Check the model folder.', cause });
  }
}
