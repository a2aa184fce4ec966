import type { Figures, Point } from '../figures.ts';
import { formatFigure } from '../format.ts';
import { comparable, sizingBasis, sizingTables, sizingTitle } from '../sizing.ts';
import type { SizedPlan, Sizing } from '../sizing-file.ts';
import { type Html, html } from './html.ts';
import { axisOf, type Line, lineChart, lineSample } from './line-chart.ts';
import { plainTable } from './plain-table.ts';

/** Lines of this section are no contenders: no legend switches them off. */
const firstIndex = 100;

/** Quality against cost as a chart, and every table of a run that compared caches; nothing for other runs. */
export function sizingSection({ sizing }: Figures): Html {
  if (!sizing) return html``;
  const lines = linesOf(sizing);
  const xs = [...new Set(lines.flatMap(({ points }) => points.map(({ x }) => x)))].sort((a, b) => a - b);
  return html`<section aria-labelledby="sizing"><h2 id="sizing">${sizingTitle}</h2>
${sizingBasis(sizing).map((sentence) => html`<p class="quiet">${sentence}</p>`)}
<div class="legend">${lines.map(({ name, slot }) => html`<span>${lineSample(slot)}${name}</span>`)}</div>
<div class="grid2">${lineChart({
    id: 'z0',
    title: 'enjoyment against dollars for a million listeners a day, the best plans of each refresh period',
    caption: html`enjoyment by $ a million listeners and day, lists at hand for most reads`,
    xs,
    nameOf: (x) => `$ ${formatFigure(x)}`,
    axis: axisOf(lines),
    lines,
    hasGaps: true,
    isLarge: true,
  })}</div>
${sizingTables(sizing).map(plainTable)}
</section>`;
}

/** The frontier of each refresh period: plans that nothing of the same period and lower cost equals. */
function linesOf(sizing: Sizing): Line[] {
  const plans = comparable(sizing);
  const periods = [...new Set(plans.map(({ refreshHours }) => refreshHours))].sort((a, b) => a - b);
  return periods.map((hours, rank) => ({
    name: `every ${hours} h`,
    slot: { index: firstIndex + rank, kind: 'arm', rank },
    points: risingOf(plans.filter(({ refreshHours }) => refreshHours === hours)),
  }));
}

function risingOf(plans: readonly SizedPlan[]): Point[] {
  let best = Number.NEGATIVE_INFINITY;
  return [...plans]
    .sort((a, b) => a.dollars - b.dollars || b.enjoyment - a.enjoyment)
    .flatMap(({ dollars, enjoyment }) => {
      if (enjoyment <= best) return [];
      best = enjoyment;
      return [{ x: dollars, mean: enjoyment, lowest: enjoyment, highest: enjoyment, n: null }];
    });
}
