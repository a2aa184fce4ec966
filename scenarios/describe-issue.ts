import type { z } from 'zod';
import { plural } from '../reports/format.ts';
import { didYouMean } from './nearest.ts';
import { guideTo, namesIn, type OptionGuide } from './option-guide.ts';

/**
 * All that is wrong with what a schema was given, one line for each thing: where, what was found, what was expected; and for a
 * name that it does not have the nearest that it has.
 * @param issues of parsing with `reportInput`.
 */
export function describeIssues(schema: z.ZodType, issues: readonly z.core.$ZodIssue[]): string[] {
  const guide = guideTo(schema);
  return issues.flatMap((issue) => describeBy(issue, guide));
}

function describeBy(issue: z.core.$ZodIssue, guide: OptionGuide): string[] {
  const path = issue.path.map(String).join('.') || '(top level)';
  if (issue.code === 'unrecognized_keys') {
    const within = path === '(top level)' ? '' : `${path}.`;
    const known = namesIn(guide(issue.path));
    return issue.keys.map((key) => `${within}${key}: no such option${didYouMean(key, known, within)}`);
  }
  // Right on the outside: what is wrong lies within, such as one item of a list.
  const within = issue.code === 'invalid_union' ? issue.errors.find(isWithin) : undefined;
  if (within) return within.flatMap((inner) => describeBy({ ...inner, path: [...issue.path, ...inner.path] }, guide));
  if (issue.code === 'invalid_union' && issue.discriminator !== undefined) {
    const kinds = guide(issue.path).flatMap((place) => (typeof place.const === 'string' ? [place.const] : []));
    if (kinds.length > 0) return [`${path}: ${ofNoKind(issue.input, issue.discriminator, kinds)}`];
  }
  const expected = expectation(issue);
  return [
    expected === undefined ? `${path}: ${issue.message}` : `${path}: ${foundText(issue.input)}, expected ${expected}`,
  ];
}

/** Of a group whose kind decides which options it has, a kind that there is not. */
function ofNoKind(group: unknown, discriminator: string, kinds: readonly string[]): string {
  const found = (group as Readonly<Record<string, unknown>> | undefined)?.[discriminator];
  const near = typeof found === 'string' ? didYouMean(found, kinds) : '';
  return `${foundText(found)}, expected ${kinds.map((kind) => JSON.stringify(kind)).join(' or ')}${near}`;
}

const isWithin = (issues: readonly z.core.$ZodIssue[]): boolean =>
  issues.length > 0 && issues.every(({ path }) => path.length > 0);

/** Longest value that is repeated whole. */
const longest = 60;

function foundText(input: unknown): string {
  if (input === undefined) return 'is missing';
  const text = JSON.stringify(input);
  return `found ${text.length > longest ? `${text.slice(0, longest)}…` : text}`;
}

/** What a value has to be; undefined where the issue's own message says all. */
function expectation(issue: z.core.$ZodIssue): string | undefined {
  const of = (origin: string): string =>
    origin === 'array' || origin === 'set' ? ' items' : origin === 'string' ? ' characters' : '';
  switch (issue.code) {
    case 'too_small':
      return `${issue.inclusive ? 'at least' : 'more than'} ${issue.minimum}${of(issue.origin)}`;
    case 'too_big':
      return `${issue.inclusive ? 'at most' : 'less than'} ${issue.maximum}${of(issue.origin)}`;
    case 'invalid_type':
      return (
        { int: 'a whole number', array: 'a list such as [1,2]', object: 'a group of options' }[
          issue.expected as string
        ] ?? `a ${issue.expected}`
      );
    case 'invalid_value':
      return issue.values.map((value) => JSON.stringify(value)).join(' or ');
    case 'invalid_union': {
      const ways = issue.errors.map(([first]) => first && first.path.length === 0 && expectation(first));
      return ways.length > 0 && ways.every(Boolean) ? ways.join(' or ') : undefined;
    }
    default:
      return undefined;
  }
}

/** That `source` has them, and which, one below the other: for the end of a message. */
export const problemsIn = (source: string, problems: readonly string[]): string =>
  `${source} has ${plural(problems.length, 'problem')}:\n${problems.map((problem) => `  - ${problem}`).join('\n')}`;
