import { z } from 'zod';
import { refreshHoursSchema } from '../../engine/options.ts';

const share = z.number().gt(0).max(1);

/** What caches are compared on the accesses of a run, and what memory and work cost. */
export const sizingOptionsSchema = z.strictObject({
  activeDays: z
    .array(z.int().min(1).max(3650))
    .default([1, 3, 7, 30])
    .describe(
      'Lists are made beforehand for those who listened in the last so many days; everyone is always compared too',
    ),
  lengths: z
    .array(z.int().min(1).max(10_000))
    .min(1)
    .default([50, 100, 200])
    .describe('Tracks of a list: the first so many of those that the run made'),
  refreshHours: z.array(refreshHoursSchema).min(1).default([6, 12, 24, 48]).describe('Hours between refreshes'),
  capacities: z
    .array(share)
    .min(1)
    .default([0.05, 0.1, 0.15, 0.2, 0.3, 0.4, 0.5, 0.6, 0.8, 1])
    .describe('Lists that the cache holds, as shares of all listeners'),
  expiryPeriods: z
    .number()
    .min(1)
    .max(10)
    .default(1.5)
    .describe('An entry expires at so many refresh periods; between one and that it is a stale hit'),
  leastHitRate: share
    .default(0.9)
    .describe(
      'A plan is worth comparing when at least this share of reads finds a list: who misses it has to wait for one',
    ),
  catalogue: z
    .int()
    .min(1)
    .optional()
    .describe(
      'Tracks of the catalogue that work is priced for: to make a list is to score each of them. Those of the run unless given',
    ),
  dollarsPerGigabyteHour: z.number().min(0).default(0.0067).describe('Assumed price of memory'),
  dollarsPerCoreHour: z.number().min(0).default(0.04).describe('Assumed price of a core'),
  gigaflopsPerCore: z.number().positive().default(10).describe('Assumed: what a core computes in a second'),
});

export type SizingOptions = z.output<typeof sizingOptionsSchema>;
