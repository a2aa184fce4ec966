import { testsHearing } from '../columns.ts';
import { costLines, type StageTimes, stageTimes, unaccounted } from '../cost.ts';
import type { Figures } from '../figures.ts';
import { formatFigure } from '../format.ts';
import { meaningOf, stageOf } from '../metrics.ts';
import { fillOf, stackedBar, swatch } from './bars.ts';
import { overallRow } from './curves-section.ts';
import { type Html, html } from './html.ts';

/** The cache by day, where a refresh spends its time, and every cost with its provenance; nothing for a run without refreshes. */
export const costSection = (figures: Figures): Html =>
  testsHearing(figures)
    ? html``
    : html`<section aria-labelledby="cost">
<h2 id="cost">Cache and cost</h2>
${figures.families.map(
  (family, f) => html`${figures.families.length > 1 && html`<h3>Family ${family}</h3>`}
${overallRow(figures, family, ['cacheHitRate', 'staleHitRate', 'cacheBytesPerListener', 'refreshSeconds'], `k${f}`)}
${costOf(figures, family, `b${f}`)}`,
)}
</section>`;

function costOf(figures: Figures, family: string, id: string): Html {
  const lines = costLines(figures, family);
  if (lines.length === 0) return html`<p class="empty">The run has no cache or cost figures.</p>`;
  const times = stageTimes(figures, family);
  const stages = [...new Set(times.flatMap(({ seconds }) => [...seconds.keys()]))];
  const row = (
    name: string,
    fill: string | undefined,
    values: readonly (number | undefined)[],
    provenance: string,
  ): Html =>
    html`<tr><th scope="row" title="${meaningOf(name)}">${fill !== undefined && swatch(fill)}${name}</th>${values.map(
      (value) => html`<td>${formatFigure(value)}</td>`,
    )}<td class="text">${provenance}</td></tr>`;
  const rowsOf = (isWanted: (metric: string) => boolean): Html[] =>
    lines
      .filter(({ metric }) => isWanted(metric))
      .map(({ metric, provenance, values }) => {
        const stage = stageOf(metric, 'seconds');
        return row(metric, stage === undefined ? undefined : fillOf(stage, stages), values, provenance);
      });
  const isFlops = (metric: string): boolean => stageOf(metric, 'flops') !== undefined;
  const remainders = figures.arms.map((arm) => times.find((time) => time.arm === arm)?.seconds.get(unaccounted));
  return html`${times.length > 0 && stageBars(times, stages, id)}
<div class="scroll" tabindex="0" role="region" aria-label="Cache and cost by arm"><table>
<thead><tr><th scope="col" class="text">figure</th>${figures.arms.map((arm) => html`<th scope="col">${arm}</th>`)}<th scope="col" class="text">provenance</th></tr></thead>
<tbody>${rowsOf((metric) => !isFlops(metric))}${stages.includes(unaccounted) && row(unaccounted, fillOf(unaccounted, stages), remainders, 'derived')}${rowsOf(isFlops)}</tbody></table></div>`;
}

/** One bar for each arm on one scale; the table below is the legend. */
function stageBars(times: readonly StageTimes[], stages: readonly string[], id: string): Html {
  const longest = Math.max(...times.map(({ total }) => total));
  return html`<h3>Seconds of one refresh, by stage</h3>
<div class="bars">${times.map(({ arm, seconds, total }, i) => {
    const parts = [...seconds].map(([stage, value]) => ({
      name: stage,
      fill: fillOf(stage, stages),
      value,
      text: `${formatFigure(value)} s`,
    }));
    const title = `Seconds of one refresh of ${arm} by stage`;
    return html`<div>${arm}</div>${stackedBar(`${id}-${i}`, title, parts, longest)}<div class="total">${formatFigure(total)} s</div>`;
  })}</div>`;
}
