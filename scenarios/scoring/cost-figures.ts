import type { StoreCounters } from '../../engine/cache/slate-store.ts';
import { digestOf } from '../../engine/core/digest.ts';
import type { RefreshReport } from '../../engine/refresh.ts';
import type { Figure } from './rows.ts';

const figure = (metric: string, value: number, n: number): Figure => ({ segment: 'all', metric, value, n });

/** What one refresh cost. */
export function refreshFigures(refreshed: RefreshReport): Figure[] {
  const lists = refreshed.lists;
  const figures = [figure('refreshSeconds', refreshed.seconds, lists)];
  if (lists > 0) {
    figures.push(
      figure('cacheBytesPerListener', refreshed.cacheBytesPerList, lists),
      figure('collaborativeShare', refreshed.collaborativeShare, lists),
    );
  }
  for (const [stage, cost] of Object.entries(refreshed.stages)) {
    figures.push(figure(`seconds.${stage}`, cost.seconds, lists));
    if (cost.flops > 0) figures.push(figure(`flops.${stage}`, cost.flops, lists));
  }
  return figures;
}

/** How the cache did on a day, from counters before and after it. */
export function cacheFigures(before: StoreCounters, after: StoreCounters): Figure[] {
  const figures: Figure[] = [];
  const reads = after.reads - before.reads;
  const hits = after.hits - before.hits;
  if (reads > 0) figures.push(figure('cacheHitRate', hits / reads, reads));
  if (hits > 0) figures.push(figure('staleHitRate', (after.staleHits - before.staleHits) / hits, hits));
  return figures;
}

/** What a day of refreshes and of lists made for their readers took, where arms differ in how many there are. */
export function dayCostFigures(
  refreshes: readonly RefreshReport[],
  made: { readonly lists: number; readonly flops: number },
): Figure[] {
  const stages = refreshes.flatMap((refreshed) => Object.values(refreshed.stages));
  const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);
  return [
    figure('refreshesPerDay', refreshes.length, 1),
    figure('listsPerDay', sum(refreshes.map(({ lists }) => lists)), 1),
    figure('foldInsPerDay', made.lists, 1),
    figure('flopsPerDay', sum(stages.map(({ flops }) => flops)) + made.flops, 1),
    figure('refreshSecondsPerDay', sum(refreshes.map(({ seconds }) => seconds)), 1),
  ];
}

/** Metrics that are times of this machine: reported, but no part of any digest. */
const isTiming = (metric: string): boolean =>
  metric.startsWith('refreshSeconds') || metric === 'trainSeconds' || metric.startsWith('seconds.');

/** Digest of all figures of a run but those. */
export const digestOfMetrics = (rows: readonly { readonly metric: string }[]): string =>
  digestOf(JSON.stringify(rows.filter((row) => !isTiming(row.metric))));
