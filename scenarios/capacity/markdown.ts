import { escaped, table } from '../../reports/markdown.ts';
import { formatAmount } from '../units.ts';
import { answerText, type PlanTable, planTables } from './describe.ts';
import type { Plan, PlanLine } from './plan.ts';

/** A plan as a document: the answer, all tables, each line with its formula, every input with its source. */
export const planMarkdown = (plan: Plan): string =>
  `${[
    '# Capacity plan',
    '## Does the plan hold?',
    ...answerText(plan.answer).map(escaped),
    ...planTables(plan).flatMap(section),
    '## Formulas',
    'U listeners, I tracks, K tracks of a list, d factors, T hours between refreshes, S shards, n interactions.',
    ...questionParts(plan.lines),
    ...section(inputsTable(plan)),
    ...(plan.warnings.length > 0 ? ['## Warnings', plan.warnings.map((text) => `- ${escaped(text)}`).join('\n')] : []),
  ].join('\n\n')}\n`;

const section = ({ title, header, rows, remark }: PlanTable): string[] => [
  `## ${title}`,
  table(
    header.map(escaped),
    rows.map((cells) => cells.map(escaped)),
    header.length,
  ),
  ...(remark === undefined ? [] : [escaped(remark)]),
];

/** Question by question: what each line is. */
const questionParts = (lines: readonly PlanLine[]): string[] =>
  [...new Set(lines.map(({ number }) => number))].flatMap((number) => {
    const own = lines.filter((line) => line.number === number);
    return [
      `**${number}. ${own[0]?.question ?? ''}**`,
      own
        .map(
          ({ id, about, formula, note }) =>
            `- ${escaped(id)}: ${escaped(about)}. ${escaped(formula)}${note === undefined ? '' : ` (${escaped(note)})`}`,
        )
        .join('\n'),
    ];
  });

const inputsTable = ({ inputs }: Plan): PlanTable => ({
  title: 'Inputs',
  header: ['input', 'value', 'low', 'high', 'provenance', 'source'],
  rows: inputs.map(({ name, value, low, high, unit, provenance, source }) => [
    name,
    name === 'shards' && value === 0 ? 'as needed' : formatAmount(value, unit),
    formatAmount(low, unit),
    formatAmount(high, unit),
    provenance,
    source,
  ]),
});
