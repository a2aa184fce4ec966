import { answersOf } from './answer.ts';
import { boundRemarks, boundsBasis } from './bound-remarks.ts';
import { answerColumnsOf, testsHearing } from './columns.ts';
import { costLines } from './cost.ts';
import { dialCurve, dialMeaning, dialOf } from './dial.ts';
import { digestsOf, factsOf } from './facts.ts';
import type { Figures } from './figures.ts';
import { basisOf, worldsOf } from './figures.ts';
import { capital, formatFigure, formatInterval, oneLine } from './format.ts';
import { limitsOf } from './limits.ts';
import { meaningOf, segmentNames } from './metrics.ts';
import type { PlainTable } from './plain-table.ts';
import { comparesRefreshes, refreshCostsNote, refreshCostsTitle, refreshCostTables } from './refresh-costs.ts';
import { releaseLines } from './releases.ts';
import { repeatCommand } from './repeat.ts';
import { sizingBasis, sizingTables, sizingTitle } from './sizing.ts';

/** Metrics shown day by day; the others stand in `metrics.json`. */
const dailyMetrics = ['oracleRecall@50', 'recall@50', 'newTrackShare', 'cacheHitRate', 'refreshSeconds'];

/** The report of a run as Markdown: the answer, the tables behind it, and what they cannot tell. */
export function markdownReport(figures: Figures): string {
  const { manifest } = figures;
  const several = figures.families.length > 1;
  const heading = (family: string, text: string): string =>
    several ? `### ${escaped(family)}: ${text}` : `### ${text[0]?.toUpperCase()}${text.slice(1)}`;
  const question = manifest.scenario.question;
  const parts = [
    `# ${escaped(manifest.scenario.name)}`,
    ...(question === '' ? [] : [`> ${escaped(question)}`]),
    ...answersOf(figures).map(({ family, headline, remarks }) => {
      const lead = several ? `${escaped(family)}: ` : '';
      return [`**${lead}${escaped(headline)}**`, ...remarks.map(escaped)].join(' ');
    }),
    '## Answer',
    ...figures.families.flatMap((family) => answerPart(figures, family, several)),
    ...(figures.bounds.length > 0 ? [boundsNote(figures)] : []),
    ...(testsHearing(figures) ? [] : ['## Cache and cost']),
    ...figures.families.flatMap((family) =>
      testsHearing(figures) ? [] : [...(several ? [`### ${escaped(family)}`] : []), costTable(figures, family)],
    ),
    ...figures.families.flatMap((family) => releasePart(figures, family, several)),
    ...figures.families.flatMap((family) => dialPart(figures, family, several)),
    ...refreshPart(figures),
    ...sizingPart(figures),
    ...(figures.days.length > 0 ? ['## By day'] : []),
    ...dailyMetrics
      .filter((metric) => figures.metrics.includes(metric))
      .flatMap((metric) =>
        figures.families.flatMap((family) => {
          const table = dailyTable(figures, family, metric);
          return table === '' ? [] : [heading(family, `\`${metric}\``), `${capital(meaningOf(metric))}.`, table];
        }),
      ),
    ...(manifest.notes.length > 0 ? ['## Notes', bullets(manifest.notes)] : []),
    '## What this run cannot tell',
    bullets(limitsOf(figures)),
    '## How to repeat it',
    fenced(repeatCommand(manifest), 'sh'),
    'The same seed gives the same digests on the same machine, whatever the number of threads; times differ.',
    '## Conditions',
    table(
      ['', ''],
      factsOf(figures).map(([what, value]) => [what, escaped(value)]),
      2,
    ),
    ...(digestsOf(manifest).length > 0
      ? [
          '## Digests',
          table(
            ['what', 'SHA-256'],
            digestsOf(manifest).map((line) => line.map(escaped)),
            2,
          ),
        ]
      : []),
  ];
  return `${parts.filter((part) => part !== '').join('\n\n')}\n`;
}

function answerPart(figures: Figures, family: string, several: boolean): string[] {
  const answerColumns = answerColumnsOf(figures);
  const header = [
    '',
    ...answerColumns.map(({ metric, segment, group }) => (group === metric ? `${metric} ${segment}` : metric)),
  ];
  const rows = [...figures.arms, ...figures.bounds].map((arm) => [
    figures.bounds.includes(arm) ? `*${escaped(arm)}*` : escaped(arm),
    ...answerColumns.map(({ metric, segment }) => {
      const row = figures.summary({ arm, family, segment, metric });
      return `${formatFigure(row?.mean)} ${formatInterval(row?.low, row?.high)}`.trim();
    }),
  ]);
  const worlds = worldsOf(figures, family);
  const what = capital(basisOf(figures, family));
  const interval = worlds > 1 ? ', with 95 % intervals over worlds' : '';
  return [...(several ? [`### ${escaped(family)}`] : []), `${what}${interval}.`, table(header, rows, 1)];
}

const boundsNote = (figures: Figures): string =>
  [
    `*${figures.bounds.map(escaped).join(', ')}*: bounds, ${boundsBasis(figures)}.`,
    ...boundRemarks(figures).map((remark) => `${escaped(remark)}.`),
  ].join(' ');

function costTable(figures: Figures, family: string): string {
  const lines = costLines(figures, family);
  if (lines.length === 0) return 'The run has no cache or cost figures.';
  return table(
    ['', 'provenance', ...figures.arms.map(escaped)],
    lines.map(({ metric, provenance, values }) => [escaped(metric), provenance, ...values.map(formatFigure)]),
    2,
  );
}

function releasePart(figures: Figures, family: string, several: boolean): string[] {
  const lines = releaseLines(figures, family);
  if (lines.length === 0) return [];
  const rows = lines.map(({ metric, rows }) => [
    escaped(metric),
    meaningOf(metric),
    ...rows.map((row) => `${formatFigure(row?.mean)} ${formatInterval(row?.low, row?.high)}`.trim()),
  ]);
  const heading = `## What becomes of releases${several ? `: ${escaped(family)}` : ''}`;
  return [heading, table(['', 'meaning', ...figures.arms.map(escaped)], rows, 2)];
}

/** Recall of new tracks by their sound alone, where the sound tells more or less of taste. */
function dialPart(figures: Figures, family: string, several: boolean): string[] {
  const shares = dialOf(figures);
  if (shares.length === 0) return [];
  const rows = [...figures.arms, ...figures.bounds].flatMap((arm) => {
    const points = dialCurve(figures, { arm, family });
    const at = (share: number): string => formatFigure(points.find(({ x }) => x === share)?.mean);
    return points.length === 0 ? [] : [[escaped(arm), ...shares.map(at)]];
  });
  const header = ['', ...shares.map((share) => `${share} %`)];
  const heading = `## New tracks by their sound alone${several ? `: ${escaped(family)}` : ''}`;
  return [heading, `${capital(dialMeaning)}.`, table(header, rows, 1)];
}

/** What younger lists are worth and cost. */
const refreshPart = (figures: Figures): string[] =>
  comparesRefreshes(figures)
    ? [`## ${refreshCostsTitle}`, escaped(refreshCostsNote), ...refreshCostTables(figures).flatMap(tablePart)]
    : [];

/** What caches of a run's own reads cost and give. */
const sizingPart = ({ sizing }: Figures): string[] =>
  sizing ? [`## ${sizingTitle}`, bullets(sizingBasis(sizing)), ...sizingTables(sizing).flatMap(tablePart)] : [];

const tablePart = ({ title, note, header, rows, textColumns }: PlainTable): string[] => [
  `### ${escaped(title)}`,
  ...(note === '' ? [] : [escaped(note)]),
  table(
    header.map(escaped),
    rows.map((row) => row.map(escaped)),
    textColumns,
  ),
];

function dailyTable(figures: Figures, family: string, metric: string): string {
  const rows = segmentNames.flatMap((segment) =>
    figures.arms.flatMap((arm) => {
      const points = new Map(figures.curve({ arm, family, segment, metric }).map((point) => [point.x, point.mean]));
      if (points.size === 0) return [];
      return [[segment, escaped(arm), ...figures.days.map((day) => formatFigure(points.get(day)))]];
    }),
  );
  return rows.length === 0 ? '' : table(['segment', 'arm', ...figures.days.map((day) => `day ${day}`)], rows, 2);
}

/** A pipe table; the columns after the first `textColumns` hold figures and are right-aligned. */
export function table(header: readonly string[], rows: readonly (readonly string[])[], textColumns: number): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  return [line(header), line(header.map((_, i) => (i < textColumns ? '---' : '---:'))), ...rows.map(line)].join('\n');
}

const bullets = (items: readonly string[]): string => items.map((item) => `- ${escaped(item)}`).join('\n');

/** Text that Markdown shows as it is: one line, and no character that could open a tag, a link, a cell or a style. */
export const escaped = (text: string): string => oneLine(text).replace(/[\\`*_{}[\]<>#|~&!]/g, '\\$&');

/** A code block that its content cannot close. */
function fenced(code: string, language: string): string {
  const longest = Math.max(0, ...(code.match(/`+/g) ?? []).map((run) => run.length));
  const fence = '`'.repeat(Math.max(3, longest + 1));
  return `${fence}${language}\n${code}\n${fence}`;
}
