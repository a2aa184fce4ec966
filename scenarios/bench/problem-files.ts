import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { DubplateError } from '../../engine/core/errors.ts';
import { writeFileAtomic } from '../../engine/core/files.ts';
import { readNpy, readNpyVector, writeNpy, writeNpyVector } from '../../engine/core/npy.ts';
import { type AlsOptions, alsOptionsSchema } from '../../engine/options.ts';
import { type Problem, sizeOf } from './problem.ts';

const metaSchema = z.object({
  schema: z.literal(1),
  users: z.int(),
  tracks: z.int(),
  interactions: z.int(),
  factors: z.int(),
  seed: z.string(),
  als: alsOptionsSchema,
});

/**
 * Writes a problem for other programs: `indptr.npy` and `indices.npy` (uint32) and `weights.npy` (float32, r) hold compressed
 * rows, one for each user; `x0.npy` and `y0.npy` the start factors (float32, [users × k] and [tracks × k]); `meta.json` sizes,
 * seed and options. `meta.json` is written last: where it is, the others are whole.
 */
export function writeProblem(folder: string, problem: Problem, seed: string, als: AlsOptions): void {
  const { byUser, start } = problem;
  writeNpyVector(join(folder, 'indptr.npy'), byUser.indptr);
  writeNpyVector(join(folder, 'indices.npy'), byUser.indices);
  writeNpyVector(join(folder, 'weights.npy'), byUser.weights);
  writeNpy(join(folder, 'x0.npy'), start.users);
  writeNpy(join(folder, 'y0.npy'), start.tracks);
  const meta: z.input<typeof metaSchema> = { schema: 1, ...sizeOf(problem), seed, als };
  writeFileAtomic(join(folder, 'meta.json'), `${JSON.stringify(meta, null, 2)}\n`);
}

/**
 * Reads what {@link writeProblem} wrote.
 * @throws DubplateError FILE_NOT_FOUND, or INVALID_INPUT when the files do not belong together.
 */
export function readProblem(folder: string): Problem & { readonly meta: z.output<typeof metaSchema> } {
  const meta = readMeta(join(folder, 'meta.json'));
  const problem: Problem = {
    byUser: {
      rows: meta.users,
      cols: meta.tracks,
      indptr: readNpyVector(join(folder, 'indptr.npy'), Uint32Array),
      indices: readNpyVector(join(folder, 'indices.npy'), Uint32Array),
      weights: readNpyVector(join(folder, 'weights.npy'), Float32Array),
    },
    start: { users: readNpy(join(folder, 'x0.npy')), tracks: readNpy(join(folder, 'y0.npy')) },
  };
  const { byUser, start } = problem;
  const isWhole =
    byUser.indptr.length === meta.users + 1 &&
    byUser.indices.length === meta.interactions &&
    byUser.weights.length === meta.interactions &&
    start.users.rows === meta.users &&
    start.tracks.rows === meta.tracks;
  if (!isWhole) {
    throw new DubplateError('INVALID_INPUT', `The files in ${folder} have not the sizes that its meta.json names`, {
      hint: 'Write them again with `dubplate bench als --export`.',
    });
  }
  return { ...problem, meta };
}

function readMeta(path: string): z.output<typeof metaSchema> {
  try {
    return metaSchema.parse(JSON.parse(readFileSync(path, 'utf8')));
  } catch (cause) {
    throw new DubplateError('INVALID_INPUT', `${path} is missing or not from \`bench als --export\``, {
      hint: 'Write the folder with `dubplate bench als --export`.',
      cause,
    });
  }
}
