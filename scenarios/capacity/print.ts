import { textTable } from '../text-table.ts';
import { answerText, planTables } from './describe.ts';
import type { Plan } from './plan.ts';

/** A plan for a terminal: the answer, then all tables. */
export const planText = (plan: Plan): string =>
  [
    `Does the plan hold?\n${answerText(plan.answer).join('\n')}\n`,
    ...planTables(plan).map(
      ({ title, header, rows, remark }) =>
        `${title}\n${textTable([header, ...rows])}${remark === undefined ? '' : `${remark}\n`}`,
    ),
    ...(plan.warnings.length > 0 ? [plan.warnings.map((warning) => `warning: ${warning}\n`).join('')] : []),
  ].join('\n');

/** A plan for machines. Keys are only ever added. A limit without end is null. */
export const planJson = (plan: Plan): string => `${JSON.stringify({ schema: 1, ...plan })}\n`;
