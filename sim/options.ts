import { z } from 'zod';
import { mostSessionsPerDay } from './activity.ts';

const share = z.number().min(0).max(1);

/** A declared group of listeners with the same habits; sizes are as of day 0, sign-ups keep the proportions. */
const cohortSchema = z.strictObject({
  /** Listeners who have signed up by day 0. */
  listeners: z.int().min(0).max(10_000_000),
  /** 0 plays what is known, 1 looks for new music all the time. */
  explore: share.default(0.25),
  /** How much more often than usual these listeners open a session. */
  activity: z.number().positive().max(10).default(1),
});

export const mostPopularityExponent = 3;

/** Every dial of a world, with its range, unit and default; nowhere else. Seed, family and number of days stand beside it. */
export const worldOptionsSchema = z.strictObject({
  /** Tracks released by day 0. Fewer release the further one looks back, reaching `releasesPerDay` on day 0. */
  tracks: z.int().min(1).max(10_000_000).default(1500),
  /** Mean releases a day; Fridays get most of them. */
  releasesPerDay: z.number().min(0).max(1_000_000).default(30),
  /** Mean sign-ups a day from day 0 on. */
  signupsPerDay: z.number().min(0).max(1_000_000).default(20),
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
  /** Share of the day-0 listeners who signed up during the past that the run knows; the others did before it. */
  pastSignupShare: share.default(0.3),
  /** Share of the variance of a listener's taste over tracks that the sound carries; the rest is scene, artist, chance. */
  acousticShare: share.default(0.5),
  /** Share of the part not carried by the sound that belongs to one listener and one track, so that nobody can learn it. */
  idiosyncrasy: share.default(0.1),
  /**
   * Share of the variance of taste that is another a year on; 0 is taste that stays. Fame and what belongs to one listener and one
   * track do not drift; nor do habits, among them the scenes in which somebody looks for music.
   */
  drift: share.default(0),
  /** Standard deviation of fame in a track's utility; taste itself has standard deviation 1. */
  fameWeight: z.number().min(0).max(3).default(0.3),
  /** How unequally the world talks about tracks: attention is e^(exponent · fame), fame having standard deviation 1. */
  popularityExponent: z.number().min(0).max(mostPopularityExponent).default(1.5),
  /** Family `social` only: how strongly what was played yesterday is talked about today. */
  contagion: z.number().min(0).max(10).default(1),
  /** Share of the catalogue whose sound an editor wrote down. */
  annotatedShare: share.default(0.3),
  /** Share of plays that come from the slate when slates are served and good; reached up to about 0.5. */
  algorithmicShare: share.default(0.3),
  /** Markets with charts of their own. */
  regions: z.int().min(1).max(64).default(4),
  /** Groups of artists that the same people like for other reasons than their sound. */
  scenes: z.int().min(3).max(256).default(12),
  /** Mean tracks per artist in the catalogue of day 0. */
  tracksPerArtist: z.number().min(1).max(1000).default(8),
  /** Length of the hidden taste and quality vectors of the `latent` family. */
  hiddenFactors: z.int().min(1).max(64).default(8),
  /** Mean sessions of a signed-up listener and day; the listeners' own means are log-normal around it. */
  sessionsPerDay: z.number().positive().max(mostSessionsPerDay).default(1.5),
  /** Chance a day of leaving for good, and of staying away for some weeks; leaving is likelier in the first week. */
  churnPerDay: share.default(0.001),
  lapsePerDay: share.default(0.002),
});

/** What a scenario may write under `world`. */
export type WorldOptionsInput = z.input<typeof worldOptionsSchema>;
export type WorldOptions = z.output<typeof worldOptionsSchema>;

/** Mechanisms of taste; a scenario names the ones it runs. */
export const familyNames = ['latent', 'acoustic', 'context', 'social'] as const;
export type FamilyName = (typeof familyNames)[number];
