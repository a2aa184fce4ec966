import { readFileSync } from 'node:fs';
import { DubplateError, messageOf } from '../../engine/core/errors.ts';
import { type BenchResult, benchResultSchema } from '../bench/rows.ts';
import { describeIssues, problemsIn } from '../describe-issue.ts';
import type { Machine } from '../machine.ts';

/** What `dubplate bench … --json` printed, and where it stands. */
export interface BenchFile extends BenchResult {
  readonly path: string;
}

const howTo = 'Write one with `dubplate bench als --growth --json > als.json`.';

/**
 * Read a result of `dubplate bench --json`.
 * @throws DubplateError FILE_NOT_FOUND; INVALID_INPUT when it is something else, with everything that is wrong.
 */
export function readBenchFile(path: string): BenchFile {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (cause) {
    throw new DubplateError('FILE_NOT_FOUND', `Cannot read the bench file ${path}: ${messageOf(cause)}`, {
      hint: howTo,
      cause,
    });
  }
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (cause) {
    throw new DubplateError('INVALID_INPUT', `${path} is not JSON: ${messageOf(cause)}`, { hint: howTo, cause });
  }
  const parsed = benchResultSchema.safeParse(json, { reportInput: true });
  if (parsed.success) return { path, ...parsed.data };
  const issues = describeIssues(benchResultSchema, parsed.error.issues);
  throw new DubplateError('INVALID_INPUT', `${path} is no result of a bench: ${problemsIn('it', issues)}`, {
    hint: howTo,
    details: { issues },
  });
}

/** Says so where a file was measured on another machine than this one; undefined where it was this one. */
export function otherMachine({ path, machine }: BenchFile, here: Machine): string | undefined {
  if (machine.cpu === here.cpu && machine.cores === here.cores && machine.platform === here.platform) return undefined;
  return `${path} is of another machine (${machine.cores} × ${machine.cpu}, ${machine.platform}; here ${here.cores} × ${here.cpu}, ${here.platform}): its rates are that machine's`;
}

/** Says so where other programs ran beside a bench; undefined where hardly any did. */
export function busyMachine({ path, machine: { load, cores } }: BenchFile): string | undefined {
  if (load <= cores / 4) return undefined;
  return `${path} was measured under a load of ${load.toFixed(1)} on ${cores} cores: on an idle machine its times will be shorter`;
}
