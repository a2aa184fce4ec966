export interface TextTableOptions {
  /** Whether a line stands below the first row. Default: none. */
  readonly rule?: boolean;
  /** Whether the cells of a column, its heading first, stand to the right. Default: all stand to the left. */
  readonly isFigures?: (column: readonly string[], i: number) => boolean;
}

/** Cells in columns as wide as their widest cell, two spaces apart; the first row are headings. Every line ends. */
export function textTable(
  rows: readonly (readonly string[])[],
  { rule = false, isFigures = () => false }: TextTableOptions = {},
): string {
  const columns = (rows[0] ?? []).map((_, i) => rows.map((cells) => cells[i] ?? ''));
  const padded = columns.map((column, i) => {
    const width = Math.max(...column.map(({ length }) => length));
    return column.map(isFigures(column, i) ? (cell) => cell.padStart(width) : (cell) => cell.padEnd(width));
  });
  const lines = rows.map((_, row) =>
    padded
      .map((column) => column[row] ?? '')
      .join('  ')
      .trimEnd(),
  );
  const ruled = rule ? ['─'.repeat(Math.max(0, ...lines.map(({ length }) => length)))] : [];
  return [...lines.slice(0, 1), ...ruled, ...lines.slice(1)].map((line) => `${line}\n`).join('');
}
