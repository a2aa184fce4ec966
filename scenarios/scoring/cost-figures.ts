import type { StoreCounters } from '../../engine/cache/slate-store.ts';
import type { RefreshReport } from '../../engine/refresh.ts';
import type { Figure } from './rows.ts';

/** What a night cost and how the cache did on the day after it, from counters before and after that day. */
export function costFigures(refreshed: RefreshReport, before: StoreCounters, after: StoreCounters): Figure[] {
  const figure = (metric: string, value: number, n: number): Figure => ({ segment: 'all', metric, value, n });
  const lists = refreshed.lists;
  const figures = [
    figure('refreshSeconds', refreshed.seconds, lists),
    figure('cacheBytesPerListener', refreshed.cacheBytesPerList, lists),
    figure('collaborativeShare', refreshed.collaborativeShare, lists),
  ];
  for (const [stage, cost] of Object.entries(refreshed.stages)) {
    figures.push(figure(`seconds.${stage}`, cost.seconds, lists));
    if (cost.flops > 0) figures.push(figure(`flops.${stage}`, cost.flops, lists));
  }
  const reads = after.reads - before.reads;
  const hits = after.hits - before.hits;
  if (reads > 0) figures.push(figure('cacheHitRate', hits / reads, reads));
  if (hits > 0) figures.push(figure('staleHitRate', (after.staleHits - before.staleHits) / hits, hits));
  return figures;
}

/** Metrics that are times of this machine: reported, but no part of any digest. */
export const isTiming = (metric: string): boolean =>
  metric === 'refreshSeconds' || metric === 'trainSeconds' || metric.startsWith('seconds.');
