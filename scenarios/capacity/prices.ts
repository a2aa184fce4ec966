import type { Inputs } from './inputs.ts';
import { hoursPerMonth } from './line.ts';

/** Dollars a month for the memory of so many shards with their replicas. Vendors bill the instance, full or not. */
export const cachePrice = (shards: number, { replicas, shardBytes, ramPrice }: Inputs): number =>
  shards * (1 + replicas) * (shardBytes / 1e9) * ramPrice * hoursPerMonth;

/** Dollars for core-hours. */
export const computePrice = (coreHours: number, { corePrice }: Inputs): number => coreHours * corePrice;
