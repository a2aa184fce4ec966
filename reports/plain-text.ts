import type { PlainTable } from './plain-table.ts';

/** A table for a terminal: its title, then columns, words to the left and figures to the right. */
export function plainText({ title, header, rows, textColumns }: PlainTable): string {
  const widths = header.map((cell, i) => Math.max(cell.length, ...rows.map((row) => row[i]?.length ?? 0)));
  const line = (cells: readonly string[]): string =>
    cells
      .map((cell, i) => (i < textColumns ? cell.padEnd(widths[i] ?? 0) : cell.padStart(widths[i] ?? 0)))
      .join('  ')
      .trimEnd();
  return `${[title, line(header), ...rows.map(line)].join('\n')}\n`;
}
