import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { ReportError } from './errors.ts';
import { type Sizing, sizingSchema } from './sizing-file.ts';

/** Names may be written as numbers (`"seed": 7`). */
const name = z.union([z.string(), z.number()]).transform(String);
/** JSON has no NaN: a figure that could not be computed is null. */
const figure = z.number().nullable().default(null);

/** Only what makes a folder a run is required; what later versions add is kept and shown. */
const manifestSchema = z.looseObject({
  schema: z.literal(1),
  name: z.literal('dubplate'),
  version: z.string().default('unknown'),
  scenario: z.looseObject({ name: z.string(), question: z.string().default('') }),
  seed: name.default(''),
  arms: z.array(z.string()).default([]),
  bounds: z.array(z.string()).default([]),
  worlds: z.array(name).default([]),
  startedAt: name.optional(),
  /** Wall time of the run. */
  seconds: z.number().nullish(),
  machine: z.record(z.string(), z.unknown()).default({}),
  kernel: z.unknown().optional(),
  threads: z.unknown().optional(),
  digests: z.record(z.string(), z.unknown()).default({}),
  notes: z.array(z.string()).default([]),
  /** The command line that made the run; without it one is put together from the scenario. */
  command: z.string().optional(),
  /** Metric, or `seconds.*` for all stages, to `measured`, `derived` or `assumed`. */
  provenance: z.record(z.string(), z.unknown()).default({}),
});

const metricsSchema = z.looseObject({
  schema: z.literal(1),
  rows: z.array(
    z.looseObject({
      arm: z.string(),
      world: name,
      family: z.string(),
      /** Null for a figure of the whole run. */
      day: z.int().nullable().default(null),
      /** Hours since midnight, where lists are scored more than once a day. */
      hour: z.int().optional(),
      segment: z.string(),
      metric: z.string(),
      value: figure,
      /** How many listeners, slots or tracks counted. */
      n: figure,
    }),
  ),
  summary: z.array(
    z.looseObject({
      arm: z.string(),
      family: z.string(),
      segment: z.string(),
      metric: z.string(),
      mean: figure,
      /** Ends of the 95 % interval over worlds; null for one world. */
      low: figure,
      high: figure,
      worlds: z.number().default(1),
    }),
  ),
});

export type Manifest = z.output<typeof manifestSchema>;
export type Metrics = z.output<typeof metricsSchema>;
export type MetricRow = Metrics['rows'][number];
export type SummaryRow = Metrics['summary'][number];

/** What a run folder says: who took part under which conditions, and every figure. */
export interface Run {
  readonly manifest: Manifest;
  readonly rows: readonly MetricRow[];
  readonly summary: readonly SummaryRow[];
  /** Where caches were compared. */
  readonly sizing?: Sizing | undefined;
}

/**
 * Read `manifest.json` and `metrics.json` of a run folder, and `cache-sizing.json` where there is one.
 *
 * @throws ReportError FILE_NOT_FOUND when one is missing; INVALID_INPUT when one is not JSON, does not fit its schema
 * (every problem is named) or states one mean twice.
 */
export function readRun(dir: string): Run {
  const manifest = parse(
    manifestSchema,
    join(dir, 'manifest.json'),
    'Give a folder that `dubplate run --out DIR` wrote.',
  );
  const metrics = parse(
    metricsSchema,
    join(dir, 'metrics.json'),
    'The run was not finished: continue it with --resume, or run it again.',
  );
  refuseTwice(join(dir, 'metrics.json'), metrics.summary);
  const sizingPath = join(dir, 'cache-sizing.json');
  const sizing = existsSync(sizingPath) ? parse(sizingSchema, sizingPath, '') : undefined;
  return { manifest, rows: metrics.rows, summary: metrics.summary, sizing };
}

function parse<T extends z.ZodType>(schema: T, path: string, hintIfMissing: string): z.output<T> {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (cause) {
    throw new ReportError('FILE_NOT_FOUND', `Cannot read ${path}`, { hint: hintIfMissing, cause });
  }
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new ReportError('INVALID_INPUT', `${path} is not JSON: ${why}`, {
      hint: 'The file was edited or damaged after the run; run the scenario again. A missing figure is null, never NaN.',
      cause,
    });
  }
  const result = schema.safeParse(json);
  if (result.success) return result.data;
  throw new ReportError('INVALID_INPUT', `${path} is not the result file of a run:\n${listed(result.error.issues)}`, {
    hint: 'Read it with the version of dubplate that wrote it, or run the scenario again.',
  });
}

const shownIssues = 10;

function listed(issues: readonly z.core.$ZodIssue[]): string {
  const lines = issues.slice(0, shownIssues).map(({ path, message }) => `  ${path.join('.') || 'file'}: ${message}`);
  if (issues.length > shownIssues) lines.push(`  and ${issues.length - shownIssues} more`);
  return lines.join('\n');
}

/** Two means for one place in the table: neither can be trusted. */
function refuseTwice(path: string, summary: readonly SummaryRow[]): void {
  const seen = new Set<string>();
  for (const { arm, family, segment, metric } of summary) {
    const key = JSON.stringify([arm, family, segment, metric]);
    if (seen.has(key)) {
      throw new ReportError(
        'INVALID_INPUT',
        `${path} states the mean of ${metric} of arm ${arm} in ${segment}, family ${family}, twice`,
        { hint: 'The summary must hold one row per arm, family, segment and metric; run the scenario again.' },
      );
    }
    seen.add(key);
  }
}
