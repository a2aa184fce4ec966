import type { z } from 'zod';
import { plural } from '../reports/format.ts';

/** One line per thing that is wrong: where, what was found, what was expected. */
export function describeIssue(issue: z.core.$ZodIssue): string[] {
  const path = issue.path.map(String).join('.') || '(top level)';
  if (issue.code === 'unrecognized_keys')
    return issue.keys.map((key) => `${path === '(top level)' ? '' : `${path}.`}${key}: no such option`);
  // Right on the outside: what is wrong lies within, such as one item of a list.
  const within = issue.code === 'invalid_union' ? issue.errors.find(isWithin) : undefined;
  if (within) return within.flatMap((inner) => describeIssue({ ...inner, path: [...issue.path, ...inner.path] }));
  const expected = expectation(issue);
  return [
    expected === undefined ? `${path}: ${issue.message}` : `${path}: ${foundText(issue.input)}, expected ${expected}`,
  ];
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

/** Problems one below the other, for the end of a message. */
export const bulleted = (problems: readonly string[]): string => problems.map((problem) => `  - ${problem}`).join('\n');

/** That `source` has them, and which. */
export const problemsIn = (source: string, problems: readonly string[]): string =>
  `${source} has ${plural(problems.length, 'problem')}:\n${bulleted(problems)}`;
