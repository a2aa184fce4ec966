import type { Figures, Point } from './figures.ts';
import { formatFigure, isFigure } from './format.ts';
import { meaningOf } from './metrics.ts';
import type { PlainTable } from './plain-table.ts';

export const refreshCostsTitle = 'Age of lists against cost';

export const refreshCostsNote =
  'Quality is the mean over every hour at which lists were scored, so that lists are seen as they grow old; cost is a day of refreshes and of lists made for their readers. Mean enjoyment of a play falls where more plays come from lists: they are discoveries, and what is played otherwise is known to be liked.';

/** What gets better with younger lists, or may. */
export const ageQualities = ['oracleRecall@50', 'recall@50', 'newTrackShare', 'satisfaction'] as const;
const costs = ['refreshesPerDay', 'listsPerDay', 'foldInsPerDay', 'flopsPerDay', 'refreshSecondsPerDay'] as const;
const columns = [...costs, ...ageQualities, 'algorithmicShare'] as const;

/** Whether arms of a run differ in how often lists are made. */
export const comparesRefreshes = ({ arms, metrics }: Figures): boolean =>
  arms.length > 1 && metrics.includes('flopsPerDay');

const meanIn = (figures: Figures, arm: string, family: string, metric: string): number | undefined => {
  const mean = figures.summary({ arm, family, segment: 'all', metric })?.mean;
  return isFigure(mean) ? mean : undefined;
};

/** What an arm's lists cost, in words. */
export const operationsADay = (figures: Figures, arm: string, family: string): string =>
  `${formatFigure(meanIn(figures, arm, family, 'flopsPerDay'))} flop a day`;

/** A quality against operations a day: a point for each arm, the cheapest first. */
export const qualityByCost = (figures: Figures, family: string, metric: string): (Point & { readonly arm: string })[] =>
  figures.arms
    .flatMap((arm) => {
      const [x, mean] = [meanIn(figures, arm, family, 'flopsPerDay'), meanIn(figures, arm, family, metric)];
      if (x === undefined || mean === undefined) return [];
      const values = [...figures.byWorld({ arm, family, segment: 'all', metric }).values(), mean];
      return [{ arm, x, mean, lowest: Math.min(...values), highest: Math.max(...values), n: null }];
    })
    .sort((a, b) => a.x - b.x);

/** Cost and quality of each arm, and quality by the hour of the day: for each family, and each value of a swept dial. */
export const refreshCostTables = (figures: Figures): PlainTable[] =>
  figures.families
    .flatMap((family) => [costTable(figures, family), hourTable(figures, family)])
    .filter(({ rows }) => rows.length > 0);

/** Cost of each arm of a family in few columns, for a terminal. */
export const shortCosts = (figures: Figures, family: string): PlainTable => ({
  title: titled(figures, family, 'A day costs'),
  note: '',
  header: ['arm', ...costs],
  rows: figures.arms.map((arm) => [arm, ...costs.map((metric) => formatFigure(meanIn(figures, arm, family, metric)))]),
  textColumns: 1,
});

const titled = (figures: Figures, family: string, title: string): string =>
  figures.families.length > 1 ? `${title}: ${family}` : title;

const costTable = (figures: Figures, family: string): PlainTable => ({
  title: titled(figures, family, 'What an arm costs a day, and what it serves'),
  note: '',
  header: ['arm', ...columns],
  rows: figures.arms.map((arm) => [
    arm,
    ...columns.map((metric) => formatFigure(meanIn(figures, arm, family, metric))),
  ]),
  textColumns: 1,
});

function hourTable(figures: Figures, family: string): PlainTable {
  const metric = ageQualities[0];
  const byHour = figures.arms.map((arm) => ({ arm, points: figures.byHour({ arm, family, segment: 'all', metric }) }));
  const hours = [...new Set(byHour.flatMap(({ points }) => points.map(({ x }) => x)))].sort((a, b) => a - b);
  return {
    title: titled(figures, family, `${metric} by the hour of the day`),
    note: `${meaningOf(metric)}.`,
    header: ['arm', ...hours.map((hour) => `${hour}:00`)],
    rows:
      hours.length < 2
        ? []
        : byHour.map(({ arm, points }) => [
            arm,
            ...hours.map((hour) => formatFigure(points.find(({ x }) => x === hour)?.mean)),
          ]),
    textColumns: 1,
  };
}
