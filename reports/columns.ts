import { dialOf } from './dial.ts';
import type { Figures } from './figures.ts';
import { meaningOf, type Segment, segments } from './metrics.ts';

/** A column of the final table. Neighbours with the same group stand below one heading. */
export interface AnswerColumn {
  readonly metric: string;
  readonly segment: Segment;
  readonly group: string;
  readonly heading: string;
}

const bySegment = (metric: string): AnswerColumn[] =>
  (['all', 'warm', 'newUser', 'newTrack'] as const).map((segment) => ({
    metric,
    segment,
    group: metric,
    heading: segment,
  }));

/** Of a run that lives through days. */
export const rankingColumns: readonly AnswerColumn[] = [
  ...bySegment('oracleRecall@50'),
  ...bySegment('recall@50'),
  { metric: 'newTrackShare', segment: 'all', group: 'newTrack', heading: 'share' },
  { metric: 'cacheHitRate', segment: 'all', group: 'cache', heading: 'hit rate' },
  { metric: 'refreshSeconds', segment: 'all', group: 'refresh', heading: 'seconds' },
];

const heard = (group: string, columns: Readonly<Record<string, string>>): AnswerColumn[] =>
  Object.entries(columns).map(([metric, heading]) => ({ metric, segment: 'all', group, heading }));

/** Of a run that tests what an encoder hears; new tracks where the sound tells half, or else the most that was tried. */
const hearingColumns = (figures: Pick<Figures, 'metrics'>): readonly AnswerColumn[] => [
  ...heard('tempo', { tempoAcc1: 'Acc1', tempoAcc2: 'Acc2' }),
  ...heard('key', { keyWeighted: 'MIREX' }),
  ...heard('R² of', {
    energyR2: 'energy',
    brightnessR2: 'brightness',
    envelopeR2: 'envelope',
    oddEvenR2: 'odd/even',
    modulationR2: 'modulation',
  }),
  ...heard('embedding', { embeddingR2: 'R²', embeddingShare: 'of bound' }),
  ...dialColumn(figures),
];

function dialColumn(figures: Pick<Figures, 'metrics'>): AnswerColumn[] {
  const shares = dialOf(figures);
  const share = shares.includes(50) ? 50 : shares.at(-1);
  return share === undefined ? [] : heard('cold recall', { [`coldRecall.${share}`]: `at ${share} %` });
}

/** Whether a run tested what an encoder hears, in the place of living through days. */
export const testsHearing = ({ metrics }: Pick<Figures, 'metrics'>): boolean => metrics.includes('embeddingShare');

/** The columns of the final table, wherever it is shown. */
export const answerColumnsOf = (figures: Pick<Figures, 'metrics'>): readonly AnswerColumn[] =>
  testsHearing(figures) ? hearingColumns(figures) : rankingColumns;

/** What a column holds, for those who point at its heading. */
export const explanationOf = ({ metric, segment }: AnswerColumn): string =>
  segment === 'all' && !metric.includes('@') ? meaningOf(metric) : segments[segment];
