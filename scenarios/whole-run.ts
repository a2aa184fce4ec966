import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join, sep } from 'node:path';
import { z } from 'zod';
import { digestOf } from '../engine/core/digest.ts';
import { DubplateError, messageOf } from '../engine/core/errors.ts';
import { readNpy } from '../engine/core/npy.ts';
import { readColumns, readEvents } from '../sim/log.ts';
import { describeIssues, problemsIn } from './describe-issue.ts';
import { dayName, digestOfDay } from './event-log.ts';
import { checkExpectations } from './expectations.ts';
import { openFinishedRun } from './finished-run.ts';
import { manifestName, metricsName, readManifest, reportNames, resultNames, sizingName } from './run-folder.ts';
import { isLock } from './run-lock.ts';
import { expectationSchema } from './schema.ts';
import { digestOfMetrics } from './scoring/cost-figures.ts';
import { type MetricRow, type SummaryRow, summarise } from './scoring/rows.ts';

const armDigestsSchema = z.looseObject({ events: z.string().optional(), model: z.string() });

const manifestSchema = z.looseObject({
  arms: z.array(z.string()),
  worlds: z.array(z.string()),
  scenario: z.looseObject({
    hearing: z.unknown().optional(),
    sizing: z.unknown().optional(),
    scoreHours: z.array(z.int()).default([0]),
    expect: z.array(expectationSchema).default([]),
  }),
  digests: z.looseObject({ metrics: z.string(), sizing: z.string().optional() }),
  expectations: z.unknown().optional(),
  /** Later than the others, as is that of `sizing`: runs of before have none. */
  dayDigests: z.record(z.string(), z.array(z.string())).default({}),
  encoders: z.record(z.string(), z.unknown()).default({}),
});
type RunManifest = z.output<typeof manifestSchema>;

/** Of an arm in a world; nothing where the manifest has none of it, so that what is there differs. */
const digestsOf = ({ digests }: RunManifest, folder: string): Partial<z.output<typeof armDigestsSchema>> =>
  armDigestsSchema.safeParse(digests[folder.replaceAll(sep, '/')]).data ?? {};

/**
 * Holds the files of a finished run against its manifest: that all are there and can be read, that none is there which the run
 * did not write, and that the log, the models and the figures have the digests that they had. Means and what became of expectations
 * have none, but follow from the figures. Lists are not kept, so theirs is left out; of the tables, the ids, the reports and what
 * is under `truth/` there is none. One day of the log in memory at a time.
 *
 * @returns how many files the arms have, and what stands beside the results in the folder.
 * @throws DubplateError FILE_NOT_FOUND, INVALID_INPUT naming every file that is wrong.
 */
export function checkWholeRun(path: string): { readonly files: number; readonly beside: readonly string[] } {
  const manifest = readWholeManifest(path);
  const problems = [
    ...problemsOfFigures(path, manifest),
    ...problemsOfReports(path),
    ...problemsOfSizing(path, manifest),
  ];
  let files = 0;
  for (const arm of manifest.arms) {
    const strangers = existsSync(join(path, arm)) ? readdirSync(join(path, arm)) : [];
    for (const name of strangers)
      if (!manifest.worlds.includes(name)) problems.push(`${join(arm, name)}: is no world of the run`);
    for (const world of manifest.worlds) {
      const folder = join(arm, world);
      const found = filesIn(join(path, folder));
      files += found.length;
      const problemsOf = manifest.scenario.hearing === undefined ? problemsOfArm : problemsOfEncoder;
      problems.push(...problemsOf(path, folder, found, manifest).map((problem) => join(folder, problem)));
    }
  }
  if (problems.length > 0) throw notWhole(path, problems);
  const known = [...resultNames, ...manifest.arms];
  return { files, beside: readdirSync(path).filter((name) => !known.includes(name) && !isLock(name)) };
}

function readWholeManifest(path: string): RunManifest {
  const parsed = manifestSchema.safeParse(readManifest(path), { reportInput: true });
  if (parsed.success) return parsed.data;
  const problems = describeIssues(manifestSchema, parsed.error.issues).map((issue) => `${manifestName}: ${issue}`);
  throw notWhole(path, problems);
}

/** What is wrong with the figures, with what was summed up of them, and with what was said of that. */
function problemsOfFigures(path: string, { scenario, digests, expectations }: RunManifest): string[] {
  const metrics = readJson(join(path, metricsName)) as { rows: MetricRow[]; summary: SummaryRow[] };
  if (digestOfMetrics(metrics.rows) !== digests.metrics)
    return [`${metricsName}: its figures are not those of the run`];
  const summary = summarise(metrics.rows.map((row) => ({ ...row, value: row.value ?? Number.NaN })));
  if (!isAlike(metrics.summary, summary)) return [`${metricsName}: its summary is not that of its figures`];
  const isAsExpected = expectations === undefined || isAlike(expectations, checkExpectations(scenario, summary));
  return isAsExpected ? [] : [`${manifestName}: its expectations are not judged by the figures of the run`];
}

const problemsOfReports = (path: string): string[] =>
  reportNames
    .filter((name) => !existsSync(join(path, name)))
    .map((name) => `${name}: is missing; \`dubplate report ${path}\` writes it again`);

/** The same of the comparison of caches, where the scenario has one. */
function problemsOfSizing(path: string, { scenario, digests }: RunManifest): string[] {
  const isThere = existsSync(join(path, sizingName));
  if (scenario.sizing === undefined) return isThere ? [`${sizingName}: does not belong to the run`] : [];
  if (!isThere) return [`${sizingName}: is missing`];
  const found = digestOf(JSON.stringify(readJson(join(path, sizingName))));
  return digests.sizing === undefined || found === digests.sizing ? [] : [`${sizingName}: is not what the run wrote`];
}

const readJson = (file: string): unknown => JSON.parse(readFileSync(file, 'utf8'));

/** Whether two results say the same, but for the last digits, which are the processor's. JSON writes what is no number as null. */
function isAlike(written: unknown, wanted: unknown): boolean {
  if (typeof wanted === 'number' && Number.isFinite(wanted))
    return typeof written === 'number' && Math.abs(written - wanted) <= 1e-12 + 1e-9 * Math.abs(wanted);
  if (typeof wanted === 'number' || wanted === null) return written === null;
  if (typeof wanted !== 'object' || typeof written !== 'object' || written === null) return written === wanted;
  const names = new Set([...Object.keys(written), ...Object.keys(wanted)]);
  const part = (of: object, name: string): unknown => (of as Readonly<Record<string, unknown>>)[name];
  return [...names].every((name) => isAlike(part(written, name), part(wanted, name)));
}

/** What is wrong in the folder of one arm and world, each with the file that it is about. */
function problemsOfArm(path: string, folder: string, found: readonly string[], manifest: RunManifest): string[] {
  const { days } = openFinishedRun(path);
  const key = folder.replaceAll(sep, '/');
  const dayFiles = days.map((day) => join('events', `${dayName(day)}.arrow`));
  const shadows = days
    .filter((day) => day >= 0)
    .flatMap((day) =>
      manifest.scenario.scoreHours.map(
        (hour) => `${dayName(day)}${hour === 0 ? '' : `T${String(hour).padStart(2, '0')}`}`,
      ),
    )
    .map((name) => join('truth', 'shadow', `${name}.arrow`));
  const factors = ['user_factors.npy', 'track_factors.npy'].map((name) => join('model', name));
  const encoder = key in manifest.encoders ? [join('model', 'encoder.onnx')] : [];
  const ids = ['users.txt', 'tracks.txt'].map((name) => join('model', name));
  const tables = ['', 'truth'].flatMap((of) => ['listeners.arrow', 'tracks.arrow'].map((name) => join(of, name)));
  const expected = [...dayFiles, ...shadows, ...factors, ...encoder, ...ids, ...tables];
  // Which matrices the truth has is for the family of the world to say.
  const matrices = found.filter((file) => /^truth[\\/]\w+\.npy$/.test(file));

  const problems = [...missingOf(expected, found), ...strangersOf([...expected, ...matrices], found)];
  const at = (file: string): string => join(path, folder, file);
  const digests = digestsOf(manifest, folder);
  const read = <T>(file: string, reader: (path: string) => T): T | undefined => {
    if (!found.includes(file)) return undefined;
    try {
      return reader(at(file));
    } catch (cause) {
      // Bytes that were changed make readers stumble in many ways.
      problems.push(`${file}: cannot be read: ${messageOf(cause)}`);
      return undefined;
    }
  };
  const dayDigests = dayFiles.map((file) => read(file, digestOfDay));
  const wanted = manifest.dayDigests[key];
  const changed = dayFiles.filter((_, i) => dayDigests[i] !== undefined && wanted && dayDigests[i] !== wanted[i]);
  problems.push(...changed.map((file) => `${file}: its events are not those that the run wrote`));
  const areRead = dayDigests.every((digest) => digest !== undefined);
  if (areRead && changed.length === 0 && digestOf(...dayDigests) !== digests.events)
    problems.push(`events: one of the ${days.length} days is not what the run wrote; its manifest does not say which`);
  const [users, tracks] = factors.map((file) => read(file, readNpy)?.data);
  const heardWith = encoder.map((file) => read(file, readBytes))[0];
  const isModelRead = users !== undefined && tracks !== undefined && (encoder.length === 0 || heardWith !== undefined);
  if (isModelRead && digestOf(users, tracks, heardWith ?? 'no encoder') !== digests.model)
    problems.push(`${[...factors, ...encoder].join(' or ')}: the numbers are not those that the run wrote`);
  for (const file of shadows) read(file, readEvents);
  for (const file of tables) read(file, readColumns);
  for (const file of matrices) read(file, readNpy);
  return problems;
}

/** The same where hearing is tested: an encoder is all that an arm leaves. */
function problemsOfEncoder(path: string, folder: string, found: readonly string[], manifest: RunManifest): string[] {
  const file = join('model', 'encoder.onnx');
  const problems = [...missingOf([file], found), ...strangersOf([file], found)];
  const { model } = digestsOf(manifest, folder);
  if (found.includes(file) && digestOf(readBytes(join(path, folder, file))) !== model)
    problems.push(`${file}: is not what the run wrote`);
  return problems;
}

const readBytes = (path: string): Uint8Array => readFileSync(path);

const missingOf = (expected: readonly string[], found: readonly string[]): string[] =>
  expected.filter((file) => !found.includes(file)).map((file) => `${file}: is missing`);

const strangersOf = (known: readonly string[], found: readonly string[]): string[] =>
  found.filter((file) => !known.includes(file)).map((file) => `${file}: does not belong to the run`);

/** All files below a folder, by their paths in it. */
const filesIn = (folder: string): string[] =>
  existsSync(folder)
    ? readdirSync(folder, { recursive: true, encoding: 'utf8' })
        .filter((file) => !statSync(join(folder, file)).isDirectory())
        .sort()
    : [];

const notWhole = (path: string, problems: readonly string[]): DubplateError =>
  new DubplateError('INVALID_INPUT', `The run is not whole: ${problemsIn(path, problems)}`, {
    hint: 'Files were changed, deleted or added after the run, or not copied. Copy it again, or run the scenario again.',
    details: { problems },
  });
