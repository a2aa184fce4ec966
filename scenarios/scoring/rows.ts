import { mean } from 'simple-statistics';
import { meanInterval } from '../../reports/stats/student.ts';
import type { Segment } from '../schema.ts';

/** One measured figure of one arm (or bound) in one world. */
export interface MetricRow {
  readonly arm: string;
  readonly world: string;
  readonly family: string;
  /** The simulated day, or null for a figure of the whole run. */
  readonly day: number | null;
  /** Hours since midnight, where lists are scored more than once a day. */
  readonly hour?: number;
  readonly segment: Segment;
  readonly metric: string;
  readonly value: number;
  /** How many listeners, tracks or events the value is a mean over. */
  readonly n: number;
}

/** The mean of one metric over the worlds of a family; each world counts once, as the mean of its measured days. */
export interface SummaryRow {
  readonly arm: string;
  readonly family: string;
  readonly segment: Segment;
  readonly metric: string;
  readonly mean: number;
  /** Ends of the 95 % interval over worlds; null for one world. */
  readonly low: number | null;
  readonly high: number | null;
  readonly worlds: number;
}

/** What a scorer hands to its caller: a figure that does not yet know whose it is. */
export interface Figure {
  readonly segment: Segment;
  readonly metric: string;
  readonly value: number;
  readonly n: number;
}

/** Means per world, then over worlds, in order of first appearance. */
export function summarise(rows: readonly MetricRow[]): SummaryRow[] {
  const groups = new Map<string, { first: MetricRow; worlds: Map<string, number[]> }>();
  for (const row of rows) {
    const key = JSON.stringify([row.arm, row.family, row.segment, row.metric]);
    const group = groups.get(key) ?? { first: row, worlds: new Map<string, number[]>() };
    groups.set(key, group);
    const values = group.worlds.get(row.world) ?? [];
    group.worlds.set(row.world, values);
    values.push(row.value);
  }
  return [...groups.values()].map(({ first, worlds }) => {
    const means = [...worlds.values()].map((values) => mean(values));
    return {
      arm: first.arm,
      family: first.family,
      segment: first.segment,
      metric: first.metric,
      mean: mean(means),
      ...meanInterval(means),
      worlds: means.length,
    };
  });
}
