import { boundNames } from './bounds.ts';
import { isFigure, plural } from './format.ts';
import { compareMetrics } from './metrics.ts';
import type { Manifest, Run, SummaryRow } from './read-run.ts';
import type { Sizing } from './sizing-file.ts';

/** Which figure: one arm (or bound) of one family, in one segment. */
export interface FigureKey {
  readonly arm: string;
  readonly family: string;
  readonly segment: string;
  readonly metric: string;
}

/** A figure at one place of a curve, over the worlds that have it. */
export interface Point {
  /** A day, or what else the curve runs along. */
  readonly x: number;
  readonly mean: number;
  /** Lowest and highest world; equal to the mean for one world. */
  readonly lowest: number;
  readonly highest: number;
  /** How many counted, summed over worlds; null when the run does not say. */
  readonly n: number | null;
}

/** The figures of a run, found by key. Nothing is computed here but means over worlds and days. */
export interface Figures {
  readonly manifest: Manifest;
  /** Where caches were compared. */
  readonly sizing: Sizing | undefined;
  /** In the manifest's order, then those that only the figures name. */
  readonly arms: readonly string[];
  /** Those that were scored: nobody can be handed the true sound where nobody listens. */
  readonly bounds: readonly string[];
  readonly families: readonly string[];
  readonly metrics: readonly string[];
  /** Days that have at least one figure, ascending. */
  readonly days: readonly number[];
  /** Mean over measured days and worlds as the run states it. */
  summary(key: FigureKey): SummaryRow | undefined;
  /** The days that have the figure, ascending. */
  curve(key: FigureKey): readonly Point[];
  /** The hours of the day that have the figure, ascending; empty where lists are scored once a day. */
  byHour(key: FigureKey): readonly Point[];
  /** Mean over days for each world that has the figure. */
  byWorld(key: FigureKey): ReadonlyMap<string, number>;
}

export function figuresOf(run: Run): Figures {
  const found = new Set([...run.summary, ...run.rows].map(({ arm }) => arm));
  const bounds = unique([...run.manifest.bounds, ...boundNames]).filter(
    (name) => found.has(name) && !run.manifest.arms.includes(name),
  );
  const arms = unique([...run.manifest.arms, ...found]).filter((name) => !bounds.includes(name));
  const summary = new Map(run.summary.map((row) => [textOf(row), row]));
  const rows = groupBy(run.rows, textOf);
  const cells = (key: FigureKey): Cell[] =>
    (rows.get(textOf(key)) ?? []).flatMap(({ world, day, hour, value, n }) =>
      isFigure(value) ? [{ world, day, hour, value, n }] : [],
    );
  return {
    manifest: run.manifest,
    sizing: run.sizing,
    arms,
    bounds,
    families: unique([...run.summary, ...run.rows].map(({ family }) => family)),
    metrics: unique([...run.summary, ...run.rows].map(({ metric }) => metric)).sort(compareMetrics),
    days: unique(run.rows.flatMap(({ day }) => (day === null ? [] : [day]))).sort((a, b) => a - b),
    summary: (key) => summary.get(textOf(key)),
    curve: (key) =>
      [...groupBy(cells(key), ({ day }) => day)]
        .flatMap(([day, ofDay]) => (day === null ? [] : [pointOf(day, ofDay)]))
        .sort((a, b) => a.x - b.x),
    byHour: (key) =>
      [...groupBy(cells(key), ({ hour }) => hour)]
        .flatMap(([hour, ofHour]) => (hour === undefined ? [] : [pointOf(hour, ofHour)]))
        .sort((a, b) => a.x - b.x),
    byWorld: (key) =>
      new Map(
        [...groupBy(cells(key), ({ world }) => world)].map(([world, of]) => [world, meanOf(of.map((c) => c.value))]),
      ),
  };
}

interface Cell {
  readonly world: string;
  readonly day: number | null;
  readonly hour: number | undefined;
  readonly value: number;
  readonly n: number | null;
}

/** A world that has several figures at a place, of the hours of a day, say, counts once, as their mean. */
function pointOf(x: number, cells: readonly Cell[]): Point {
  const values = [...groupBy(cells, ({ world }) => world).values()].map((of) => meanOf(of.map(({ value }) => value)));
  const counts = cells.map(({ n }) => n).filter(isFigure);
  return {
    x,
    mean: meanOf(values),
    lowest: Math.min(...values),
    highest: Math.max(...values),
    n: counts.length === 0 ? null : counts.reduce((sum, n) => sum + n, 0),
  };
}

const textOf = ({ arm, family, segment, metric }: FigureKey): string => JSON.stringify([arm, family, segment, metric]);

const unique = <T>(values: Iterable<T>): T[] => [...new Set(values)];

export const meanOf = (values: readonly number[]): number => values.reduce((sum, x) => sum + x, 0) / values.length;

function groupBy<T, K>(values: readonly T[], keyOf: (value: T) => K): Map<K, T[]> {
  const groups = new Map<K, T[]>();
  for (const value of values) {
    const key = keyOf(value);
    const group = groups.get(key);
    if (group) group.push(value);
    else groups.set(key, [value]);
  }
  return groups;
}

/** Number of worlds behind the means of a family; 0 when the run has none. */
export const worldsOf = (figures: Figures, family: string): number =>
  Math.max(
    0,
    ...[...figures.arms, ...figures.bounds].flatMap((arm) =>
      figures.metrics.map((metric) => figures.summary({ arm, family, segment: 'all', metric })?.worlds ?? 0),
    ),
  );

/** What the means of a family are taken over: `means over 12 measured days and 3 worlds`. */
export function basisOf(figures: Figures, family: string): string {
  const days = figures.days.length === 0 ? [] : [plural(figures.days.length, 'measured day')];
  return `means over ${[...days, plural(worldsOf(figures, family), 'world')].join(' and ')}`;
}
