import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { z } from 'zod';
import { DubplateError, messageOf } from '../../engine/core/errors.ts';
import { writeFileAtomic } from '../../engine/core/files.ts';
import { invalid } from '../../engine/interactions/input-errors.ts';
import { familyNames, type WorldOptions, worldOptionsSchema } from '../../sim/options.ts';
import { describeIssues, problemsIn } from '../describe-issue.ts';
import { version } from '../version.ts';

const figure = z.number().nullable();

/** A world that was calibrated to a log: its dials, and where they come from. */
const worldFileSchema = z.strictObject({
  schema: z.literal(1),
  /** Version that fitted the dials: in another one they may mean something else. */
  dubplate: z.string(),
  source: z.strictObject({
    file: z.string(),
    /** SHA-256 of the log. */
    digest: z.string().regex(/^[0-9a-f]{64}$/),
    listeners: z.int().min(1),
    plays: z.int().min(1),
    /** What of it counted: the last days of listeners with plays enough. */
    used: z.strictObject({ listeners: z.int().min(1), plays: z.int().min(1), days: z.int().min(1) }).optional(),
  }),
  /** Of the trial worlds: in another one the same dials may give other figures. */
  family: z.enum(familyNames),
  world: worldOptionsSchema,
  /** SHA-256 of the dials as they were written: other ones were changed by hand. */
  dials: z
    .string()
    .regex(/^[0-9a-f]{64}$/)
    .optional(),
  /** Facts of listening of the log, and of trial worlds before and after; null where one does not tell. */
  facts: z.record(z.string(), z.strictObject({ log: figure, before: figure, after: figure })),
});

export type WorldFile = z.output<typeof worldFileSchema>;

/** What became of a world file since it was written. */
export interface Handiwork {
  /** Its dials are not those that were fitted. */
  readonly isEdited: boolean;
  /** Dials that it does not name, for which defaults stand. */
  readonly defaults: readonly string[];
}

/** Write a world file, whole or not at all. */
export const writeWorldFile = (path: string, file: Omit<WorldFile, 'schema' | 'dubplate' | 'dials'>): void =>
  writeFileAtomic(
    path,
    `${JSON.stringify({ schema: 1, dubplate: version, ...file, dials: digestOfDials(file.world) }, null, 2)}\n`,
  );

/** SHA-256 of dials, whatever their order. */
function digestOfDials(world: WorldOptions): string {
  const sorted = (_: string, value: unknown): unknown =>
    typeof value === 'object' && value !== null
      ? Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)))
      : value;
  return createHash('sha256').update(JSON.stringify(world, sorted)).digest('hex');
}

/**
 * Read a world file.
 * @throws DubplateError FILE_NOT_FOUND; INVALID_INPUT when it is no world file, of another schema or of another version, or when
 *   it does not fit; every problem is named.
 */
export function readWorldFile(path: string): WorldFile & Handiwork {
  const json = parse(path, readText(path));
  const head = z.looseObject({ schema: z.number(), dubplate: z.string(), world: z.unknown() }).safeParse(json);
  if (!head.success) throw invalid(path, 'is not a world file', 'Give what `dubplate calibrate --out` wrote.');
  if (head.data.schema !== 1) {
    throw invalid(
      path,
      `is a world file of schema ${head.data.schema}; this version of Dubplate reads schema 1`,
      'Calibrate again with this version.',
    );
  }
  if (head.data.dubplate !== version) {
    throw invalid(
      path,
      `was calibrated by Dubplate ${head.data.dubplate}, and this is ${version}`,
      'The same dials may make another world in another version: calibrate again with this one.',
    );
  }
  const result = worldFileSchema.safeParse(json, { reportInput: true });
  if (result.success) {
    const { world, dials } = result.data;
    const named = Object.keys(z.looseObject({}).catch({}).parse(head.data.world));
    return {
      ...result.data,
      isEdited: dials !== undefined && dials !== digestOfDials(world),
      defaults: Object.keys(worldOptionsSchema.shape).filter((dial) => !named.includes(dial)),
    };
  }
  const problems = describeIssues(worldFileSchema, result.error.issues);
  throw invalid(
    path,
    `is not a whole world file: ${problemsIn('it', problems)}`,
    'It was edited by hand: mend it, or calibrate again.',
  );
}

function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (cause) {
    throw new DubplateError('FILE_NOT_FOUND', `Cannot read ${path}`, { hint: 'Check the path.', cause });
  }
}

function parse(path: string, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw invalid(path, `is not JSON: ${messageOf(cause)}`, 'Give what `dubplate calibrate --out` wrote.', cause);
  }
}
