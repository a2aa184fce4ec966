import type { Figures } from '../figures.ts';
import { formatFigure } from '../format.ts';
import { meaningOf } from '../metrics.ts';
import {
  ageQualities,
  comparesRefreshes,
  qualityByCost,
  refreshCostsNote,
  refreshCostsTitle,
  refreshCostTables,
} from '../refresh-costs.ts';
import { type Html, html } from './html.ts';
import { axisOf, type Line, lineChart, lineSample } from './line-chart.ts';
import { plainTable } from './plain-table.ts';

/** Lines of this section are families, no contenders: no legend switches them off. */
const firstIndex = 200;

/** What younger lists are worth and cost, as charts and tables; nothing where every arm makes lists alike. */
export function refreshSection(figures: Figures): Html {
  if (!comparesRefreshes(figures)) return html``;
  const slots = figures.families.map((name, rank) => ({
    name,
    slot: { index: firstIndex + rank, kind: 'arm', rank } as const,
  }));
  return html`<section aria-labelledby="refreshes"><h2 id="refreshes">${refreshCostsTitle}</h2>
<p class="quiet">${refreshCostsNote}</p>
<div class="legend">${slots.map(({ name, slot }) => html`<span>${lineSample(slot)}${name}</span>`)}</div>
<div class="grid2">${ageQualities.map((metric, m) => qualityChart(figures, metric, slots, `r${m}`))}</div>
${refreshCostTables(figures).map(plainTable)}
</section>`;
}

function qualityChart(figures: Figures, metric: string, slots: readonly Omit<Line, 'points'>[], id: string): Html {
  const byFamily = slots.map((line) => ({ line, points: qualityByCost(figures, line.name, metric) }));
  const lines = byFamily.map(({ line, points }): Line => ({ ...line, points }));
  const xs = [...new Set(lines.flatMap(({ points }) => points.map(({ x }) => x)))].sort((a, b) => a - b);
  const armsAt = (x: number): string =>
    [...new Set(byFamily.flatMap(({ points }) => points.filter((point) => point.x === x).map(({ arm }) => arm)))].join(
      ', ',
    );
  return lineChart({
    id,
    title: `${metric} against floating-point operations a day`,
    caption: html`<abbr title="${meaningOf(metric)}">${metric}</abbr> <span>by flop a day</span>`,
    xs,
    nameOf: (x) => `${armsAt(x)} ${formatFigure(x)}`,
    axis: axisOf(lines),
    lines,
    hasGaps: true,
    isLarge: true,
  });
}
