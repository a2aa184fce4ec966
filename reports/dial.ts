import type { FigureKey, Figures, Point } from './figures.ts';
import { meanOf } from './figures.ts';

/** What the curve shows. */
export const dialMeaning =
  'share of the tenth of new tracks that a listener likes best among the tenth that sounds best to them, where the sound tells more or less of what is liked; 0.1 by chance';

const metricAt = (percent: number): string => `coldRecall.${percent}`;

/** How much of taste the sound told, in percent, where new tracks were ranked by their sound; ascending, empty for most runs. */
export const dialOf = ({ metrics }: Pick<Figures, 'metrics'>): number[] =>
  metrics.flatMap((metric) => /^coldRecall\.(\d+)$/.exec(metric)?.slice(1).map(Number) ?? []).sort((a, b) => a - b);

/** Cold recall against the dial, over the worlds that have it. */
export const dialCurve = (figures: Figures, key: Omit<FigureKey, 'metric' | 'segment'>): Point[] =>
  dialOf(figures).flatMap((x) => {
    const values = [...figures.byWorld({ ...key, segment: 'all', metric: metricAt(x) }).values()];
    if (values.length === 0) return [];
    return [{ x, mean: meanOf(values), lowest: Math.min(...values), highest: Math.max(...values), n: null }];
  });
