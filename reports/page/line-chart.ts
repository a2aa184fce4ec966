import type { Point } from '../figures.ts';
import { formatCount, formatFigure, isFigure } from '../format.ts';
import { type Html, html } from './html.ts';
import { type Axis, axisFor, tickLabel } from './scale.ts';

/** One line of a chart. `slot` picks its colour, mark and toggle, the same in every chart of the page. */
export interface Line {
  readonly name: string;
  readonly slot: Slot;
  readonly points: readonly Point[];
}

/** Where a contender stands in the page's order: its number among all, and among arms or bounds. */
export interface Slot {
  readonly index: number;
  readonly kind: 'arm' | 'bound';
  readonly rank: number;
}

export interface LineChart {
  /** Unique in the page. */
  readonly id: string;
  readonly title: string;
  readonly caption: Html;
  /** Where the lines may have points, ascending: days, say. */
  readonly xs: readonly number[];
  /** In words: `day 3`. */
  readonly nameOf: (x: number) => string;
  readonly axis: Axis;
  readonly lines: readonly Line[];
  /** Each line has places of its own, and goes straight over those of the others; else a missing point breaks it. */
  readonly hasGaps?: boolean;
  /** What the run was made to show: twice as wide, for a `grid2`. */
  readonly isLarge?: boolean;
}

/** Size of a chart, and where in it the lines are. */
interface Frame {
  readonly width: number;
  readonly height: number;
  readonly left: number;
  readonly right: number;
  readonly top: number;
  readonly bottom: number;
}

const frameOf = (width: number, height: number): Frame => ({
  ...{ width, height },
  ...{ left: 40, right: width - 10, top: 14, bottom: height - 22 },
});
const small = frameOf(240, 150);
const large = frameOf(560, 250);

/** Colours and dashes for when the page's style sheet is blocked; the sheet overrides them. */
const plainColours = ['#0072b2', '#d55e00', '#007a5a', '#a3447e', '#7a6400', '#2f6f8f'];
const plainDashes = ['2 3', '6 2 1.5 2', '6 3'];

export const slotClass = ({ index, kind, rank }: Slot): string =>
  `s${index} ${kind === 'arm' ? `arm arm${rank % plainColours.length}` : `bound bound${rank % plainDashes.length}`}`;

/**
 * A figure along days or something else, one line per contender: arms in colour with their own mark at the end, bounds dashed and grey.
 * A missing point breaks the line. A bound far above all arms is named at the top edge instead of flattening the rest.
 */
export function lineChart(chart: LineChart): Html {
  const { id, title, xs, nameOf, axis, lines } = chart;
  const frame = chart.isLarge ? large : small;
  const { width, height } = frame;
  const across = placeOf(xs, frame);
  const y = (value: number): number =>
    round(frame.bottom - ((value - axis.low) / (axis.high - axis.low)) * (frame.bottom - frame.top));
  // Ticks are rounded: 0.1 · 3 is a hair above a tick of 0.3 and still belongs to the chart.
  const dust = 1e-6 * (axis.high - axis.low);
  const isInside = ({ points }: Line): boolean =>
    points.every(({ mean }) => mean >= axis.low - dust && mean <= axis.high + dust);
  const inside = lines.filter((line) => line.points.length > 0 && isInside(line));
  const above = lines.filter((line) => line.points.length > 0 && !isInside(line));
  // Bounds first: arms are drawn over them.
  const drawn = [...inside].sort((a, b) => Number(a.slot.kind === 'arm') - Number(b.slot.kind === 'arm'));
  return html`<figure class="chart">
<figcaption>${chart.caption}</figcaption>
<svg viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img" aria-labelledby="${id}-t ${id}-d" font-size="10.5" font-family="sans-serif">
<title id="${id}-t">${title}</title>
<desc id="${id}-d">${description(lines, nameOf)}</desc>
${gridOf(axis, y, frame)}${ticksAlong(xs, nameOf, across, frame)}
${drawn.map((line) => lineMarks(line, chart.hasGaps ? line.points.map(({ x }) => x) : xs, across, y, frame))}
${above.length > 0 && aboveNote(above, frame)}
${xs.map((_, i) => hover(chart, i, isInside, across, y, frame))}
</svg>
</figure>`;
}

const round = (value: number): number => Math.round(value * 10) / 10;

const placeOf = (xs: readonly number[], { left, right }: Frame): ((x: number) => number) => {
  const first = xs[0] ?? 0;
  const span = (xs[xs.length - 1] ?? 0) - first || 1;
  return (x) => round(left + 4 + ((x - first) / span) * (right - left - 8));
};

function gridOf(axis: Axis, y: (value: number) => number, { left: x1, right: x2 }: Frame): Html[] {
  return axis.ticks.map((tick) => {
    const at = y(tick);
    return html`<line class="grid" x1="${x1}" x2="${x2}" y1="${at}" y2="${at}" stroke="#ddd"/>
<text class="tick" x="${x1 - 5}" y="${at}" dy="0.32em" text-anchor="end">${tickLabel(tick, axis)}</text>`;
  });
}

/** A short tick for each place; the first and the last are named, in a large chart as many between them as have room. */
function ticksAlong(
  xs: readonly number[],
  nameOf: (x: number) => string,
  across: (x: number) => number,
  frame: Frame,
): Html {
  const { bottom, height } = frame;
  return html`${xs.map(
    (x) =>
      html`<line class="grid" x1="${across(x)}" x2="${across(x)}" y1="${bottom}" y2="${bottom + 3}" stroke="#ddd"/>`,
  )}${labelsAlong(xs, nameOf, across, frame === large).map(
    ({ at, text, anchor }) =>
      html`<text class="tick" x="${at}" y="${height - 6}" text-anchor="${anchor}">${text}</text>`,
  )}`;
}

interface Label {
  readonly at: number;
  readonly text: string;
  readonly anchor: 'start' | 'middle' | 'end';
}

/** Width of a character of a label, and between two labels. */
const [characterWidth, labelGap] = [6, 10];

function labelsAlong(
  xs: readonly number[],
  nameOf: (x: number) => string,
  across: (x: number) => number,
  hasRoom: boolean,
): Label[] {
  const labels = xs.map((x) => ({ at: across(x), text: nameOf(x) }));
  const [first, last] = [labels[0], labels.at(-1)];
  if (!first || !last) return [];
  if (labels.length === 1) return [{ ...first, anchor: 'start' }];
  const widthOf = ({ text }: { readonly text: string }): number => characterWidth * text.length;
  let end = first.at + widthOf(first);
  const between = labels.slice(1, -1).filter((label) => {
    const half = widthOf(label) / 2;
    const fits = label.at - half >= end + labelGap && label.at + half <= last.at - widthOf(last) - labelGap;
    if (fits) end = label.at + half;
    return hasRoom && fits;
  });
  return [
    { ...first, anchor: 'start' },
    ...between.map((label): Label => ({ ...label, anchor: 'middle' })),
    { ...last, anchor: 'end' },
  ];
}

/** Range of the worlds as a band, the mean as a line, and the contender's mark at its end. */
function lineMarks(
  { slot, points }: Line,
  xs: readonly number[],
  across: (x: number) => number,
  y: (v: number) => number,
  frame: Frame,
): Html {
  const colour = slot.kind === 'arm' ? plainColours[slot.rank % plainColours.length] : '#777';
  const dash = slot.kind === 'bound' ? plainDashes[slot.rank % plainDashes.length] : undefined;
  const last = points[points.length - 1];
  const spread = points.some(({ lowest, highest }) => highest > lowest);
  return html`<g class="${slotClass(slot)}" fill="none" stroke="${colour}">${runsOf(points, xs).map((run) => {
    const path = (of: (point: Point) => number, list = run): string =>
      list.map((point) => `${across(point.x)},${clampedY(of(point), y, frame)}`).join(' ');
    const band = `${path((p) => p.highest)} ${path((p) => p.lowest, [...run].reverse())}`;
    return html`${spread && slot.kind === 'arm' && html`<polygon class="band" points="${band}" fill="${colour}" fill-opacity="0.15" stroke="none"/>`}<polyline points="${path((p) => p.mean)}" ${dash === undefined ? '' : html`stroke-dasharray="${dash}"`}/>`;
  })}${last && slot.kind === 'arm' && mark(slot.rank, across(last.x), y(last.mean), colour ?? '#777')}</g>`;
}

/** A band may reach past an axis that was made for the means of the arms. */
const clampedY = (value: number, y: (v: number) => number, { top, bottom }: Frame): number =>
  Math.min(bottom, Math.max(top, y(value)));

/** Stretches of points at neighbouring places. */
function runsOf(points: readonly Point[], xs: readonly number[]): Point[][] {
  const byPlace = new Map(points.map((point) => [point.x, point]));
  const runs: Point[][] = [[]];
  for (const x of xs) {
    const point = byPlace.get(x);
    if (point) runs[runs.length - 1]?.push(point);
    else runs.push([]);
  }
  return runs.filter((run) => run.length > 0);
}

/** The arm's mark: circle, square, triangle, diamond; so colour is never the only difference. */
export function mark(rank: number, x: number, y: number, colour: string): Html {
  const shapes = [
    html`<circle class="mark" cx="${x}" cy="${y}" r="3.4" fill="${colour}"/>`,
    html`<rect class="mark" x="${round(x - 3.1)}" y="${round(y - 3.1)}" width="6.2" height="6.2" fill="${colour}"/>`,
    html`<path class="mark" d="M${x} ${round(y - 4)}l4 7h-8z" fill="${colour}"/>`,
    html`<path class="mark" d="M${x} ${round(y - 4.4)}l4.4 4.4l-4.4 4.4l-4.4 -4.4z" fill="${colour}"/>`,
  ];
  return shapes[rank % shapes.length] ?? html``;
}

/** A sample of a contender's line, for the legend. */
export function lineSample(slot: Slot): Html {
  const colour = slot.kind === 'arm' ? (plainColours[slot.rank % plainColours.length] ?? '#777') : '#777';
  const dash = slot.kind === 'bound' ? html`stroke-dasharray="${plainDashes[slot.rank % plainDashes.length]}"` : '';
  return html`<svg class="sample" viewBox="0 0 28 12" width="28" height="12" aria-hidden="true"><g class="${
    slot.kind === 'arm' ? `arm arm${slot.rank % plainColours.length}` : `bound bound${slot.rank % plainDashes.length}`
  }" fill="none" stroke="${colour}"><polyline points="1,6 27,6" ${dash}/>${slot.kind === 'arm' && mark(slot.rank, 14, 6, colour)}</g></svg>`;
}

function aboveNote(lines: readonly Line[], { right, top }: Frame): Html {
  const texts = lines.map(({ name, points }) => `${name} ${formatFigure(points[points.length - 1]?.mean)}`);
  return html`<text class="tick" x="${right}" y="${top - 5}" text-anchor="end">↑ ${texts.join(', ')}</text>`;
}

/** A strip of the plot that answers to the pointer: the figures there as a tooltip, a guide and dots. */
function hover(
  { xs, nameOf, lines }: LineChart,
  i: number,
  isInside: (line: Line) => boolean,
  across: (x: number) => number,
  y: (v: number) => number,
  plot: Frame,
): Html {
  const x = xs[i] ?? 0;
  const left = i === 0 ? plot.left : round((across(xs[i - 1] ?? x) + across(x)) / 2);
  const right = i === xs.length - 1 ? plot.right : round((across(x) + across(xs[i + 1] ?? x)) / 2);
  const here = lines.flatMap((line) => {
    const point = line.points.find((p) => p.x === x);
    return point ? [{ line, point }] : [];
  });
  const text = here.map(({ line, point }) => `${line.name} ${formatFigure(point.mean)}${countOf(point)}`);
  return html`<g class="day"><title>${[nameOf(x), ...text].join('\n')}</title><rect x="${left}" y="${plot.top}" width="${round(right - left)}" height="${plot.bottom - plot.top}" fill="none" pointer-events="all"/><g class="guide" opacity="0" pointer-events="none"><line x1="${across(x)}" x2="${across(x)}" y1="${plot.top}" y2="${plot.bottom}" stroke="#777"/>${here
    .filter(({ line }) => isInside(line))
    .map(
      ({ line, point }) =>
        html`<circle class="${slotClass(line.slot)}" cx="${across(x)}" cy="${y(point.mean)}" r="2.6"/>`,
    )}</g></g>`;
}

const countOf = ({ n }: Point): string => (isFigure(n) ? ` (n ${formatCount(n)})` : '');

/** What a listener to the page hears instead of seeing the lines. */
const description = (lines: readonly Line[], nameOf: (x: number) => string): string =>
  lines
    .flatMap(({ name, points }) => {
      const first = points[0];
      const last = points[points.length - 1];
      if (!first || !last) return [`${name}: no figures.`];
      return [
        `${name}: ${formatFigure(first.mean)} at ${nameOf(first.x)}, ${formatFigure(last.mean)} at ${nameOf(last.x)}.`,
      ];
    })
    .join(' ');

/** How far above the best arm a bound may be and still set the scale. The oracle is 1 where arms have 0.1. */
const tallestBound = 1.6;

/** The scale that shows the arms: with their ranges over worlds, and the bounds that leave them room. */
export function axisOf(lines: readonly Line[]): Axis {
  const arms = lines.filter(({ slot }) => slot.kind === 'arm').flatMap(({ points }) => points);
  const highest = Math.max(0, ...arms.map((point) => point.highest));
  const fits = ({ points }: Line): boolean =>
    highest === 0 || points.every(({ mean }) => mean <= tallestBound * highest);
  const bounds = lines
    .filter(({ slot }) => slot.kind === 'bound')
    .filter(fits)
    .flatMap(({ points }) => points);
  return axisFor([...arms.flatMap(({ lowest, highest }) => [lowest, highest]), ...bounds.map(({ mean }) => mean)]);
}
