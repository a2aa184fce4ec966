import { formatFigure } from '../../reports/format.ts';
import { formatAmount } from '../units.ts';
import type { CacheAlternative, RetrievalAlternative } from './alternatives.ts';
import type { RateFit } from './bench-rates.ts';
import { flagOf, unitOf } from './inputs.ts';
import type { Answer, NamedSwing, Plan, PlanLine } from './plan.ts';

/** A part of a plan as a table: the same cells for a terminal and for Markdown. */
export interface PlanTable {
  readonly title: string;
  readonly header: readonly string[];
  readonly rows: readonly (readonly string[])[];
  readonly remark?: string;
}

/** The short answer: does the plan hold, what binds, and what is the cheapest that holds. One sentence each. */
export function answerText({ verdict, binding, cache, redis, retrieval }: Answer): string[] {
  return [
    binding === undefined
      ? 'As nominally planned the plan holds.'
      : `As nominally planned the plan ${verdict === 'holds with' ? 'holds only with changes' : 'does not hold'}. What binds most: ${binding.bindingConstraint} (${binding.id}: ${formatAmount(binding.value, binding.unit)}, ${timesText(binding.load ?? 0)} the ${formatAmount(binding.bound ?? 0, binding.unit)} there are).`,
    cache === undefined
      ? 'No way of keeping the lists holds.'
      : `The cheapest cache that holds: ${cache.name}, ${formatAmount(cache.bytes, 'B')}, ${formatAmount(cache.dollarsPerMonth, '$/month')}${redis === cache ? '' : redis === undefined ? '; none in Redis' : `; in Redis: ${redis.name}, ${formatAmount(redis.bytes, 'B')}, ${formatAmount(redis.dollarsPerMonth, '$/month')}`}.`,
    retrieval === undefined
      ? 'No way of finding the lists holds.'
      : `The cheapest retrieval that holds: ${retrieval.name}, ${formatAmount(retrieval.hours, 'h')} of a refresh of ${formatAmount(retrieval.refreshHours, 'h')}, recall ${formatFigure(retrieval.recall)}, ${formatAmount(retrieval.dollarsPerMonth, '$/month')}.`,
  ];
}

const timesText = (load: number): string => (Number.isFinite(load) ? `${formatFigure(load)} times` : 'beyond');

/** All tables of a plan, in the order in which they are read. */
export const planTables = (plan: Plan): readonly PlanTable[] => [
  linesTable(plan.lines),
  cacheTable(plan.alternatives.cache),
  retrievalTable(plan.alternatives.retrieval),
  sensitivityTable(plan.sensitivity),
  ...(plan.fits.length > 0 ? [fitsTable(plan.fits)] : []),
];

const linesTable = (lines: readonly PlanLine[]): PlanTable => ({
  title: 'Lines',
  header: ['', 'line', 'value', 'low to high', 'provenance', 'verdict', 'what binds'],
  rows: lines.map((line) => [
    String(line.number),
    line.id,
    formatAmount(line.value, line.unit),
    line.low === line.high ? '' : `${formatAmount(line.low, line.unit)} to ${formatAmount(line.high, line.unit)}`,
    line.provenance,
    verdictText(line),
    bindingText(line),
  ]),
  remark:
    'Intervals are from the ranges of inputs that nobody gave; --json names them, each formula, and what each line is sensitive to.',
});

/** "holds with 65 shards", "holds, not at worst". */
export function verdictText({ verdict, remedy, holdsAtWorst = true }: PlanLine): string {
  if (verdict === 'holds with' && remedy !== undefined) return `holds with ${remedy}`;
  return verdict === 'holds' && !holdsAtWorst ? 'holds, not at worst' : verdict;
}

const bindingText = ({ bindingConstraint, bound, load, unit }: PlanLine): string =>
  bindingConstraint === undefined || bound === undefined || !Number.isFinite(bound)
    ? ''
    : `${bindingConstraint}: ${formatAmount(bound, unit)}${Number.isFinite(load) ? `, load ${formatFigure(load)}` : ''}`;

const cacheTable = (alternatives: readonly CacheAlternative[]): PlanTable => ({
  title: 'Ways of keeping the lists',
  header: ['', 'bytes at the peak', 'shards', 'at the horizon', 'dollars a month', 'hit rate', 'verdict'],
  rows: alternatives.map((one) => [
    one.name,
    formatAmount(one.bytes, 'B'),
    `${one.shards}${one.id === 'flatFile' ? ' drives' : ''}`,
    String(one.shardsAtHorizon),
    `$${formatFigure(one.dollarsPerMonth)}`,
    formatFigure(one.hitRate),
    heldText(one),
  ]),
  remark:
    'Shards without their replicas, dollars with them; a file costs its whole drives here, not the hosts that they are in. Dollars are of the shards that each way needs. A cache holds where its ids last and its bytes fit the shards that are given; where none are, within the nominal bytes, which are what the plan itself claims.',
});

const retrievalTable = (alternatives: readonly RetrievalAlternative[]): PlanTable => ({
  title: 'Ways of finding the lists',
  header: ['', 'FLOP', 'hours', 'whole refresh', 'dollars a month', 'recall', 'verdict'],
  rows: alternatives.map((one) => [
    one.name,
    formatAmount(one.flops, 'FLOP'),
    formatAmount(one.hours, 'h'),
    formatAmount(one.refreshHours, 'h'),
    `$${formatFigure(one.dollarsPerMonth)}`,
    formatFigure(one.recall),
    heldText(one),
  ]),
});

const heldText = ({
  holds,
  bindingConstraint,
}: {
  readonly holds: boolean;
  readonly bindingConstraint?: string;
}): string => (holds ? 'holds' : `does not hold: ${bindingConstraint}`);

const sensitivityTable = (swings: readonly NamedSwing[]): PlanTable => ({
  title: 'What the plan is most sensitive to',
  header: ['input', 'from', 'to', 'moves', 'from', 'to'],
  rows: swings.map(({ input, from, to, line, low, high, ...rest }) => [
    flagOf(input),
    formatAmount(from, unitOf(input)),
    formatAmount(to, unitOf(input)),
    line,
    formatAmount(low, rest.unit),
    formatAmount(high, rest.unit),
  ]),
});

const fitsTable = (fits: readonly RateFit[]): PlanTable => ({
  title: 'Times measured by bench',
  header: ['figure', 'n', 'sizes', 'fit', 'held out', 'at the plan'],
  rows: fits.map(({ what, n, points, fit, plan }) => [
    what,
    n,
    `${points.length}, to ${Math.max(...points.map((point) => point.n)).toPrecision(3)}`,
    fit?.form ?? 'none',
    (fit?.heldOut ?? []).map(({ n, error }) => `${n.toPrecision(2)}: ${(100 * error).toFixed(1)} %`).join(', '),
    plan.predicted === undefined
      ? `refused: ${plan.refused ?? ''}`
      : `${formatAmount(plan.predicted.seconds, 's')} (${formatAmount(plan.predicted.low, 's')} to ${formatAmount(plan.predicted.high, 's')})`,
  ]),
});
