import type { Figures } from './figures.ts';
import { segmentNames } from './metrics.ts';
import type { SummaryRow } from './read-run.ts';

/** How releases fare over the whole run, by one measure: who hears them, or how soon. */
export interface ReleaseLine {
  readonly metric: string;
  /** Per arm, in the order of the arms. */
  readonly rows: readonly (SummaryRow | undefined)[];
}

export const releaseLines = (figures: Figures, family: string): ReleaseLine[] =>
  figures.metrics
    .filter((metric) => /^reach@|^daysToTenPlays$/.test(metric))
    .map((metric) => ({ metric, rows: figures.arms.map((arm) => wherever(figures, arm, family, metric)) }))
    .filter(({ rows }) => rows.some((row) => row !== undefined));

/** These metrics are about releases by definition, whichever segment they are filed under. */
function wherever(figures: Figures, arm: string, family: string, metric: string): SummaryRow | undefined {
  for (const segment of ['newTrack', ...segmentNames]) {
    const row = figures.summary({ arm, family, segment, metric });
    if (row) return row;
  }
  return undefined;
}
