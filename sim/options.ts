import { z } from 'zod';
import { mostSessionsPerDay } from './activity.ts';

const share = z.number().min(0).max(1);

/** A declared group of listeners with the same habits; sizes are as of day 0, sign-ups keep the proportions. */
const cohortSchema = z.strictObject({
  listeners: z.int().min(0).max(10_000_000).describe('Listeners who have signed up by day 0'),
  explore: share.default(0.25).describe('0 plays what is known, 1 looks for new music all the time'),
  activity: z
    .number()
    .positive()
    .max(10)
    .default(1)
    .describe('How much more often than usual these listeners open a session'),
});

export const mostPopularityExponent = 3;

/** Every dial of a world, with its range, default, unit and meaning; nowhere else. Seed, family and number of days stand beside it. */
export const worldOptionsSchema = z.strictObject({
  tracks: z
    .int()
    .min(1)
    .max(10_000_000)
    .default(1500)
    .describe('Tracks released by day 0. Fewer release the further one looks back, reaching `releasesPerDay` on day 0'),
  releasesPerDay: z
    .number()
    .min(0)
    .max(1_000_000)
    .default(30)
    .describe('Mean releases a day; Fridays get most of them'),
  signupsPerDay: z.number().min(0).max(1_000_000).default(20).describe('Mean sign-ups a day from day 0 on'),
  cohorts: z
    .record(z.string().min(1), cohortSchema)
    .default({
      regulars: { listeners: 800, explore: 0.2, activity: 1 },
      explorers: { listeners: 200, explore: 0.5, activity: 1 },
    })
    .refine((cohorts) => Object.values(cohorts).some((cohort) => cohort.listeners > 0), {
      message: 'at least one cohort needs listeners',
    })
    .refine((cohorts) => Object.keys(cohorts).length <= 256, { message: 'at most 256 cohorts' }),
  pastSignupShare: share
    .default(0.3)
    .describe(
      'Share of the day-0 listeners who signed up during the past that the run knows; the others did before it',
    ),
  acousticShare: share
    .default(0.5)
    .describe(
      "Share of the variance of a listener's taste over tracks that the sound carries; the rest is scene, artist, chance",
    ),
  idiosyncrasy: share
    .default(0.1)
    .describe(
      'Share of the part not carried by the sound that belongs to one listener and one track, so that nobody can learn it',
    ),
  drift: share
    .default(0)
    .describe(
      'Share of the variance of taste that is another a year on; 0 is taste that stays. Fame and what belongs to one listener and one track do not drift; nor do habits, among them the scenes in which somebody looks for music',
    ),
  fameWeight: z
    .number()
    .min(0)
    .max(3)
    .default(0.3)
    .describe("Standard deviation of fame in a track's utility; taste itself has standard deviation 1"),
  popularityExponent: z
    .number()
    .min(0)
    .max(mostPopularityExponent)
    .default(1.5)
    .describe(
      'How unequally the world talks about tracks: attention is e^(exponent · fame), fame having standard deviation 1',
    ),
  contagion: z
    .number()
    .min(0)
    .max(10)
    .default(1)
    .describe('Family `social` only: how strongly what was played yesterday is talked about today'),
  annotatedShare: share.default(0.3).describe('Share of the catalogue whose sound an editor wrote down'),
  algorithmicShare: share
    .default(0.3)
    .describe('Share of plays that come from the slate when slates are served and good; reached up to about 0.5'),
  regions: z.int().min(1).max(64).default(4).describe('Markets with charts of their own'),
  scenes: z
    .int()
    .min(3)
    .max(256)
    .default(12)
    .describe('Groups of artists that the same people like for other reasons than their sound'),
  tracksPerArtist: z.number().min(1).max(1000).default(8).describe('Mean tracks per artist in the catalogue of day 0'),
  hiddenFactors: z
    .int()
    .min(1)
    .max(64)
    .default(8)
    .describe('Length of the hidden taste and quality vectors of the `latent` family'),
  sessionsPerDay: z
    .number()
    .positive()
    .max(mostSessionsPerDay)
    .default(1.5)
    .describe("Mean sessions of a signed-up listener and day; the listeners' own means are log-normal around it"),
  churnPerDay: share.default(0.001).describe('Chance a day of leaving for good; likelier in the first week'),
  lapsePerDay: share.default(0.002).describe('Chance a day of staying away for some weeks'),
});

/** What a scenario may write under `world`. */
export type WorldOptionsInput = z.input<typeof worldOptionsSchema>;
export type WorldOptions = z.output<typeof worldOptionsSchema>;

/** Mechanisms of taste; a scenario names the ones it runs. */
export const familyNames = ['latent', 'acoustic', 'context', 'social'] as const;
export type FamilyName = (typeof familyNames)[number];
