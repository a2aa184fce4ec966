import type { Figures } from './figures.ts';
import { isFigure } from './format.ts';
import { stageOf } from './metrics.ts';

export type Provenance = 'measured' | 'derived' | 'assumed';

/** One line of the cache and cost table. */
export interface CostLine {
  readonly metric: string;
  readonly provenance: Provenance | 'not stated';
  /** Mean per arm, in the order of the arms; undefined where the run has none. */
  readonly values: readonly (number | undefined)[];
}

const isCost = (metric: string): boolean =>
  /^(cacheHitRate|staleHitRate|cacheBytesPerListener|[a-zA-Z]+PerDay|refreshSeconds|seconds\..+|flops\..+)$/.test(
    metric,
  );

/** Cache and cost figures of a family that at least one arm has. */
export const costLines = (figures: Figures, family: string): CostLine[] =>
  figures.metrics
    .filter(isCost)
    .map((metric) => ({
      metric,
      provenance: provenanceOf(figures, metric),
      values: figures.arms.map((arm) => meanFor(figures, arm, family, metric)),
    }))
    .filter(({ values }) => values.some((value) => value !== undefined));

const meanFor = (figures: Figures, arm: string, family: string, metric: string): number | undefined => {
  const mean = figures.summary({ arm, family, segment: 'all', metric })?.mean;
  return isFigure(mean) ? mean : undefined;
};

/** What is true of a metric by its nature: counters and clocks measure, operation counts follow from sizes. */
const byNature: Readonly<Record<string, Provenance>> = {
  cacheHitRate: 'measured',
  staleHitRate: 'measured',
  refreshesPerDay: 'measured',
  listsPerDay: 'measured',
  foldInsPerDay: 'measured',
  flopsPerDay: 'derived',
  refreshSecondsPerDay: 'measured',
  refreshSeconds: 'measured',
  'seconds.*': 'measured',
  'flops.*': 'derived',
};

/** The manifest's word for the metric or its family (`seconds.*`), else what follows from its nature. */
function provenanceOf(figures: Figures, metric: string): CostLine['provenance'] {
  const group = metric.replace(/\..*$/, '.*');
  const stated = figures.manifest.provenance[metric] ?? figures.manifest.provenance[group];
  if (stated === 'measured' || stated === 'derived' || stated === 'assumed') return stated;
  return byNature[metric] ?? byNature[group] ?? 'not stated';
}

/** Seconds of one refresh by stage, for one arm. */
export interface StageTimes {
  readonly arm: string;
  readonly seconds: ReadonlyMap<string, number>;
  /** Seconds of the whole refresh: as stated, or the sum of the stages. */
  readonly total: number;
}

/** Name of what the stages do not account for. */
export const unaccounted = 'not in a stage';

/**
 * Where a refresh spends its time, for arms that have stage times. What the stages leave of `refreshSeconds` is a stage
 * of its own when it is more than 1 %: a total must not look explained when it is not.
 */
export function stageTimes(figures: Figures, family: string): StageTimes[] {
  const stages = figures.metrics.flatMap((metric) => stageOf(metric, 'seconds') ?? []);
  return figures.arms.flatMap((arm) => {
    const seconds = new Map(
      stages.flatMap((stage): [string, number][] => {
        const value = meanFor(figures, arm, family, `seconds.${stage}`);
        return value === undefined ? [] : [[stage, value]];
      }),
    );
    if (seconds.size === 0) return [];
    const sum = [...seconds.values()].reduce((a, b) => a + b, 0);
    const total = Math.max(sum, meanFor(figures, arm, family, 'refreshSeconds') ?? 0);
    if (total - sum > 0.01 * total) seconds.set(unaccounted, total - sum);
    return [{ arm, seconds, total }];
  });
}
