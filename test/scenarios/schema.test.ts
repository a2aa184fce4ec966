import { describe, expect, it } from 'vitest';
import type { DubplateError } from '../../engine/core/errors.ts';
import coldStart from '../../scenarios/cold-start.ts';
import hearing from '../../scenarios/hearing.ts';
import { scenarios } from '../../scenarios/registry.ts';
import { applyScenarioFlags } from '../../scenarios/scenario-flags.ts';
import { parseScenario } from '../../scenarios/schema.ts';

function problemsOf(work: () => unknown): string[] {
  try {
    work();
  } catch (error) {
    return (error as DubplateError).details.problems as string[];
  }
  throw new Error('nothing was wrong');
}

describe('a scenario', () => {
  it.each(scenarios.map((scenario) => [scenario.name, scenario] as const))('%s fits its schema', (name, scenario) => {
    expect(parseScenario(scenario, name).name).toBe(name);
  });

  it('with several things wrong is refused with all of them at once, each with its path', () => {
    const wrong = {
      ...coldStart,
      dayz: 3,
      days: -1,
      world: { ...coldStart.world, tracks: 10 ** 15, traks: 1 },
      arms: { hybrid: { blend: { kind: 'byEvidence', halfTrust: 0 }, als: { factor: 3 } }, oracle: {} },
    };
    const problems = problemsOf(() => parseScenario(wrong, 'it'));
    for (const path of [
      'dayz',
      'days',
      'world.tracks',
      'world.traks',
      'arms.hybrid.blend.halfTrust',
      'arms.hybrid.als.factor',
    ]) {
      expect(
        problems.some((problem) => problem.startsWith(`${path}:`)),
        `${path} in ${problems.join('; ')}`,
      ).toBe(true);
    }
  });

  it('cannot expect anything of an arm it does not have', () => {
    const wish = { metric: 'recall@50', arm: 'hybird', atLeast: 0 };
    expect(problemsOf(() => parseScenario({ ...coldStart, expect: [wish] }, 'it'))).toEqual([
      expect.stringContaining("expect.0.arm: names 'hybird'"),
    ]);
  });

  it('cannot name an arm after a bound', () => {
    expect(problemsOf(() => parseScenario({ ...coldStart, arms: { oracle: {} } }, 'it'))).toEqual([
      expect.stringContaining('arms.oracle'),
    ]);
  });
});

describe('flags', () => {
  const flags = (more: object) => ({ set: [], ...more });

  it('scale the cohorts in proportion, to exactly the number asked for', () => {
    const { cohorts } = applyScenarioFlags(coldStart, flags({ listeners: 333 }), 'it').world;
    const sizes = Object.values(cohorts).map((cohort) => cohort.listeners);
    expect(sizes.reduce((a, b) => a + b)).toBe(333);
    expect(sizes).toEqual([266, 67]);
  });

  it('override any option by its path', () => {
    const scenario = applyScenarioFlags(
      coldStart,
      flags({ set: ['arms.hybrid.als.factors=16', 'world.acousticShare=0.25'] }),
      'it',
    );
    expect(scenario.arms.hybrid?.als.factors).toBe(16);
    expect(scenario.world.acousticShare).toBe(0.25);
    expect(scenario.arms.collaborative?.als.factors).toBe(128);
  });

  it('say for every arm how its lists are kept, and let --set say otherwise for one', () => {
    const { arms } = applyScenarioFlags(
      coldStart,
      flags({ swap: 'full', ttl: 12, set: ['arms.hybrid.slate.ttlHours=30'] }),
      'it',
    );
    expect(arms.collaborative?.slate).toMatchObject({ swap: 'full', ttlHours: 12, length: 200 });
    expect(arms.hybrid?.slate).toMatchObject({ swap: 'full', ttlHours: 30 });
    const { slate } = applyScenarioFlags(coldStart, flags({}), 'it').arms.hybrid ?? {};
    expect(slate?.swap).toBe('inPlace');
    expect(slate).not.toHaveProperty('ttlHours');
    expect(() => applyScenarioFlags(coldStart, flags({ ttl: -1 }), 'it')).toThrow(/arms\.hybrid\.slate\.ttlHours/);
  });

  it('choose arms, and say which there are', () => {
    expect(Object.keys(applyScenarioFlags(coldStart, flags({ arms: ['hybrid'] }), 'it').arms)).toEqual(['hybrid']);
    expect(() => applyScenarioFlags(coldStart, flags({ arms: ['hybrd'] }), 'it')).toThrow(/no arm 'hybrd'/);
  });

  it('say of a setting for an arm that --arms leaves out that it does', () => {
    const set = ['arms.collaborative.als.factors=8'];
    const attempt = () => applyScenarioFlags(coldStart, flags({ arms: ['hybrid'], set }), 'it');
    expect(attempt).toThrow(
      /--arms hybrid leaves out 'collaborative', which --set arms\.collaborative\.als\.factors=8/,
    );
    expect(attempt).toThrow(expect.objectContaining({ hint: expect.stringContaining('--arms hybrid,collaborative') }));
  });

  it.each(['constructor', 'toString', 'hasOwnProperty'])('say that there is no arm %s, as every object has', (arm) => {
    for (const wrong of [{ arms: [arm] }, { set: [`arms.${arm}.als.factors=8`] }]) {
      expect(() => applyScenarioFlags(coldStart, flags(wrong), 'it')).toThrow(`There is no arm '${arm}' in cold-start`);
    }
  });

  it('size what is learnt from where nobody lives, and refuse there what has no effect', () => {
    expect(applyScenarioFlags(hearing, flags({ tracks: 300 }), 'it').hearing).toMatchObject({ tracks: 300, test: 250 });
    for (const without of [
      { listeners: 9 },
      { days: 3 },
      { releasesPerDay: 1 },
      { set: ['world.tracks=900'] },
      { set: ['arms.encoder.blend.kind=popular'] },
      { family: ['latent'] },
      { swap: 'full' },
      { ttl: 12 },
    ]) {
      expect(() => applyScenarioFlags(hearing, flags(without), 'it')).toThrow(/no effect on hearing/);
    }
  });
});
