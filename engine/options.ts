import { z } from 'zod';

const positive = z.number().positive();
const share = z.number().min(0).max(1);

/** λ that did best on validation worlds and data sets, by objective; `ials` scales it by frequency, so it is small there. */
const usualRegularization = { hkv: 30, ials: 0.01 } as const;

/**
 * Every option of the engine with its range, default, unit and meaning; nowhere else. A scenario sets them under `arms.<arm>.`,
 * `train`, `evaluate` and `bench` by `--set als.factors=64`.
 */
export const alsOptionsSchema = z
  .strictObject({
    factors: z.int().min(1).max(512).default(128).describe('Length k of a factor'),
    objective: z
      .enum(['hkv', 'ials'])
      .default('hkv')
      .describe(
        '`hkv`: Hu, Koren & Volinsky 2008, confidence 1 + α·r. `ials`: Rendle et al. 2021, unobserved weight and λ by frequency',
      ),
    alpha: positive.default(1).describe('α of `hkv`: extra confidence per unit of weight r'),
    regularization: z
      .number()
      .min(0)
      .optional()
      .describe(
        'λ: weight of the squared norms; for `ials` times (n + unobservedWeight · N) of the row. Default 30 for `hkv`, 0.01 for `ials`',
      ),
    unobservedWeight: positive.default(0.1).describe('w₀ of `ials`: weight of a pair that never met'),
    sweeps: z
      .int()
      .min(1)
      .max(1000)
      .default(3)
      .describe('Sweeps of a warm-started refresh; a sweep solves all tracks, then all users'),
    firstSweeps: z
      .int()
      .min(1)
      .max(1000)
      .default(12)
      .describe('Sweeps of the first training, which starts from small random factors'),
    solver: z
      .enum(['cg', 'cholesky'])
      .default('cg')
      .describe(
        '`cg`: `cgSteps` conjugate-gradient steps per row and half-sweep, from where the row stands. `cholesky`: exactly',
      ),
    cgSteps: z.int().min(1).max(100).default(2).describe('Steps of the solver `cg`'),
    momentum: z
      .number()
      .min(0)
      .lt(1)
      .default(0.8)
      .describe('β: how far both sides run ahead between sweeps, as a share of their last change; 0 turns it off'),
    tolerance: z
      .number()
      .min(0)
      .lt(1)
      .default(0)
      .describe(
        'Training stops before its last sweep when the loss changes by less than this share of it; 0 never stops',
      ),
  })
  .transform((als) => ({ ...als, regularization: als.regularization ?? usualRegularization[als.objective] }));

export const weightOptionsSchema = z.strictObject({
  halfLifeDays: positive.default(30).describe('Days after which an interaction counts half'),
  minimum: positive
    .default(2)
    .describe('A pair is taken as liked from this r on: one play that was never repeated says little'),
  play: z.number().min(0).default(1).describe('What one satisfied play adds to r; a skip adds nothing'),
  save: z.number().min(0).default(2).describe('What one save adds to r'),
  onboard: z.number().min(0).default(3).describe('What one pick at the onboarding adds to r'),
});

export const encoderOptionsSchema = z.strictObject({
  epochs: z.int().min(1).max(100).default(6).describe('Passes of gradient descent over the tracks at each training'),
  tracksPerEpoch: z
    .int()
    .min(1)
    .default(500)
    .describe(
      'Most tracks that one pass looks at; each pass draws its own, annotated tracks first. The heads, which are solved exactly, learn from all tracks whatever this is',
    ),
  batch: z.int().min(1).max(512).default(16).describe('Tracks per step of the descent'),
  patience: z
    .int()
    .min(1)
    .default(3)
    .describe(
      'Training ends early after so many epochs that did no better on artists kept back; the best epoch is kept in any case',
    ),
  minFans: z.int().min(1).default(5).describe("A track's factor is a target once it is made from this many listeners"),
  retrainDays: z
    .int()
    .min(1)
    .default(14)
    .describe('Days until the encoder is trained again; in between only new tracks are embedded'),
  goOn: z.boolean().default(true).describe('Whether such a training goes on from the encoder before, or starts anew'),
});

const halfTrust = positive.default(5).describe('Plays of a track at which trust in its factor is half of `mostTrust`');
const mostTrust = share
  .default(0.7)
  .describe('Even a well-played track keeps 1 − this share of its sound: factors are never certain');

export const blendOptionsSchema = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('collaborative') }),
  z.strictObject({ kind: z.literal('audio') }),
  z.strictObject({ kind: z.literal('popular') }),
  z.strictObject({
    kind: z.literal('fixed').describe('The same trust in the collaborative score for every pair'),
    trust: share.default(0.5).describe('Trust in the collaborative score; the rest goes to the sound'),
  }),
  z.strictObject({
    kind: z
      .literal('byEvidence')
      .describe("Trust grows with a track's plays towards `mostTrust` and reaches half of that at `halfTrust` plays"),
    halfTrust,
    mostTrust,
  }),
  z.strictObject({
    kind: z
      .literal('withArtist')
      .describe(
        "The same trust; but on the other side stand the sound and what is known of the artist's other tracks together",
      ),
    halfTrust,
    mostTrust,
  }),
]);

/** A refresh period: days must begin with a refresh, each or every n-th. */
export const refreshHoursSchema = z
  .int()
  .min(1)
  .max(8760)
  .refine((hours) => 24 % hours === 0 || hours % 24 === 0, {
    error: ({ input }) => `is ${input}, but must divide 24 or be whole days: 1, 2, 3, 4, 6, 8, 12, 24, 48, …`,
  });

export const engineOptionsSchema = z.strictObject({
  als: alsOptionsSchema.prefault({}),
  weights: weightOptionsSchema.prefault({}),
  encoder: encoderOptionsSchema.prefault({}),
  blend: blendOptionsSchema.prefault({ kind: 'byEvidence' }),
  slate: z
    .strictObject({
      length: z.int().min(1).max(10_000).default(200).describe('Track ids per listener'),
      codec: z
        .enum(['u64', 'u32', 'bits30', 'bits27'])
        .default('u32')
        .describe(
          'How track ids are packed in the cache: 200 take 1,600 bytes by u64, 800 by u32, 750 by bits30, 675 by bits27',
        ),
      refreshHours: refreshHoursSchema
        .default(24)
        .describe('Hours between refreshes of every list: 1, 2, 3, 4, 6, 8, 12, or whole days'),
      foldIn: z
        .enum(['newcomers', 'everyone'])
        .default('newcomers')
        .describe(
          'Who is folded in anew at each read: those whom the last refresh did not know, or everyone, from all they have done so far. Where it is everyone, refreshes only train: no list is cached',
        ),
      swap: z
        .enum(['inPlace', 'full'])
        .default('inPlace')
        .describe(
          '`inPlace`: a list is overwritten by the next. `full`: the lists of the generation before are kept, all readers change over at once and one can go back; twice the memory',
        ),
      ttlHours: positive
        .max(24 * 365)
        .optional()
        .describe(
          "Hours after which a list is not served any more, 10 % more or less by listener; without it, lists are served until the next. In a run these are simulated hours, and Redis' own expiry is not used, since its clock knows nothing of them",
        ),
      slots: z
        .int()
        .min(0)
        .default(0)
        .describe('Every n-th position is kept for tracks released in the last 7 days; 0 keeps none'),
      epsilonSlots: z
        .int()
        .min(0)
        .default(0)
        .describe('How many positions, spread evenly over the list, are drawn uniformly from the candidates'),
    })
    .prefault({}),
  degrade: z
    .strictObject({
      randomSlots: share.default(0).describe('Share of slots replaced by random tracks, to prove that gates notice'),
    })
    .prefault({}),
});

export type EngineOptions = z.output<typeof engineOptionsSchema>;
export type AlsOptions = EngineOptions['als'];
export type WeightOptions = EngineOptions['weights'];
export type EncoderOptions = EngineOptions['encoder'];
export type BlendOptions = EngineOptions['blend'];
export type SlateOptions = EngineOptions['slate'];
