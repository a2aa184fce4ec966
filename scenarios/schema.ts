import { z } from 'zod';
import { DubplateError } from '../engine/core/errors.ts';
import { engineOptionsSchema } from '../engine/options.ts';
import { familyNames, worldOptionsSchema } from '../sim/options.ts';
import { sizingOptionsSchema } from './cache-sizing/options.ts';
import { describeIssues, problemsIn } from './describe-issue.ts';
import { applySettings } from './set-option.ts';

const name = z
  .string()
  .regex(/^[a-z][a-z0-9-]*$/i, 'must be letters, digits and dashes, a letter first')
  .max(40);
const family = z.enum(familyNames);

/** The segments of the README: fixed by facts that no arm can change. */
export const segments = ['all', 'warm', 'newUser', 'newTrack', 'newUserNewTrack'] as const;
export type Segment = (typeof segments)[number];

/**
 * What to compare with. In a world of days: chance, the most played, true taste, and the lists of the first arm that listens
 * if it were handed the true acoustic embedding in the place of its encoder's.
 */
export const rankingBounds = ['random', 'popular', 'oracle', 'trueSound'] as const;
/** Where hearing is tested: what the level of a track alone tells, and all that its sound tells. */
export const hearingBounds = ['level', 'trueSound'] as const;
export const boundNames = [...rankingBounds, 'level'] as const;
export type BoundName = (typeof boundNames)[number];
export type RankingBound = (typeof rankingBounds)[number];

export const expectationSchema = z.strictObject({
  metric: z.string(),
  segment: z.enum(segments).default('all'),
  arm: z.string(),
  /** The other arm (or bound) of a paired difference; without it the arm's own value is meant. */
  over: z.string().optional(),
  /** Smallest acceptable mean over worlds. */
  atLeast: z.number(),
});

/** The bounds that there are for a kind of scenario. */
const boundsOf = ({ hearing }: { readonly hearing?: unknown }): readonly BoundName[] =>
  hearing ? hearingBounds : rankingBounds;

/** A declared experiment: one world design, several engine configurations, what is expected of them. */
export const scenarioSchema = z
  .strictObject({
    name,
    /** What the run answers, as one sentence. */
    question: z.string().min(1),
    seed: z.string().min(1).default('1').describe('What everything random is derived from'),
    worlds: z.int().min(1).max(10_000).default(1).describe('Independent worlds; world i of seed S has seed `S/i`'),
    family: z
      .union([family, z.array(family).min(1)])
      .default('latent')
      .describe('How taste works; or a list'),
    days: z.int().min(1).max(3650).describe('Simulated days that are run'),
    warmup: z.int().min(0).default(0).describe('First days that are not measured'),
    history: z.int().min(1).max(3650).default(60).describe('Days of organic listening before day 0'),
    scoreHours: z
      .array(z.int().min(0).max(23))
      .min(1)
      .default([0])
      .describe('Hours of the day at which what would be served is scored; the first is 0, the refresh of the night'),
    world: worldOptionsSchema.prefault({}),
    /** A dial of the world that is swept: each value has worlds of its own, under the same seeds. */
    sweep: z
      .strictObject({
        /** Such as `world.drift`. */
        path: z.string().regex(/^world(\.[\w-]+)+$/, 'must be the path of a dial of the world, such as world.drift'),
        values: z.array(z.number()).min(1),
      })
      .optional(),
    arms: z.record(name, engineOptionsSchema),
    /** What an encoder is trained and tested on, in the place of days: see scenarios/hearing.ts. */
    hearing: z
      .strictObject({
        tracks: z.int().min(20).max(100_000).default(900).describe('Synthesised tracks to learn from'),
        test: z.int().min(20).max(100_000).default(250).describe('Others to be tested on'),
        acousticShare: z
          .number()
          .gt(0)
          .max(1)
          .default(0.5)
          .describe('Share of the variance of the planted factors that the sound tells'),
        dial: z
          .array(z.number().min(0.01).max(1).multipleOf(0.01))
          .default([0.1, 0.25, 0.5, 0.75, 1])
          .describe('Such shares at which new tracks are ranked by their sound alone'),
      })
      .optional(),
    /** Caches to compare on the accesses of the run, after it: see scenarios/cache-sizing.ts. */
    sizing: sizingOptionsSchema.optional(),
    bounds: z
      .array(z.enum(boundNames))
      .optional()
      .describe('What to compare with: all that there are, unless some are named'),
    expect: z.array(expectationSchema).default([]),
  })
  .superRefine((scenario, context) => {
    const arms = Object.keys(scenario.arms);
    if (arms.length === 0) context.addIssue({ code: 'custom', path: ['arms'], message: 'needs at least one arm' });
    for (const arm of arms) {
      if ((boundNames as readonly string[]).includes(arm)) {
        context.addIssue({ code: 'custom', path: ['arms', arm], message: 'is the name of a bound; choose another' });
      }
    }
    if (scenario.warmup >= scenario.days) {
      context.addIssue({
        code: 'custom',
        path: ['warmup'],
        message: `is ${scenario.warmup}, but must be smaller than days (${scenario.days})`,
      });
    }
    const { scoreHours } = scenario;
    if (scoreHours[0] !== 0 || scoreHours.some((hour, i) => i > 0 && hour <= scoreHours[i - 1]!)) {
      context.addIssue({
        code: 'custom',
        path: ['scoreHours'],
        message: `is ${JSON.stringify(scoreHours)}, but must ascend from 0, such as [0,6,12,18]`,
      });
    }
    for (const problem of problemsOfSweep(scenario)) context.addIssue({ code: 'custom', ...problem });
    for (const problem of problemsOfSizing(scenario)) context.addIssue({ code: 'custom', ...problem });
    const possible = boundsOf(scenario);
    scenario.bounds?.forEach((bound, i) => {
      if (possible.includes(bound)) return;
      context.addIssue({
        code: 'custom',
        path: ['bounds', i],
        message: `is '${bound}', but ${scenario.hearing ? 'where hearing is tested' : 'without `hearing`'} there are: ${possible.join(', ')}`,
      });
    });
    const known: string[] = [...arms, ...(scenario.bounds ?? possible)];
    scenario.expect.forEach((wish, i) => {
      for (const key of ['arm', 'over'] as const) {
        const wanted = wish[key];
        if (wanted !== undefined && !known.includes(wanted)) {
          context.addIssue({
            code: 'custom',
            path: ['expect', i, key],
            message: `names '${wanted}', which is none of: ${known.join(', ')}`,
          });
        }
      }
    });
  })
  .transform((scenario) => ({ ...scenario, bounds: scenario.bounds ?? boundsOf(scenario) }));

/** The part of a scenario that a sweep changes. */
const sweptSchema = z.object({ world: worldOptionsSchema });

/** What keeps a dial from being swept. */
function problemsOfSweep({
  sweep,
  world,
  hearing,
  sizing,
}: {
  readonly sweep?: { readonly path: string; readonly values: readonly number[] } | undefined;
  readonly world: z.output<typeof worldOptionsSchema>;
  readonly hearing?: unknown;
  readonly sizing?: unknown;
}): { path: (string | number)[]; message: string }[] {
  if (!sweep) return [];
  if (hearing || sizing) return [{ path: ['sweep'], message: 'cannot stand beside `hearing` or `sizing`' }];
  if (new Set(sweep.values).size < sweep.values.length) {
    return [
      { path: ['sweep', 'values'], message: `is ${JSON.stringify(sweep.values)}, but each value may stand once` },
    ];
  }
  return sweep.values.flatMap((value, i) => {
    const changed = applySettings({ world }, [`${sweep.path}=${value}`]);
    const { error } = sweptSchema.safeParse(changed, { reportInput: true });
    return (error ? describeIssues(sweptSchema, error.issues) : []).map((problem) => ({
      path: ['sweep', 'values', i],
      message: `is ${value}: ${problem}`,
    }));
  });
}

/** What keeps the caches of `sizing` from being compared. */
function problemsOfSizing(scenario: {
  readonly sizing?: z.output<typeof sizingOptionsSchema> | undefined;
  readonly history: number;
  readonly world: { readonly tracks: number };
  readonly arms: Readonly<Record<string, z.output<typeof engineOptionsSchema>>>;
}): { path: (string | number)[]; message: string }[] {
  const { sizing, history, world } = scenario;
  if (!sizing) return [];
  const problems: { path: (string | number)[]; message: string }[] = [];
  const [[name, arm] = ['', undefined], ...others] = Object.entries(scenario.arms);
  if (others.length > 0)
    problems.push({ path: ['arms'], message: 'must be one where caches are compared on its accesses' });
  if (arm && (arm.slate.refreshHours !== 24 || arm.slate.foldIn !== 'newcomers')) {
    problems.push({ path: ['arms', name, 'slate'], message: 'must be refreshed nightly where caches are compared' });
  }
  sizing.lengths.forEach((length, i) => {
    const path = ['sizing', 'lengths', i];
    if (length > world.tracks) {
      problems.push({ path, message: `is ${length}, but the catalogue has ${world.tracks} tracks (world.tracks)` });
    } else if (arm && length > arm.slate.length) {
      problems.push({
        path,
        message: `is ${length}, but lists have ${arm.slate.length} tracks (arms.${name}.slate.length)`,
      });
    }
  });
  sizing.activeDays.forEach((days, i) => {
    if (days <= history) return;
    const path = ['sizing', 'activeDays', i];
    problems.push({
      path,
      message: `is ${days}, but who listened before the run is known for ${history} days (history)`,
    });
  });
  return problems;
}

export type ScenarioInput = z.input<typeof scenarioSchema>;
export type Scenario = z.output<typeof scenarioSchema>;

/** Declares a scenario: checks its shape while it is typed, keeps it as plain data. Ranges are checked when it is run. */
export const defineScenario = (scenario: ScenarioInput): ScenarioInput => scenario;

/**
 * The scenario with all defaults filled in.
 * @throws DubplateError INVALID_OPTIONS that lists every problem at once, each with its path.
 */
export function parseScenario(input: unknown, source: string): Scenario {
  const result = scenarioSchema.safeParse(input, { reportInput: true });
  if (result.success) return result.data;
  const problems = describeIssues(scenarioSchema, result.error.issues);
  throw new DubplateError('INVALID_OPTIONS', problemsIn(source, problems), {
    hint: 'Nothing was run. Mend them all; `dubplate explain <scenario>` shows every option with its value.',
    details: { problems },
  });
}

/** What a scenario that only tests hearing reads: nobody lives in it, and no lists are made. */
const readByHearing =
  /^(name|question|seed|worlds|bounds|expect|hearing|arms\.[^.]+\.(als\.factors|encoder\.(epochs|batch|tracksPerEpoch|patience)))(\.|$)/;

/** Whether the option at `path` has any effect on a scenario. */
export const isRead = ({ hearing }: Pick<Scenario, 'hearing'>, path: string): boolean =>
  hearing === undefined || readByHearing.test(path);

/** The world families of a scenario, as a list. */
export const familiesOf = (scenario: Scenario): readonly (typeof familyNames)[number][] =>
  Array.isArray(scenario.family) ? scenario.family : [scenario.family];
