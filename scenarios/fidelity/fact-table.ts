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
export function textColumns(cells: readonly (readonly string[])[]): string {
  const columns = (cells[0] ?? []).map((_, column) => cells.map((row) => row[column] ?? ''));
  const padded = columns.map((column, i) => {
    const width = Math.max(...column.map(({ length }) => length));
    const isWords = i === 0 || column.slice(1).every((cell) => !/\d/.test(cell));
    return column.map((cell) => (isWords ? cell.padEnd(width) : cell.padStart(width)));
  });
  const lines = cells.map((_, row) =>
    padded
      .map((column) => column[row] ?? '')
      .join('  ')
      .trimEnd(),
  );
  const rule = '─'.repeat(Math.max(...lines.map(({ length }) => length)));
  return [lines[0], rule, ...lines.slice(1)].join('\n');
}

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
