import { packed30 } from '../cache-layouts.ts';
import type { Inputs } from '../inputs.ts';
import { hoursPerMonth, type Line } from '../line.ts';
import { cachePrice, computePrice } from '../prices.ts';
import { plannedLists, shardsNeeded } from '../shards.ts';
import {
  alsFlops,
  annFlopsPerListener,
  exactFlops,
  hearingCoreHours,
  refreshesPerMonth,
  releasesPerRefresh,
  unitHours,
} from '../work.ts';

const refreshCoreHours = (inputs: Inputs): number =>
  unitHours(alsFlops(inputs), inputs.alsRate) +
  hearingCoreHours(releasesPerRefresh(inputs), inputs) +
  unitHours(exactFlops(inputs), inputs.retrievalRate);

/** The shards that there are are paid for, full or not; where they are too few for the plan, those that it needs. */
const plannedCache = (inputs: Inputs): number =>
  cachePrice(Math.max(inputs.shards, shardsNeeded(plannedLists(inputs), inputs)), inputs);
const plannedCompute = (inputs: Inputs): number =>
  computePrice(refreshesPerMonth(inputs) * refreshCoreHours(inputs), inputs);

/** Shards of 30-bit lists for everybody less those for the active, in dollars. */
const savedMemory = (inputs: Inputs): number => {
  const priceFor = (lists: number): number =>
    cachePrice(shardsNeeded({ layout: packed30, lists, generations: 1 }, inputs), inputs);
  return priceFor(inputs.listeners) - priceFor(inputs.listeners * inputs.activeShare);
};

/** Lists that are not made every refresh, less those made on a miss, by approximate retrieval. */
const savedCompute = (inputs: Inputs): number => {
  const notMade = refreshesPerMonth(inputs) * inputs.listeners * (1 - inputs.activeShare);
  const daysPerMonth = hoursPerMonth / 24;
  const missed = daysPerMonth * inputs.listeners * inputs.dailyActive * (1 - inputs.activeHitRate);
  return computePrice(unitHours((notMade - missed) * annFlopsPerListener(inputs), inputs.retrievalRate), inputs);
};

/** Money, for questions 4, 20 and 22. Prices are inputs, each with its day. */
export const moneyLines: readonly Line[] = [
  {
    id: 'money.cachePerMonth',
    question: 4,
    about: 'memory of the instances that there are, or of those that the lists as planned need where they are too few',
    unit: '$/month',
    formula: 'max(S, least S that holds the plan) · (1 + replicas) · GB · price · 730',
    value: plannedCache,
  },
  {
    id: 'money.computePerMonth',
    question: 20,
    about: 'cores of all refreshes, lists made exactly',
    unit: '$/month',
    formula: '730 / T · (train + hear + exact retrieval) · price',
    value: plannedCompute,
  },
  {
    id: 'money.perMonth',
    question: 20,
    about: 'cache and cores as planned',
    unit: '$/month',
    formula: 'cache + cores',
    value: (inputs) => plannedCache(inputs) + plannedCompute(inputs),
  },
  {
    id: 'activeOnly.savedPerMonth',
    question: 22,
    about: 'what is saved with lists of 30-bit ids for active listeners only, made approximately, misses at once',
    unit: '$/month',
    formula: 'memory not held + lists not made − lists made on a miss',
    value: (inputs) => savedMemory(inputs) + savedCompute(inputs),
    isAlternative: true,
    limit: { name: 'no saving', side: 'least', bound: () => 0 },
  },
];
