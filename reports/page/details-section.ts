import { digestsOf, factsOf } from '../facts.ts';
import type { Figures } from '../figures.ts';
import { formatFigure, isFigure, plural } from '../format.ts';
import { limitsOf } from '../limits.ts';
import { meaningOf, segmentNames } from '../metrics.ts';
import { repeatCommand } from '../repeat.ts';
import { spreadOf } from './answer-section.ts';
import { contendersOf } from './contenders.ts';
import { type Html, html } from './html.ts';

/** Every mean of the run: nothing that was scored is left out of the page. */
export const everyMetricSection = (figures: Figures): Html => html`<section aria-labelledby="every">
<h2 id="every">Every metric</h2>
<p class="quiet">Means over measured days and worlds, for every segment that has figures.</p>
${figures.families.map(
  (family) =>
    html`<details><summary>${figures.families.length > 1 ? `Family ${family}: ` : ''}${plural(figures.metrics.length, 'metric')}</summary>${everyMetric(figures, family)}</details>`,
)}
</section>`;

function everyMetric(figures: Figures, family: string): Html {
  const contenders = contendersOf(figures);
  const rows = figures.metrics.flatMap((metric) =>
    segmentNames.flatMap((segment) => {
      const cells = contenders.map(({ name }) => figures.summary({ arm: name, family, segment, metric }));
      return cells.some((cell) => isFigure(cell?.mean)) ? [{ metric, segment, cells }] : [];
    }),
  );
  return html`<div class="scroll" tabindex="0" role="region" aria-label="Every metric"><table>
<thead><tr><th scope="col" class="text">metric</th><th scope="col" class="text">segment</th>${contenders.map(
    ({ name }) => html`<th scope="col">${name}</th>`,
  )}</tr></thead>
<tbody>${rows.map(
    ({ metric, segment, cells }) =>
      html`<tr><th scope="row" title="${meaningOf(metric)}">${metric}</th><td class="text">${segment}</td>${cells.map(
        (cell) => html`<td>${formatFigure(cell?.mean)}${spreadOf(cell)}</td>`,
      )}</tr>`,
  )}</tbody></table></div>`;
}

/** What happened on the way, what the figures do not say, and the command that makes them again. */
export const limitsSection = (figures: Figures): Html => html`<div class="columns">
<section aria-labelledby="limits"><h2 id="limits">What this run cannot tell</h2>${list(limitsOf(figures))}</section>
${
  figures.manifest.notes.length > 0 &&
  html`<section aria-labelledby="notes"><h2 id="notes">Notes of the run</h2>${list(figures.manifest.notes)}</section>`
}
</div>
<section aria-labelledby="repeat"><h2 id="repeat">How to repeat it</h2>
<pre tabindex="0"><code>${repeatCommand(figures.manifest)}</code></pre>
<p class="quiet">The same seed gives the same digests on the same machine, whatever the number of threads; times differ.</p></section>`;

const list = (items: readonly string[]): Html =>
  html`<ul class="plain">${items.map((item) => html`<li>${item}</li>`)}</ul>`;

/** Conditions, digests and the resolved scenario. */
export function conditionsSection(figures: Figures): Html {
  const { manifest } = figures;
  const digests = digestsOf(manifest);
  return html`<section aria-labelledby="conditions"><h2 id="conditions">Conditions</h2>
<dl>${factsOf(figures).map(([what, value]) => html`<dt>${what}</dt><dd>${value}</dd>`)}</dl>
${
  digests.length > 0 &&
  html`<details><summary>${plural(digests.length, 'digest')} (SHA-256)</summary><div class="scroll" tabindex="0" role="region" aria-label="Digests"><table>
<thead><tr><th scope="col" class="text">of</th><th scope="col" class="text">digest</th></tr></thead>
<tbody>${digests.map(([what, hash]) => html`<tr><th scope="row">${what}</th><td class="hash">${hash}</td></tr>`)}</tbody></table></div></details>`
}
<details><summary>Resolved scenario</summary><pre tabindex="0"><code>${JSON.stringify(manifest.scenario, null, 2)}</code></pre></details>
</section>`;
}
