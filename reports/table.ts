import { boundRemarks, boundsBasis } from './bound-remarks.ts';
import { type AnswerColumn, answerColumnsOf } from './columns.ts';
import type { Figures } from './figures.ts';
import { basisOf } from './figures.ts';
import { alignPoints, formatFigure, oneLine } from './format.ts';
import { plainText } from './plain-text.ts';
import { comparesRefreshes, shortCosts } from './refresh-costs.ts';
import { shortFrontier } from './sizing.ts';

/** Names of runs are short; a longer arm is cut so that the table keeps its width. */
const longestName = 20;

/**
 * The final table of a run for a terminal: means over the measured days and worlds, arms first, then bounds, one block
 * per family, at most about 110 characters wide; what lists and caches cost below, where that was compared.
 */
export function textTable(figures: Figures): string {
  const blocks = figures.families.flatMap((family) => [
    block(figures, family),
    ...(comparesRefreshes(figures) ? [plainText(shortCosts(figures, family))] : []),
  ]);
  if (figures.sizing) blocks.push(plainText(shortFrontier(figures.sizing)));
  return blocks.length === 0 ? 'The run has no figures.\n' : blocks.join('\n');
}

function block(figures: Figures, family: string): string {
  const series = [...figures.arms, ...figures.bounds];
  const names = series.map((arm) => cut(oneLine(arm)));
  const nameWidth = Math.max(3, ...names.map((n) => n.length));
  const answerColumns = answerColumnsOf(figures);
  const columns = answerColumns.map(({ metric, segment, group, heading }) =>
    rightAligned(
      heading,
      // A group of several columns has room for its name anyway.
      group === metric ? 0 : group.length,
      alignPoints(series.map((arm) => formatFigure(figures.summary({ arm, family, segment, metric })?.mean))),
    ),
  );
  const line = (row: number): string => columns.map((cells) => cells[row] ?? '').join(' ');
  const ruled = '─'.repeat(nameWidth + 2 + line(0).length);
  const rows = names.map((n, i) => `${n.padEnd(nameWidth)}  ${line(i + 1)}`.trimEnd());
  return `${[
    ...(figures.families.length > 1 ? [`family ${oneLine(family)}`] : []),
    `${' '.repeat(nameWidth)}  ${groupLine(answerColumns, columns)}`.trimEnd(),
    `${'arm'.padEnd(nameWidth)}  ${line(0)}`,
    ruled,
    ...rows.slice(0, figures.arms.length),
    ...(figures.bounds.length === 0 ? [] : [ruled, ...rows.slice(figures.arms.length)]),
    basisOf(figures, family),
    ...(figures.bounds.length === 0 ? [] : [`bounds are ${boundsBasis(figures)}`]),
    ...boundRemarks(figures),
  ].join('\n')}\n`;
}

const cut = (name: string): string => (name.length > longestName ? `${name.slice(0, longestName - 1)}…` : name);

/** Heading and cells of a column at one width. */
function rightAligned(heading: string, atLeast: number, cells: readonly string[]): string[] {
  const width = Math.max(atLeast, ...[heading, ...cells].map((cell) => cell.length));
  return [heading, ...cells].map((cell) => cell.padStart(width));
}

/** The line above the headings: each group's name once over its columns, with a rule where it spans several. */
function groupLine(answerColumns: readonly AnswerColumn[], columns: readonly (readonly string[])[]): string {
  const parts: string[] = [];
  for (let i = 0; i < columns.length; ) {
    const group = answerColumns[i]?.group ?? '';
    let width = -1;
    let span = 0;
    for (; answerColumns[i + span]?.group === group; span++) width += 1 + (columns[i + span]?.[0]?.length ?? 0);
    parts.push(span === 1 ? group.padStart(width) : ` ${group} `.padEnd(width, '─').padStart(width));
    i += span;
  }
  return parts.join(' ');
}
