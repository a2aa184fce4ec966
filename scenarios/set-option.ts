import type { z } from 'zod';
import { DubplateError } from '../engine/core/errors.ts';
import { describeIssues, problemsIn } from './describe-issue.ts';

/** For commander: gathers a repeatable option. */
export const collectSetting = (setting: string, before: readonly string[]): readonly string[] => [...before, setting];

/**
 * Put `path=value` settings into a plain object, as `--set` gives them: `als.factors=64`, `arms.hybrid.slate.slots=5`,
 * `expect.0.atLeast=0.1`. A value is read as JSON where it is JSON (64, true, null, ["a"]) and as text otherwise; groups
 * on the way are made. Whether the path and value make sense is for the schema to say, afterwards.
 *
 * @param schema where given, a value that it wants as text stays text though it looks like a number (`seed=7`).
 * @returns a copy with the settings in place; the object given is not changed.
 * @throws DubplateError INVALID_OPTIONS listing every setting that is no `path=value` or leads through a value.
 */
export function applySettings(input: object, settings: readonly string[], schema?: z.ZodType): unknown {
  const parsed = parseAll(settings);
  const changed = withSettings(input, parsed);
  if (schema === undefined) return changed;
  const wantsText = new Set(
    schema
      .safeParse(changed)
      .error?.issues.filter((issue) => issue.code === 'invalid_type' && issue.expected === 'string')
      .map((issue) => issue.path.map(String).join('.')),
  );
  return withSettings(
    input,
    parsed.map((setting) => (wantsText.has(setting.path.join('.')) ? { ...setting, value: setting.text } : setting)),
  );
}

/**
 * Options from their schema's defaults and `--set`.
 * @param source what to name in errors, where settings come from other flags.
 * @throws DubplateError INVALID_OPTIONS listing every problem at once, unknown paths among them.
 */
export function parseSettings<Schema extends z.ZodType>(
  schema: Schema,
  settings: readonly string[],
  source = '--set',
): z.output<Schema> {
  const result = schema.safeParse(applySettings({}, settings, schema), { reportInput: true });
  if (result.success) return result.data;
  throw problems(describeIssues(schema, result.error.issues), source);
}

/** The path of a `path=value` setting. */
export const pathOf = (setting: string): string => setting.split('=')[0]!.trim();

/** Does one of these settings give the option at `path`? */
export const isSet = (settings: readonly string[], path: string): boolean =>
  settings.some((setting) => pathOf(setting) === path);

interface Setting {
  readonly path: readonly string[];
  readonly text: string;
  readonly value: unknown;
}

function parseAll(settings: readonly string[]): Setting[] {
  const parsed = settings.map(parseSetting);
  const wrong = parsed.filter((setting) => typeof setting === 'string');
  if (wrong.length > 0) throw problems(wrong);
  return parsed.filter((setting) => typeof setting !== 'string');
}

/** A setting, or what is wrong with it. */
function parseSetting(setting: string): Setting | string {
  const equals = setting.indexOf('=');
  const path = setting.slice(0, Math.max(0, equals)).trim().split('.');
  const isPath = path.every((part) => /^[\w@-]+$/.test(part) && part !== '__proto__');
  if (equals < 0 || !isPath) return `'${setting}' is not path=value, such as als.factors=64`;
  const text = setting.slice(equals + 1).trim();
  return { path, text, value: readValue(text) };
}

function readValue(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

function withSettings(input: object, settings: readonly Setting[]): unknown {
  const root = structuredClone(input);
  const wrong = settings.map((setting) => place(root, setting)).filter((problem) => problem !== undefined);
  if (wrong.length > 0) throw problems(wrong);
  return root;
}

/** Writes one value; says what is in the way when the path leads through something that has no parts. */
function place(root: object, { path, value }: Setting): string | undefined {
  let group = root as Record<string, unknown>;
  for (const [depth, part] of path.slice(0, -1).entries()) {
    const existing = Object.hasOwn(group, part) ? group[part] : undefined;
    if (existing !== undefined && (typeof existing !== 'object' || existing === null)) {
      return `${path.join('.')}: ${path.slice(0, depth + 1).join('.')} is ${JSON.stringify(existing)}, which has no parts`;
    }
    const next = existing ?? {};
    group[part] = next;
    group = next as Record<string, unknown>;
  }
  group[path.at(-1) ?? ''] = value;
  return undefined;
}

const problems = (found: readonly string[], source = '--set'): DubplateError =>
  new DubplateError('INVALID_OPTIONS', problemsIn(source, found), {
    hint: 'The options are listed in engine/options.ts and by `dubplate explain <scenario>`.',
    details: { problems: found },
  });
