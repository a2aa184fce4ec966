import type { WorldOptions } from '../sim/options.ts';

type Cohorts = WorldOptions['cohorts'];

/** Listeners of all cohorts on day 0. */
export const listenersOf = (cohorts: Cohorts): number =>
  Object.values(cohorts).reduce((sum, { listeners }) => sum + listeners, 0);

/** Cohort sizes that add up to `total`, as near to the old proportions as whole numbers allow (largest remainders). */
export function scaleCohorts(cohorts: Cohorts, total: number): Cohorts {
  const named = Object.entries(cohorts);
  const before = listenersOf(cohorts);
  const exact = named.map(([, cohort]) => (cohort.listeners * total) / before);
  const sizes = exact.map(Math.floor);
  const order = exact
    .map((share, i) => ({ i, rest: share - Math.floor(share) }))
    .sort((a, b) => b.rest - a.rest || a.i - b.i);
  let left = total - sizes.reduce((sum, size) => sum + size, 0);
  for (const { i } of order) if (left-- > 0) sizes[i] = (sizes[i] ?? 0) + 1;
  return Object.fromEntries(named.map(([name, cohort], i) => [name, { ...cohort, listeners: sizes[i] ?? 0 }]));
}
