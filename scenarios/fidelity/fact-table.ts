import { textTable } from '../text-table.ts';
import type { FactRow } from './compare.ts';
import { type FactUnit, factForms } from './fact-names.ts';

/** Facts as text: one line each, then the reasons that are known. */
export function factTable(rows: readonly FactRow[]): string {
  const cells = [
    ['fact', 'target', 'quartiles', 'simulated', 'distance', 'verdict'],
    ...rows.map(({ fact, target, low, high, value, distance, measure, verdict }) => {
      const { label, unit } = factForms[fact];
      return [
        label,
        figure(target, unit),
        low === null || high === null ? '' : `${figure(low, unit)} – ${figure(high, unit)}`,
        figure(value, unit),
        distance === null ? '' : measure === 'kolmogorov-smirnov' ? `KS ${distance.toFixed(2)}` : signed(distance),
        verdict,
      ];
    }),
  ];
  return `${[textColumns(cells), ...reasons(rows)].join('\n')}\n`;
}

/** Rows under a first one of headings, ruled off; words to the left, figures to the right. */
export const textColumns = (cells: readonly (readonly string[])[]): string =>
  textTable(cells, {
    rule: true,
    isFigures: ([, ...values], i) => i > 0 && values.some((cell) => /\d/.test(cell)),
  }).trimEnd();

/** A figure of a fact with its unit; shares in per cent. */
export function figure(value: number | null, unit: FactUnit): string {
  if (value === null) return '–';
  return unit === 'share' ? `${(100 * value).toFixed(1)} %` : value.toFixed(2);
}

const signed = (error: number): string => `${error < 0 ? '−' : '+'}${(100 * Math.abs(error)).toFixed(0)} %`;

const reasons = (rows: readonly FactRow[]): string[] =>
  rows
    .filter(({ reason }) => reason !== null)
    .map(({ fact, verdict, reason }) => `${factForms[fact].label} (${verdict}): ${reason}`);
