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
  const mean = without.reduce((sum, value) => sum + value, 0) / groups;
  return Math.sqrt(((groups - 1) / groups) * without.reduce((sum, value) => sum + (value - mean) ** 2, 0));
}

/** Standard deviation of some values, with n − 1; 0 for fewer than two. */
export function deviation(values: readonly number[]): number {
  if (values.length < 2) return 0;
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  return Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (values.length - 1));
}

/** Slope of the line through some points by least squares; 0 where they are not apart. */
export function slopeOf(points: readonly { readonly x: number; readonly y: number }[]): number {
  const meanX = points.reduce((sum, { x }) => sum + x, 0) / points.length;
  const meanY = points.reduce((sum, { y }) => sum + y, 0) / points.length;
  const spread = points.reduce((sum, { x }) => sum + (x - meanX) ** 2, 0);
  return spread === 0 ? 0 : points.reduce((sum, { x, y }) => sum + (x - meanX) * (y - meanY), 0) / spread;
}
