import type { Figures } from '../figures.ts';
import { formatCount, formatFigure, isFigure } from '../format.ts';
import { meaningOf, segmentNames, segments } from '../metrics.ts';
import { contendersOf } from './contenders.ts';
import { type Html, html } from './html.ts';
import { axisOf, type Line, lineChart, lineSample } from './line-chart.ts';

/** Ranking metrics drawn by segment; the others stand in the table of every metric. */
const bySegment = ['oracleRecall@50', 'recall@50', 'regret@50', 'ndcg@10'];
/** Figures of all listeners together. */
const overall = [
  'newTrackShare',
  'algorithmicShare',
  'collaborativeShare',
  'coverage',
  'gini',
  'satisfaction',
  'skipRate',
];

/** The legend of every chart: samples, and a switch for each contender that works without scripts. */
export const legend = (figures: Figures): Html => html`<div class="legend" role="group" aria-label="Lines shown">
${contendersOf(figures).map(
  ({ name, slot }) =>
    html`<label><input type="checkbox" id="s${slot.index}" checked>${lineSample(slot)}${name}</label>`,
)}
</div>`;

/** Small multiples: a row for each metric, a column for each segment, one scale along a row; nothing for a run without days. */
export const curvesSection = (figures: Figures): Html =>
  figures.days.length === 0
    ? html``
    : html`<section aria-labelledby="curves">
<h2 id="curves">Day by day</h2>
<p class="quiet">Charts of one row share their scale. ${
        figures.manifest.worlds.length > 1
          ? 'Lines are means over worlds, bands reach from the lowest to the highest world. '
          : ''
      }Point at a day for its figures; n is how many counted that day; names in the legend switch lines off.</p>
${legend(figures)}
${figures.families.map(
  (family, f) => html`${figures.families.length > 1 && html`<h3>Family ${family}</h3>`}
${bySegment.filter((metric) => figures.metrics.includes(metric)).map((metric, m) => segmentRow(figures, family, metric, `c${f}-${m}`))}
${overallRow(figures, family, overall, `o${f}`, 'Lists and listening')}`,
)}
</section>`;

function segmentRow(figures: Figures, family: string, metric: string, id: string): Html {
  const bySegment = segmentNames.map((segment) => ({ segment, lines: linesOf(figures, family, segment, metric) }));
  const axis = axisOf(bySegment.flatMap(({ lines }) => lines));
  return html`<h3>${metric}</h3>
<p class="quiet">${meaningOf(metric)}</p>
<div class="grid5">${bySegment.map(({ segment, lines }, i) => {
    const counts = countsOf(lines);
    const caption = html`<abbr title="${segments[segment]}">${segment}</abbr> <span>${counts === '' ? '' : `n ${counts}`}</span>`;
    if (lines.every(({ points }) => points.length === 0)) {
      return html`<figure class="chart"><figcaption>${caption}</figcaption><p class="empty">no figures</p></figure>`;
    }
    return lineChart({
      id: `${id}-${i}`,
      title: `${metric}, ${segment}, by day`,
      caption,
      xs: figures.days,
      nameOf: dayName,
      axis,
      lines,
    });
  })}</div>
${dailyFigures(figures, family, metric)}`;
}

/** A row of charts of metrics that have no segments, each with a scale of its own; nothing when none has figures. */
export function overallRow(
  figures: Figures,
  family: string,
  metrics: readonly string[],
  id: string,
  heading = '',
): Html {
  const charts = metrics.flatMap((metric) => {
    const lines = linesOf(figures, family, 'all', metric).filter(({ points }) => points.length > 0);
    return lines.length === 0 ? [] : [{ metric, lines }];
  });
  if (charts.length === 0) return html``;
  return html`${heading !== '' && html`<h3>${heading}</h3>`}<div class="grid5">${charts.map(({ metric, lines }, i) =>
    lineChart({
      id: `${id}-${i}`,
      title: `${metric} by day`,
      caption: html`<abbr title="${meaningOf(metric)}">${metric}</abbr>`,
      xs: figures.days,
      nameOf: dayName,
      axis: axisOf(lines),
      lines,
    }),
  )}</div>`;
}

const dayName = (day: number): string => `day ${day}`;

const linesOf = (figures: Figures, family: string, segment: string, metric: string): Line[] =>
  contendersOf(figures).map(({ name, slot }) => ({
    name,
    slot,
    points: figures.curve({ arm: name, family, segment, metric }),
  }));

/** How many counted in a day, '96–104', over the contenders of a chart, which share their panel. */
function countsOf(lines: readonly Line[]): string {
  const counts = lines.flatMap(({ points }) => points.flatMap(({ n }) => (isFigure(n) ? [n] : [])));
  if (counts.length === 0) return '';
  const least = formatCount(Math.min(...counts));
  const most = formatCount(Math.max(...counts));
  return least === most ? least : `${least}–${most}`;
}

/** The figures behind a row of charts. */
function dailyFigures(figures: Figures, family: string, metric: string): Html {
  const rows = segmentNames.flatMap((segment) =>
    linesOf(figures, family, segment, metric)
      .filter(({ points }) => points.length > 0)
      .map((line) => ({ segment, line })),
  );
  return html`<details><summary>Figures of ${metric}</summary><div class="scroll" tabindex="0" role="region" aria-label="${metric} by day">
<table><thead><tr><th scope="col" class="text">segment</th><th scope="col" class="text">arm</th>${figures.days.map(
    (day) => html`<th scope="col">day ${day}</th>`,
  )}<th scope="col">n a day</th></tr></thead>
<tbody>${rows.map(
    ({ segment, line }) =>
      html`<tr><th scope="row">${segment}</th><th scope="row">${line.name}</th>${figures.days.map(
        (day) => html`<td>${formatFigure(line.points.find((point) => point.x === day)?.mean)}</td>`,
      )}<td>${countsOf([line])}</td></tr>`,
  )}</tbody></table></div></details>`;
}
