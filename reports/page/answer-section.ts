import { answersOf } from '../answer.ts';
import { boundRemarks, boundsBasis } from '../bound-remarks.ts';
import { type AnswerColumn, answerColumnsOf, explanationOf } from '../columns.ts';
import type { FigureKey, Figures } from '../figures.ts';
import { basisOf, meanOf, worldsOf } from '../figures.ts';
import {
  alignPoints,
  capital,
  formatCount,
  formatFigure,
  formatInterval,
  formatSpread,
  isFigure,
  plural,
} from '../format.ts';
import type { SummaryRow } from '../read-run.ts';
import { type Contender, contendersOf } from './contenders.ts';
import { type Html, html } from './html.ts';
import { lineSample } from './line-chart.ts';

/** The top of the page: what was asked, and the answer as a sentence. */
export function pageHeader(figures: Figures): Html {
  const { scenario, seed, worlds, seconds } = figures.manifest;
  const facts = [
    figures.families.join(', '),
    plural(Math.max(worlds.length, ...figures.families.map((family) => worldsOf(figures, family))), 'world'),
    figures.days.length === 0 ? '' : plural(figures.days.length, 'measured day'),
    seed === '' ? '' : `seed ${seed}`,
    isFigure(seconds) ? `${formatFigure(seconds)} s` : '',
  ].filter((fact) => fact !== '');
  const several = figures.families.length > 1;
  return html`<header>
<p class="eyebrow"><b>${scenario.name}</b> · ${facts.join(' · ')}</p>
<h1>${scenario.question === '' ? scenario.name : scenario.question}</h1>
${answersOf(figures).map(
  ({ family, headline, remarks }) => html`<p class="lead">${several ? `${family}: ${headline}` : headline}</p>
<ul class="remarks">${remarks.map((remark) => html`<li>${remark}</li>`)}</ul>`,
)}
</header>`;
}

/** The final table, one for each family. */
export const answerSection = (figures: Figures): Html => html`<section aria-labelledby="answer">
<h2 id="answer">Arms and bounds</h2>
<p class="quiet">${explanation(figures)}</p>
${figures.families.map((family) => answerTable(figures, family))}
</section>`;

function explanation(figures: Figures): string {
  const worlds = Math.max(0, ...figures.families.map((family) => worldsOf(figures, family)));
  const remarks = boundRemarks(figures);
  return [
    capital(basisOf(figures, figures.families[0] ?? '')),
    worlds > 1 ? ', ± half of the 95 % interval over worlds' : '',
    figures.bounds.length > 0 ? `. Bounds are ${boundsBasis(figures)}.` : '.',
    ...remarks.map((remark) => ` ${remark}.`),
  ].join('');
}

function answerTable(figures: Figures, family: string): Html {
  const contenders = contendersOf(figures);
  const answerColumns = answerColumnsOf(figures);
  const columns = answerColumns.map(({ metric, segment }, i) => {
    const keys = contenders.map(({ name }) => ({ arm: name, family, segment, metric }));
    // Figure and punctuation spaces: as wide as a digit and a point, and nothing when copied or read aloud.
    return alignPoints(
      keys.map((key) => formatFigure(figures.summary(key)?.mean)),
      '\u2007',
      '\u2008',
    ).map((text, row) => cell(figures, keys[row], text, startsGroup(answerColumns, i)));
  });
  const row = (contender: Contender): Html =>
    html`<tr><th scope="row">${lineSample(contender.slot)}${contender.name}</th>${columns.map(
      (cells) => cells[contender.slot.index],
    )}</tr>`;
  const arms = contenders.filter(({ slot }) => slot.kind === 'arm');
  const bounds = contenders.filter(({ slot }) => slot.kind === 'bound');
  const several = figures.families.length > 1;
  const label = several ? `family ${family}: ` : '';
  return html`<div class="scroll" tabindex="0" role="region" aria-label="${label}means by arm">
<table class="answer">
${several && html`<caption>family ${family}, ${plural(worldsOf(figures, family), 'world')}</caption>`}
<thead><tr><th rowspan="2" scope="col" class="text">arm</th>${groups(answerColumns).map(
    ({ name, span }) => html`<th scope="colgroup" class="first" colspan="${span}">${name}</th>`,
  )}</tr>
<tr>${answerColumns.map(
    (column, i) =>
      html`<th scope="col" ${startsGroup(answerColumns, i) && html`class="first"`} title="${explanationOf(column)}">${column.heading}</th>`,
  )}</tr></thead>
<tbody>${arms.map(row)}</tbody>
${bounds.length > 0 && html`<tbody class="bounds">${bounds.map(row)}</tbody>`}
</table></div>`;
}

function cell(figures: Figures, key: FigureKey | undefined, text: string, isFirst: boolean): Html {
  if (!key) return html`<td></td>`;
  const summary = figures.summary(key);
  const counts = figures.curve(key).flatMap(({ n }) => (isFigure(n) ? [n] : []));
  const hover = counts.length === 0 ? '' : html` title="n ${formatCount(meanOf(counts))} a day"`;
  return html`<td${isFirst && html` class="first"`}${hover}>${text}${spreadOf(summary)}</td>`;
}

/** The interval below a mean, its ends on hover; nothing for one world. */
export function spreadOf(row: SummaryRow | undefined): Html {
  const spread = formatSpread(row?.mean, row?.low, row?.high);
  return spread === '' ? html`` : html`<small title="${formatInterval(row?.low, row?.high)}">${spread}</small>`;
}

const startsGroup = (columns: readonly AnswerColumn[], i: number): boolean =>
  columns[i]?.group !== columns[i - 1]?.group;

const groups = (columns: readonly AnswerColumn[]): { name: string; span: number }[] =>
  columns.flatMap(({ group }, i) =>
    startsGroup(columns, i) ? [{ name: group, span: columns.filter((column) => column.group === group).length }] : [],
  );
