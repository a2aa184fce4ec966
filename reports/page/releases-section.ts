import type { Figures } from '../figures.ts';
import { formatFigure } from '../format.ts';
import { meaningOf } from '../metrics.ts';
import { type ReleaseLine, releaseLines } from '../releases.ts';
import { spreadOf } from './answer-section.ts';
import { type Html, html } from './html.ts';

/** Who hears new releases, and how soon; nothing when the run has no such figures. */
export function releasesSection(figures: Figures): Html {
  const tables = figures.families
    .map((family) => ({ family, lines: releaseLines(figures, family) }))
    .filter(({ lines }) => lines.length > 0);
  if (tables.length === 0) return html``;
  return html`<section aria-labelledby="releases"><h2 id="releases">What becomes of releases</h2>
${tables.map(
  ({ family, lines }) => html`<div class="scroll" tabindex="0" role="region" aria-label="Reach of releases"><table>
${tables.length > 1 && html`<caption>family ${family}</caption>`}
<thead><tr><th scope="col" class="text">metric</th>${figures.arms.map((arm) => html`<th scope="col">${arm}</th>`)}<th scope="col" class="text">meaning</th></tr></thead>
<tbody>${lines.map(lineRow)}</tbody></table></div>`,
)}
</section>`;
}

const lineRow = ({ metric, rows }: ReleaseLine): Html =>
  html`<tr><th scope="row">${metric}</th>${rows.map(
    (row) => html`<td>${formatFigure(row?.mean)}${spreadOf(row)}</td>`,
  )}<td class="text quiet">${meaningOf(metric)}</td></tr>`;
