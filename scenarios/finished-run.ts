import { existsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { DubplateError } from '../engine/core/errors.ts';
import { describeIssues, problemsIn } from './describe-issue.ts';
import { dayName } from './event-log.ts';
import { readManifest } from './run-folder.ts';

/** A run that is over, as its manifest describes it: what was run and where its files are. */
export interface FinishedRun {
  readonly path: string;
  /** Of the Dubplate that made it. */
  readonly version: string;
  /** The resolved scenario as it was written; not checked beyond what a reader of logs needs. */
  readonly scenario: Readonly<Record<string, unknown>>;
  readonly arms: readonly string[];
  readonly worlds: readonly string[];
  /** Every day of the log, in order; negative ones are the past. */
  readonly days: readonly number[];
  /** Path of a file of one arm and world. */
  file(arm: string, world: string, ...parts: readonly string[]): string;
  /** Path of one day's events. */
  eventsOf(arm: string, world: string, day: number): string;
}

const manifestSchema = z.looseObject({
  schema: z.literal(1),
  version: z.string(),
  status: z.string(),
  scenario: z.looseObject({
    days: z.int().min(1),
    history: z.int().min(0),
    hearing: z.unknown().optional(),
  }),
  arms: z.array(z.string()).min(1),
  worlds: z.array(z.string()).min(1),
});

/**
 * Opens the folder of a finished run that has event logs.
 * @throws DubplateError FILE_NOT_FOUND where there is no run; INVALID_INPUT where it is a model, not finished, damaged, or of a
 *   scenario in which nobody lives.
 */
export function openFinishedRun(path: string): FinishedRun {
  const found = readManifest(path);
  if (found === undefined) throw noRun(path);
  if (found.kind === 'model') {
    throw new DubplateError('INVALID_INPUT', `${path} holds a trained model, not a run`, { hint: giveARun });
  }
  const parsed = manifestSchema.safeParse(found, { reportInput: true });
  if (!parsed.success) {
    const problems = describeIssues(manifestSchema, parsed.error.issues);
    throw new DubplateError(
      'INVALID_INPUT',
      `${join(path, 'manifest.json')} is not that of a run: ${problemsIn('it', problems)}`,
      { hint: 'It was edited, or written by another version. Run the scenario again.', details: { problems } },
    );
  }
  const { version, status, scenario, arms, worlds } = parsed.data;
  if (scenario.hearing !== undefined) {
    throw new DubplateError(
      'INVALID_INPUT',
      `${path} is a test of hearing: nobody lives in it, so it has no event log`,
      {
        hint: 'Give the run of a scenario with days, such as micro or cold-start.',
      },
    );
  }
  if (status !== 'complete') {
    throw new DubplateError('INVALID_INPUT', `The run in ${path} is not finished: its status is '${status}'`, {
      hint: `Wait for it, or go on with \`dubplate run <scenario> --out ${path} --resume\`.`,
    });
  }
  const file = (...parts: readonly string[]): string => join(path, ...parts);
  return {
    path,
    version,
    scenario,
    arms,
    worlds,
    days: Array.from({ length: scenario.history + scenario.days }, (_, i) => i - scenario.history),
    file,
    eventsOf: (arm, world, day) => file(arm, world, 'events', `${dayName(day)}.arrow`),
  };
}

/**
 * The one of `known` that a flag names.
 * @throws DubplateError INVALID_OPTIONS with all that there are.
 */
export function named(known: readonly string[], wanted: string, what: 'arm' | 'world', run: FinishedRun): string {
  if (known.includes(wanted)) return wanted;
  throw new DubplateError('INVALID_OPTIONS', `${run.path} has no ${what} '${wanted}'`, {
    hint: `Its ${what}s are: ${known.join(', ')}.`,
  });
}

/** @throws DubplateError FILE_NOT_FOUND with the files of a run that are gone. */
export function checkFiles(run: FinishedRun, paths: readonly string[]): void {
  const missing = paths.filter((path) => !existsSync(path));
  if (missing.length === 0) return;
  const others = missing.length === 1 ? '' : ` and ${missing.length - 1} more`;
  throw new DubplateError('FILE_NOT_FOUND', `The run in ${run.path} is not whole: ${missing[0]}${others} is missing`, {
    hint: 'Files were deleted after the run, or not copied. Copy it again, or run the scenario again.',
    details: { missing },
  });
}

const giveARun = 'Give a folder that `dubplate run --out DIR` wrote.';

function noRun(path: string): DubplateError {
  const found = !existsSync(path)
    ? `${path} does not exist`
    : statSync(path).isDirectory()
      ? `${path} is not a run of Dubplate: it has no manifest.json of ours`
      : `${path} is not a folder`;
  return new DubplateError('FILE_NOT_FOUND', found, { hint: giveARun });
}
