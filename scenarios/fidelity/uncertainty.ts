import { linearRegression, sampleStandardDeviation, sumNthPowerDeviations } from 'simple-statistics';
import type { Sample } from './sample.ts';

/** Groups of listeners that are left out in turn. */
const mostGroups = 10;

/**
 * Standard error of a figure of a log by the delete-a-group jackknife: it is counted g times, each time without another g-th of the
 * listeners.
 *
 *     SE² = (g − 1)/g · Σ (θᵢ − θ̄)²
 *
 * @returns 0 for a single listener, of whom there is nobody to leave out.
 * @see Kott (2001), The delete-a-group jackknife.
 */
export function jackknifeError(sample: Sample, figure: (sample: Sample) => number): number {
  const { listeners } = sample;
  const groups = Math.min(mostGroups, listeners.length);
  if (groups < 2) return 0;
  const without = Array.from({ length: groups }, (_, group) =>
    figure({ ...sample, listeners: listeners.filter((_, i) => i % groups !== group) }),
  );
  return Math.sqrt(((groups - 1) / groups) * sumNthPowerDeviations(without, 2));
}

/** Standard deviation of some values, with n − 1; 0 for fewer than two. */
export const deviation = (values: readonly number[]): number =>
  values.length < 2 ? 0 : sampleStandardDeviation([...values]);

/** Slope of the line through some points by least squares; 0 where they are not apart. */
export const slopeOf = (points: readonly { readonly x: number; readonly y: number }[]): number =>
  points.every(({ x }) => x === points[0]?.x) ? 0 : linearRegression(points.map(({ x, y }) => [x, y])).m;
