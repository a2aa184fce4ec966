import { formatAmount } from '../../units.ts';
import { barePages, type CacheLayout, packed30, pages, stringsOf, u64Strings } from '../cache-layouts.ts';
import type { Inputs } from '../inputs.ts';
import { daysPerYear, type Limit, type Line } from '../line.ts';
import { plannedLayout } from '../shards.ts';

/** What the plan reckons with: U · K · bits / 8. */
export const nominalBytes = ({ listeners, slate, idBits }: Inputs): number => (listeners * slate * idBits) / 8;

const trueBytes = (inputs: Inputs): number => plannedLayout(inputs).bytesOf(inputs.listeners, inputs);

/** The memory of the nominal plan, if ids are wide enough at all. More can always be bought: a line says how much. */
function budget(bytesOf: Line['value'], { packing }: CacheLayout): Limit {
  const fits = ({ tracks }: Inputs): boolean => tracks <= packing.largestId + 1;
  return {
    name: (inputs) => (fits(inputs) ? 'memory that the plan reckons with' : `id width of ${packing.name}`),
    side: 'most',
    bound: (inputs) => (fits(inputs) ? nominalBytes(inputs) : 0),
    remedy: (inputs) => (fits(inputs) ? `${formatAmount(bytesOf(inputs), 'B')} reckoned with` : 'wider ids'),
  };
}

const closedForm =
  'U · (class(value + header + 1) + class(key + header + 1) + 16 + 32) + 8 · 2^⌈log₂ U⌉, class: jemalloc';

function cacheBytes(id: string, about: string, layout: CacheLayout, rest: Partial<Line> = {}): Line {
  const { value = (inputs: Inputs) => layout.bytesOf(inputs.listeners, inputs) } = rest;
  const line = { question: 3, unit: 'B', formula: closedForm, ...rest } as const;
  return { ...line, id: `cacheBytes.${id}`, about, value, limit: budget(value, layout) };
}

/** Questions 1 to 3 and 19: bytes of all lists on one server that holds nothing else, and how long ids last. */
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
      name: 'what Redis takes for it',
      side: 'least',
      bound: trueBytes,
      remedy: (inputs) => `${formatAmount(trueBytes(inputs), 'B')} reckoned with in its place`,
    },
  },
  cacheBytes('u64', 'a value of 64-bit ids for each listener, as Redis 7 and 8 keep it', u64Strings, { question: 2 }),
  cacheBytes('u64Expiring', 'the same with an expiry on every key', stringsOf(u64Strings.packing, { expires: true }), {
    question: 2,
    formula: `${closedForm}, and for the expiry 32 U + 8 · 2^⌈log₂ U⌉ more`,
    isAlternative: true,
  }),
  cacheBytes('planned', 'lists as planned at the peak of a refresh, all generations side by side', u64Strings, {
    question: 2,
    formula: 'cacheBytes.u64 for ids of the planned width and generations · U lists',
    value: (inputs) => plannedLayout(inputs).bytesOf(inputs.generations * inputs.listeners, inputs),
  }),
  cacheBytes('packed30', 'ids of 30 bits, a value each', packed30, { isAlternative: true }),
  cacheBytes('pages', 'ids of 27 bits in pages of 478 lists (of 200), each with stamp and check', pages, {
    isAlternative: true,
    formula: '⌈U / slots⌉ · (class(page) + class(key) + 16 + 32) + table, slots = ⌊327,669 / (10 + ⌈27 K / 8⌉)⌋',
    note: 'without the 10 bytes of stamp and check it is cacheBytes.pagesBare',
  }),
  cacheBytes('pagesBare', 'the same without stamp and check, 485 lists (of 200) to a page', barePages, {
    isAlternative: true,
    formula: '⌈U / slots⌉ · (class(page) + class(key) + 16 + 32) + table, slots = ⌊327,670 / ⌈27 K / 8⌉⌋',
    note: 'a torn list would go unnoticed: not what engine/cache writes',
  }),
  cacheBytes('bound', 'what no code of ordered, different ids goes below', packed30, {
    isAlternative: true,
    formula: 'U · log₂(I! / (I − K)!) / 8',
    value: ({ listeners, tracks, slate }) => (listeners * orderedListBits(tracks, slate)) / 8,
  }),
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

/** log₂ of the number of ordered lists of `length` different ids among `tracks`. */
function orderedListBits(tracks: number, length: number): number {
  let bits = 0;
  for (let i = 0; i < Math.min(length, tracks); i++) bits += Math.log2(tracks - i);
  return bits;
}
