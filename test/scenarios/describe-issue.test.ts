import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { describeIssue } from '../../scenarios/describe-issue.ts';

/** What is said of an input that does not fit. */
const saidOf = (schema: z.ZodType, input: unknown): string[] =>
  schema.safeParse(input, { reportInput: true }).error?.issues.flatMap(describeIssue) ?? [];

describe('what is wrong with a value', () => {
  it.each([
    ['too small', z.number().min(1), 0, 'found 0, expected at least 1'],
    ['not above', z.number().positive(), 0, 'found 0, expected more than 0'],
    ['too large', z.int().max(512), 600, 'found 600, expected at most 512'],
    ['not below', z.number().lt(1), 1, 'found 1, expected less than 1'],
    ['no whole number', z.int(), 1.5, 'found 1.5, expected a whole number'],
    ['another type', z.boolean(), 'yes', 'found "yes", expected a boolean'],
    ['missing', z.number(), undefined, 'is missing, expected a number'],
    ['a list that is too short', z.array(z.string()).min(2), [], 'found [], expected at least 2 items'],
    ['a text that is too long', z.string().max(3), 'long', 'found "long", expected at most 3 characters'],
    ['none of a few', z.enum(['hkv', 'ials']), 'als', 'found "als", expected "hkv" or "ials"'],
    [
      'none of two kinds',
      z.union([z.enum(['a']), z.array(z.string())]),
      7,
      'found 7, expected "a" or a list such as [1,2]',
    ],
    ['long', z.number(), 'x'.repeat(500), `found "${'x'.repeat(59)}…, expected a number`],
    ['of a form that has a name', z.string().regex(/^a/, 'must begin with a'), 'b', 'must begin with a'],
  ])('%s', (_, schema, input, said) => {
    expect(saidOf(z.object({ at: schema }), { at: input })).toEqual([`at: ${said}`]);
  });

  it('says which item of a list is wrong where one or a list may stand', () => {
    const family = z.union([z.enum(['a', 'b']), z.array(z.enum(['a', 'b']))]);
    expect(saidOf(z.object({ at: family }), { at: ['a', 'c'] })).toEqual(['at.1: found "c", expected "a" or "b"']);
  });

  it('names every option that there is not', () => {
    expect(saidOf(z.object({ als: z.strictObject({}) }), { als: { factor: 1, alpah: 2 } })).toEqual([
      'als.factor: no such option',
      'als.alpah: no such option',
    ]);
  });
});
