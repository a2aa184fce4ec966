import { plural } from '../../../reports/format.ts';
import { formatAmount } from '../../units.ts';
import { barePages, type CacheLayout, packed30, pages, stringsOf, u64Strings } from '../cache-layouts.ts';
import type { Inputs } from '../inputs.ts';
import { daysPerYear, type Limit, type Line } from '../line.ts';
import { budgetName, bytesInRedis, memoryBudget, nominalBytes } from '../memory-budget.ts';
import { plannedLists, type ShardedLists, shardsNeeded } from '../shards.ts';

type ListsOf = (inputs: Inputs) => ShardedLists;

/** One generation of everybody's lists, overwritten in place. */
const inPlace =
  (layout: CacheLayout): ListsOf =>
  ({ listeners }) => ({ layout, lists: listeners, generations: 1 });

const trueBytes = (inputs: Inputs): number => bytesInRedis({ ...plannedLists(inputs), generations: 1 }, inputs);

/** The memory that there is, if ids are wide enough at all. More can always be bought: a line says how much. */
function budget(listsOf: ListsOf): Limit {
  const fits = (inputs: Inputs): boolean => inputs.tracks <= listsOf(inputs).layout.packing.largestId + 1;
  return {
    name: (inputs) => (fits(inputs) ? budgetName(inputs) : `id width of ${listsOf(inputs).layout.packing.name}`),
    side: 'most',
    bound: (inputs) => (fits(inputs) ? memoryBudget(inputs) : 0),
    remedy: (inputs) => {
      if (!fits(inputs)) return 'wider ids';
      const lists = listsOf(inputs);
      if (inputs.shards > 0) return plural(shardsNeeded(lists, inputs), 'shard');
      return `${formatAmount(bytesInRedis(lists, inputs), 'B')} reckoned with`;
    },
  };
}

const closedForm =
  'U · (class(value + header + 1) + class(key + header + 1) + 16 + 32) + 8 · 2^⌈log₂ U⌉; class: of jemalloc; value: ids and 9 B of stamp and check; header: 1 to 9 B of a Redis string';

const cacheBytes = (id: string, about: string, listsOf: ListsOf, rest: Partial<Line> = {}): Line => ({
  ...{ question: 3, unit: 'B', formula: closedForm },
  value: (inputs) => bytesInRedis(listsOf(inputs), inputs),
  limit: budget(listsOf),
  ...rest,
  id: `cacheBytes.${id}`,
  about,
});

/**
 * Questions 1 to 3 and 19: bytes of all lists, on one server that holds nothing else or over the shards that there are, and how
 * long ids last.
 */
export const cacheLines: readonly Line[] = [
  {
    id: 'cacheBytes.nominal',
    question: 1,
    about: 'ids alone, as nominally planned',
    unit: 'B',
    formula: 'U · K · bits / 8',
    value: nominalBytes,
    note: 'GB are 10⁹ bytes; in GiB the number is 7 % smaller',
    limit: {
      name: 'what Redis takes for it, where no shards are given',
      side: 'least',
      // Where shards are given, nobody buys memory by this figure.
      bound: (inputs) => (inputs.shards > 0 ? Number.NEGATIVE_INFINITY : trueBytes(inputs)),
      remedy: (inputs) => `${formatAmount(trueBytes(inputs), 'B')} reckoned with in its place`,
    },
  },
  cacheBytes('u64', 'a value of 64-bit ids for each listener, as Redis 7 and 8 keep it', inPlace(u64Strings), {
    question: 2,
    isAlternative: true,
  }),
  cacheBytes(
    'u64Expiring',
    'the same with an expiry on every key',
    inPlace(stringsOf(u64Strings.packing, { expires: true })),
    {
      question: 2,
      formula: `${closedForm}, and for the expiry 32 U + 8 · 2^⌈log₂ U⌉ more`,
      isAlternative: true,
    },
  ),
  cacheBytes('planned', 'lists as planned at the peak of a refresh, all generations side by side', plannedLists, {
    question: 2,
    formula:
      'cacheBytes.u64 for ids of the planned width and generations · U lists; where shards are given, S · bytes(⌈generations · U / S⌉), so for every layout',
  }),
  cacheBytes('packed30', 'ids of 30 bits, a value each', inPlace(packed30), { isAlternative: true }),
  cacheBytes('pages', 'ids of 27 bits in pages of 478 lists (of 200), each with stamp and check', inPlace(pages), {
    isAlternative: true,
    formula: '⌈U / slots⌉ · (class(page) + class(key) + 16 + 32) + table, slots = ⌊327,669 / (10 + ⌈27 K / 8⌉)⌋',
    note: 'without the 10 bytes of stamp and check it is cacheBytes.pagesBare',
  }),
  cacheBytes('pagesBare', 'the same without stamp and check, 485 lists (of 200) to a page', inPlace(barePages), {
    isAlternative: true,
    formula: '⌈U / slots⌉ · (class(page) + class(key) + 16 + 32) + table, slots = ⌊327,670 / ⌈27 K / 8⌉⌋',
    note: 'a torn list would go unnoticed: not what engine/cache writes',
  }),
  {
    id: 'cacheBytes.bound',
    question: 3,
    about: 'what no code of ordered, different ids goes below',
    unit: 'B',
    formula: 'U · log₂(I! / (I − K)!) / 8',
    value: orderedListBytes,
    limit: {
      name: budgetName,
      side: 'most',
      bound: memoryBudget,
      remedy: (inputs) => `more than ${formatAmount(orderedListBytes(inputs), 'B')}`,
    },
    isAlternative: true,
  },
  ...([27, 30] as const).map(
    (bits): Line => ({
      id: `ids.years${bits}`,
      question: 19,
      about: `years until ids of ${bits} bits run out`,
      unit: 'years',
      formula: '(2^bits − I) / (releases a day · 365)',
      value: (inputs) => yearsLeft(2 ** bits, inputs),
      limit: {
        name: `id width of ${bits} bits`,
        side: 'least',
        bound: ({ horizonMonths }) => horizonMonths / 12,
        remedy: () => (bits === 27 ? 'ids of 30 bits' : 'ids of 32 bits'),
      },
      isAlternative: true,
    }),
  ),
];

/** Years until so many ids are used up; with no releases never, or for ever too many already. */
function yearsLeft(ids: number, { tracks, releasesPerDay }: Inputs): number {
  const left = ids - tracks;
  if (releasesPerDay === 0) return left >= 0 ? Number.POSITIVE_INFINITY : Number.NEGATIVE_INFINITY;
  return left / (releasesPerDay * daysPerYear);
}

function orderedListBytes({ listeners, tracks, slate }: Inputs): number {
  return (listeners * orderedListBits(tracks, slate)) / 8;
}

/** log₂ of the number of ordered lists of `length` different ids among `tracks`. */
function orderedListBits(tracks: number, length: number): number {
  let bits = 0;
  for (let i = 0; i < Math.min(length, tracks); i++) bits += Math.log2(tracks - i);
  return bits;
}
