import { z } from 'zod';

const share = z.number();

const plan = z.looseObject({
  layout: z.string(),
  /** Null for everyone. */
  activeDays: z.number().nullable(),
  refreshHours: z.number(),
  capacity: share,
  length: z.number(),
  hitRate: share,
  staleHitRate: share,
  enjoyment: share,
  enjoymentLost: z.number(),
  recall: share,
  bytes: z.number(),
  nominalBytes: z.number(),
  listsWritten: z.number(),
  listsMissed: z.number(),
  flops: z.number(),
  dollars: z.number(),
});

/** `cache-sizing.json`. */
export const sizingSchema = z.looseObject({
  schema: z.literal(1),
  arm: z.string(),
  worlds: z.array(z.string()),
  listeners: z.number(),
  days: z.number(),
  reads: z.number(),
  options: z.looseObject({
    expiryPeriods: z.number(),
    /** Earlier files have none. */
    leastHitRate: share.default(0),
    catalogue: z.number().optional(),
    dollarsPerGigabyteHour: z.number(),
    dollarsPerCoreHour: z.number(),
    gigaflopsPerCore: z.number(),
  }),
  worth: z.array(
    z.looseObject({
      length: z.number(),
      byAge: z.array(z.looseObject({ ageHours: z.number(), enjoyment: share, recall: share })),
      onMiss: z.looseObject({ enjoyment: share, recall: share }),
    }),
  ),
  plans: z.array(plan),
  frontier: z.array(plan),
  policies: z.array(z.looseObject({ policy: z.string(), share, hits: share })),
  curve: z.array(z.looseObject({ share, exact: share, sampled: share })),
});

export type Sizing = z.output<typeof sizingSchema>;
export type SizedPlan = z.output<typeof plan>;
