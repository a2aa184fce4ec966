import { dialCurve, dialMeaning, dialOf } from '../dial.ts';
import type { Figures } from '../figures.ts';
import { capital, formatFigure } from '../format.ts';
import { contendersOf } from './contenders.ts';
import { legend } from './curves-section.ts';
import { type Html, html } from './html.ts';
import { axisOf, type Line, lineChart } from './line-chart.ts';

const heading = (percent: number): string => `${percent} %`;

/** What the sound is worth where it tells more or less of taste, as a chart and its figures; nothing for a run without. */
export function dialSection(figures: Figures): Html {
  const shares = dialOf(figures);
  if (shares.length === 0) return html``;
  return html`<section aria-labelledby="dial"><h2 id="dial">New tracks by their sound alone</h2>
<p class="quiet">${capital(dialMeaning)}.</p>
${legend(figures)}
${figures.families.map((family, f) => {
  const lines = contendersOf(figures)
    .map(({ name, slot }): Line => ({ name, slot, points: dialCurve(figures, { arm: name, family }) }))
    .filter(({ points }) => points.length > 0);
  const caption = html`recall by what the sound tells`;
  return html`${figures.families.length > 1 && html`<h3>Family ${family}</h3>`}
<div class="grid5">${lineChart({
    id: `d${f}`,
    title: 'recall of new tracks against the share of taste that the sound tells',
    caption,
    xs: shares,
    nameOf: heading,
    axis: axisOf(lines),
    lines,
  })}</div>
<div class="scroll" tabindex="0" role="region" aria-label="Recall of new tracks by the share of taste that the sound tells"><table>
<thead><tr><th scope="col" class="text">arm</th>${shares.map((share) => html`<th scope="col">${heading(share)}</th>`)}</tr></thead>
<tbody>${lines.map(
    ({ name, points }) =>
      html`<tr><th scope="row">${name}</th>${shares.map(
        (share) => html`<td>${formatFigure(points.find(({ x }) => x === share)?.mean)}</td>`,
      )}</tr>`,
  )}</tbody></table></div>`;
})}
</section>`;
}
