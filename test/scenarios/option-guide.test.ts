import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { guideTo, helpOn } from '../../scenarios/option-guide.ts';
import { scenarios } from '../../scenarios/registry.ts';
import { parseScenario, scenarioSchema } from '../../scenarios/schema.ts';
import { say } from '../support/tiny-run.ts';

describe('what there is to say of an option', () => {
  const schema = z.strictObject({
    share: z.number().min(0).lt(1).default(0.5).describe('How much'),
    rate: z.number().positive().max(8).optional(),
    count: z.int().min(1).default(3),
    size: z.int().min(1).max(10_000).default(200).describe('How many'),
    any: z.number().default(1),
    how: z.enum(['fast', 'well']).default('fast').describe('In which way'),
    isOn: z.boolean().default(true),
    hours: z.array(z.int().min(0).max(23)).default([0]),
    family: z
      .union([z.enum(['a', 'b']), z.array(z.enum(['a', 'b']))])
      .default('a')
      .describe('Which'),
    groups: z.record(z.string(), z.strictObject({ members: z.int().min(0).max(9) })).default({}),
    blend: z
      .discriminatedUnion('kind', [
        z.strictObject({ kind: z.literal('plain') }),
        z.strictObject({
          kind: z.literal('mixed').describe('Of both'),
          half: z.number().positive().describe('Middle'),
        }),
      ])
      .prefault({ kind: 'plain' }),
    changed: z
      .strictObject({ inner: z.int().min(2).max(4).default(3).describe('Within') })
      .transform((it) => ({ ...it, more: 1 }))
      .prefault({}),
  });
  const guide = guideTo(schema);

  it.each<[string, unknown, string, string]>([
    ['share', 0.5, 'at least 0, less than 1', 'How much'],
    ['rate', undefined, 'more than 0, at most 8', ''],
    ['count', 3, 'whole, at least 1', ''],
    ['size', 200, 'whole, 1 to 10,000', 'How many'],
    ['any', 1, '', ''],
    ['how', 'fast', 'fast | well', 'In which way'],
    ['isOn', true, 'true | false', ''],
    ['hours', [0], 'whole, 0 to 23, …', ''],
    ['family', 'a', 'a | b, …', 'Which'],
    ['groups.mine.members', 1, 'whole, 0 to 9', ''],
    ['blend.kind', 'plain', 'plain | mixed', ''],
    ['blend.kind', 'mixed', 'plain | mixed', 'Of both'],
    ['blend.half', 2, 'more than 0', 'Middle'],
    ['changed.inner', 3, 'whole, 2 to 4', 'Within'],
    ['nothing.of.the.kind', 1, '', ''],
  ])('%s = %j', (path, value, range, meaning) => {
    expect(helpOn(guide, path.split('.'), value)).toEqual({ range, meaning });
  });

  it('names bounds that the schema keeps', () => {
    const ends = fc.tuple(fc.integer({ min: -999, max: 999 }), fc.integer({ min: -999, max: 999 }));
    fc.assert(
      fc.property(ends, fc.integer({ min: -1100, max: 1100 }), (unordered, value) => {
        const [low, high] = unordered.sort((a, b) => a - b) as [number, number];
        const bounded = z.strictObject({ at: z.number().min(low).max(high) });
        const [, from, to] = /^(-?\d+) to (-?\d+)$/.exec(helpOn(guideTo(bounded), ['at'], value).range) ?? [];
        expect(Number(from) <= value && value <= Number(to)).toBe(bounded.safeParse({ at: value }).success);
      }),
    );
  });
});

describe('explain', () => {
  it('says of every number of every scenario which values it takes and what it means', async () => {
    for (const scenario of scenarios) {
      const { stdout } = await say('explain', scenario.name, '--json');
      const { options } = JSON.parse(stdout) as {
        options: { path: string; value: unknown; range: string; meaning: string }[];
      };
      const numbers = options.filter(({ value }) => typeof value === 'number');
      expect(numbers.length).toBeGreaterThan(5);
      expect(numbers.filter(({ range, meaning }) => range === '' || meaning === '')).toEqual([]);
    }
  });

  it('prints name, value, range and meaning', async () => {
    const { stdout } = await say('explain', 'micro');
    expect(stdout).toContain('\narms.hybrid.als.factors = 32   (whole, 1 to 512; Length k of a factor)\n');
  });

  it('follows every path that a scenario has', () => {
    const guide = guideTo(scenarioSchema);
    for (const scenario of scenarios) {
      const { arms } = parseScenario(scenario, scenario.name);
      for (const arm of Object.keys(arms)) expect(guide(['arms', arm, 'als', 'alpha'])).toHaveLength(1);
    }
  });
});
