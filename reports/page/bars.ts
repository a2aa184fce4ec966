import { unaccounted } from '../cost.ts';
import { type Html, html } from './html.ts';

/** Paul Tol's light scheme and two more; told apart with every kind of colour vision, outlined, the same in both schemes. */
const fills = [
  '#77aadd',
  '#ee8866',
  '#44bb99',
  '#eedd88',
  '#ffaabb',
  '#bbcc33',
  '#99ddff',
  '#aaaa00',
  '#c9b3e6',
  '#c7a27c',
];

/** The fill of a stage by its place; what no stage accounts for is grey. */
export const fillOf = (stage: string, stages: readonly string[]): string =>
  stage === unaccounted ? '#dddddd' : (fills[Math.max(0, stages.indexOf(stage)) % fills.length] ?? '#dddddd');

export interface BarPart {
  readonly name: string;
  readonly fill: string;
  readonly value: number;
  readonly text: string;
}

/**
 * One horizontal bar, stacked from its parts, on a scale where `full` fills the width. It holds no text, so it can be
 * stretched to any width; names and figures stand beside it.
 */
export function stackedBar(id: string, title: string, parts: readonly BarPart[], full: number): Html {
  const scale = full > 0 ? 1000 / full : 0;
  let x = 0;
  const rects = parts.map(({ name, fill, value, text }) => {
    const from = x;
    x += value * scale;
    return html`<rect x="${from.toFixed(1)}" y="0" width="${(x - from).toFixed(1)}" height="20" fill="${fill}"><title>${name}: ${text}</title></rect>`;
  });
  const spoken = parts.map(({ name, text }) => `${name} ${text}`).join(', ');
  return html`<svg class="bar" viewBox="0 0 1000 20" preserveAspectRatio="none" role="img" aria-labelledby="${id}-t ${id}-d"><title id="${id}-t">${title}</title><desc id="${id}-d">${spoken}</desc>${rects}</svg>`;
}

/** The fill of a stage, for a table that serves as legend. */
export const swatch = (fill: string): Html =>
  html`<svg class="swatch" viewBox="0 0 10 10" width="10" height="10" aria-hidden="true"><rect width="10" height="10" fill="${fill}"/></svg>`;
