import type { PlainTable } from '../plain-table.ts';
import { type Html, html } from './html.ts';

export const plainTable = ({ title, note, header, rows, textColumns }: PlainTable): Html => {
  const kind = (column: number): string => (column < textColumns ? 'text' : '');
  return html`<h3>${title}</h3>
${note !== '' && html`<p class="quiet">${note}</p>`}
<div class="scroll" tabindex="0" role="region" aria-label="${title}"><table>
<thead><tr>${header.map((cell, i) => html`<th scope="col" class="${kind(i)}">${cell}</th>`)}</tr></thead>
<tbody>${rows.map(
    (row) => html`<tr>${row.map((cell, i) => html`<td class="${kind(i)}">${cell}</td>`)}</tr>`,
  )}</tbody></table></div>`;
};
