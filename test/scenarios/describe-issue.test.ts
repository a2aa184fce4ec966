import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { describeIssues } from '../../scenarios/describe-issue.ts';
import { slipsBetween } from '../../scenarios/nearest.ts';

/** What is said of an input that does not fit. */
const saidOf = (schema: z.ZodType, input: unknown): string[] =>
  describeIssues(schema, schema.safeParse(input, { reportInput: true }).error?.issues ?? []);

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

describe('with the schema at hand', () => {
  const schema = z.strictObject({
    world: z.strictObject({ drift: z.number().default(0), fameWeight: z.number().default(0) }).prefault({}),
    arms: z.record(
      z.string(),
      z.strictObject({
        blend: z.discriminatedUnion('kind', [
          z.strictObject({ kind: z.literal('audio') }),
          z.strictObject({ kind: z.literal('withArtist'), halfTrust: z.number() }),
        ]),
      }),
    ),
  });
  const saidBy = (input: unknown): string[] => saidOf(schema, input);

  it('names the option that was probably meant, and none where none is near', () => {
    expect(saidBy({ world: { dirft: 1, fameweight: 1, colour: 1 }, arms: {} })).toEqual([
      "world.dirft: no such option; did you mean 'world.drift'?",
      "world.fameweight: no such option; did you mean 'world.fameWeight'?",
      'world.colour: no such option',
    ]);
    expect(saidBy({ arms: { a: { blend: { kind: 'withArtist', halfTrust: 1, haltTrust: 1 } } } })).toEqual([
      "arms.a.blend.haltTrust: no such option; did you mean 'arms.a.blend.halfTrust'?",
    ]);
  });

  it('lists the kinds that there are', () => {
    const expected = 'expected "audio" or "withArtist"';
    expect(saidBy({ arms: { a: { blend: { kind: 'withartist' } } } })).toEqual([
      `arms.a.blend.kind: found "withartist", ${expected}; did you mean 'withArtist'?`,
    ]);
    expect(saidBy({ arms: { a: { blend: {} } } })).toEqual([`arms.a.blend.kind: is missing, ${expected}`]);
  });
});

describe('slips between words', () => {
  const word = fc.string({ unit: fc.constantFrom('a', 'b', 'c'), maxLength: 6 });

  it('are none only between a word and itself, and as many there as back', () => {
    fc.assert(
      fc.property(word, word, (a, b) => {
        expect(slipsBetween(a, b) === 0).toBe(a === b);
        expect(slipsBetween(a, b)).toBe(slipsBetween(b, a));
      }),
    );
  });

  it('are at most one more where one more was made', () => {
    const slip = fc.constantFrom('add', 'leave out', 'replace', 'swap');
    fc.assert(
      fc.property(word, fc.nat(6), slip, (a, place, kind) => {
        const at = Math.min(place, a.length);
        const [head, tail] = [a.slice(0, at), a.slice(at)];
        const slipped = {
          add: `${head}x${tail}`,
          'leave out': head + tail.slice(1),
          replace: tail === '' ? a : `${head}x${tail.slice(1)}`,
          swap: tail.length < 2 ? a : `${head}${tail[1]}${tail[0]}${tail.slice(2)}`,
        }[kind];
        expect(slipsBetween(a, slipped)).toBe(slipped === a ? 0 : 1);
      }),
    );
  });
});
