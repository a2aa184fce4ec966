import { formatFigure, plural } from './format.ts';
import type { PlainTable } from './plain-table.ts';
import type { SizedPlan, Sizing } from './sizing-file.ts';

export const sizingTitle = 'How much cache';

const percent = (share: number): string => `${formatFigure(100 * share)} %`;

/** In words, for those who make lists beforehand. */
export const windowOf = ({ activeDays }: Pick<SizedPlan, 'activeDays'>): string =>
  activeDays === null ? 'everyone' : plural(activeDays, 'day');

/** What the figures are made from, each a sentence; measured, derived and assumed apart. */
export function sizingBasis({ listeners, days, reads, options }: Sizing): string[] {
  const catalogue =
    options.catalogue === undefined ? 'of the run' : `of ${formatFigure(options.catalogue)} tracks (assumed)`;
  return [
    `Measured: ${formatFigure(reads)} reads of ${formatFigure(listeners)} listeners, counted on ${plural(days, 'day')}; what is left of lists of each age, scored against true taste. Listening is that of the run, whatever the plan.`,
    `Derived: bytes by the closed form of Redis (30-bit ids in strings that expire, 27-bit ids in pages that hold everybody), operations from the sizes of the run, lists scored over a catalogue ${catalogue}.`,
    `Assumed: ${options.dollarsPerGigabyteHour} $ for a gigabyte and hour, ${options.dollarsPerCoreHour} $ for a core and hour, ${options.gigaflopsPerCore} GFLOP/s a core. An entry expires at ${options.expiryPeriods} refresh periods, and is stale after one.`,
    `Enjoyment: 1 − regret@50 of what is left of the list, mean over reads; a miss is served with a list made for it, whose delay costs nothing here: plans by which fewer than ${percent(options.leastHitRate)} of reads find a list are left out of frontier and chart, since theirs are fresh because they are late.`,
  ];
}

/** A plan is as good as any when it loses no more of what always fresh lists would be enjoyed. */
const worthLosing = 0.01;

/** Plans that find lists often enough. */
export const comparable = ({ plans, options }: Sizing): readonly SizedPlan[] =>
  plans.filter(({ hitRate }) => hitRate >= options.leastHitRate);

const lostShare = ({ enjoyment, enjoymentLost }: SizedPlan): number => enjoymentLost / (enjoyment + enjoymentLost);

/** The cheapest plan that loses next to nothing, beside the usual one. */
export function sizingAnswer(sizing: Sizing): { readonly headline: string; readonly remarks: readonly string[] } {
  const costOf = (plan: SizedPlan): string =>
    `$ ${formatFigure(plan.dollars)} a day for a million listeners and ${formatFigure(plan.bytes)} B for each`;
  const inWords = (plan: SizedPlan): string =>
    `lists of ${plan.length}, made every ${plan.refreshHours} h for ${plan.activeDays === null ? 'everyone' : `those who listened in the last ${windowOf(plan)}`}, room for ${percent(plan.capacity)} of listeners`;
  const good = comparable(sizing).filter((plan) => lostShare(plan) <= worthLosing);
  const atHand = `and to have a list at hand for ${formatFigure(100 * sizing.options.leastHitRate)} % of reads`;
  const cheapest = good.reduce<SizedPlan | undefined>(
    (best, plan) => (best === undefined || plan.dollars < best.dollars ? plan : best),
    undefined,
  );
  const usual = usualPlan(sizing);
  return {
    headline: cheapest
      ? `To lose at most ${100 * worthLosing} % of what always fresh lists would be enjoyed, ${atHand}, takes ${costOf(cheapest)}: ${inWords(cheapest)}.`
      : `No plan loses at most ${100 * worthLosing} % of what always fresh lists would be enjoyed and has one at hand for ${formatFigure(100 * sizing.options.leastHitRate)} % of reads.`,
    remarks: [
      ...(usual
        ? [`The usual plan takes ${costOf(usual)}, and loses ${percent(lostShare(usual))}: ${inWords(usual)}.`]
        : []),
      'Prices are assumed, and one run is one draw: see the basis below.',
    ],
  };
}

const columns: readonly (readonly [string, (plan: SizedPlan) => string])[] = [
  ['hit', ({ hitRate }) => percent(hitRate)],
  ['stale', ({ staleHitRate }) => percent(staleHitRate)],
  ['enjoyment', ({ enjoyment }) => formatFigure(enjoyment)],
  ['lost', ({ enjoymentLost }) => formatFigure(enjoymentLost)],
  ['oracleRecall@50', ({ recall }) => formatFigure(recall)],
  ['B a listener', ({ bytes }) => formatFigure(bytes)],
  ['nominal B', ({ nominalBytes }) => formatFigure(nominalBytes)],
  ['lists a day', ({ listsWritten }) => formatFigure(listsWritten)],
  ['made on a miss', ({ listsMissed }) => formatFigure(listsMissed)],
  ['flop a day', ({ flops }) => formatFigure(flops)],
  ['$ a million', ({ dollars }) => formatFigure(dollars)],
];
const dials: readonly (readonly [string, (plan: SizedPlan) => string])[] = [
  ['made beforehand for', windowOf],
  ['hours', ({ refreshHours }) => String(refreshHours)],
  ['holds', ({ capacity }) => percent(capacity)],
  ['tracks', ({ length }) => String(length)],
  ['layout', ({ layout }) => layout],
];

const planTable = (title: string, note: string, plans: readonly SizedPlan[], shown = columns): PlainTable => ({
  title,
  note,
  header: [...dials, ...shown].map(([name]) => name),
  rows: plans.map((plan) => [...dials, ...shown].map(([, of]) => of(plan))),
  textColumns: dials.length,
});

const fewColumns = ['hit', 'stale', 'enjoyment', 'B a listener', '$ a million'];

/** The frontier in few columns, for a terminal. */
export const shortFrontier = ({ frontier }: Sizing): PlainTable =>
  planTable(
    'Caches that nothing cheaper equals',
    '',
    thinned(frontier),
    columns.filter(([name]) => fewColumns.includes(name)),
  );

/** The plan that others are varied from: a list of full length for everyone, every night, where there is one. */
function usualPlan({ plans }: Sizing): SizedPlan | undefined {
  const longest = Math.max(...plans.map(({ length }) => length));
  const largest = Math.max(...plans.map(({ capacity }) => capacity));
  return plans.find(
    ({ layout, activeDays, refreshHours, capacity, length }) =>
      layout === 'strings' && activeDays === null && refreshHours === 24 && capacity === largest && length === longest,
  );
}

const dialNames = ['activeDays', 'refreshHours', 'capacity', 'length', 'layout'] as const;
type DialName = (typeof dialNames)[number];

/** Plans that differ from the usual one in this dial at most. */
function varied(sizing: Sizing, dial: DialName): SizedPlan[] {
  const usual = usualPlan(sizing);
  if (!usual) return [];
  const others = dialNames.filter((name) => name !== dial);
  return sizing.plans.filter((plan) => others.every((name) => plan[name] === usual[name]));
}

const leastGain = 0.0005;

/** The first plan, and each that is worth more by so much than the last one shown. */
function thinned(frontier: readonly SizedPlan[]): SizedPlan[] {
  let last = Number.NEGATIVE_INFINITY;
  return frontier.filter(({ enjoyment }) => {
    if (enjoyment < last + leastGain) return false;
    last = enjoyment;
    return true;
  });
}

/** The tables of a sizing, most important first. */
export function sizingTables(sizing: Sizing): PlainTable[] {
  const usual = usualPlan(sizing);
  const base = usual
    ? `The others stay at: everyone, ${usual.refreshHours} h, room for ${percent(usual.capacity)}, ${usual.length} tracks, strings.`
    : '';
  const table = (title: string, dial: DialName): PlainTable => planTable(title, base, varied(sizing, dial));
  return [
    planTable(
      'The frontier',
      `Plans that nothing cheaper equals, of those that find a list for ${percent(sizing.options.leastHitRate)} of reads, cheapest first; those that gain less than ${leastGain} over the one above are left out.`,
      thinned(sizing.frontier),
    ),
    table('By who has a list made beforehand', 'activeDays'),
    table('By refresh period', 'refreshHours'),
    table('By cache size', 'capacity'),
    table('By list length', 'length'),
    worthTable(sizing),
    policyTable(sizing),
  ].filter(({ rows }) => rows.length > 0);
}

const worthTable = ({ worth }: Sizing): PlainTable => ({
  title: 'What is left of a list',
  note: 'Enjoyment of the 50 best tracks left, by the age of the list in hours.',
  header: ['tracks', ...(worth[0]?.byAge ?? []).map(({ ageHours }) => `${ageHours} h`), 'made on a miss'],
  rows: worth.map(({ length, byAge, onMiss }) => [
    String(length),
    ...byAge.map(({ enjoyment }) => formatFigure(enjoyment)),
    formatFigure(onMiss.enjoyment),
  ]),
  textColumns: 1,
});

function policyTable({ policies, curve }: Sizing): PlainTable {
  const names = [...new Set(policies.map(({ policy }) => policy))];
  const at = (policy: string, share: number): number | undefined =>
    policies.find((row) => row.policy === policy && row.share === share)?.hits;
  return {
    title: 'Policies side by side',
    note: 'Hit rate where lists are made on misses only and never expire, by the share of listeners that the cache holds. belady knows the future; the last two rows are LRU by stack distances and by SHARDS.',
    header: ['policy', ...curve.map(({ share }) => percent(share))],
    rows: [
      ...names.map((name) => [name, ...curve.map(({ share }) => formatFigure(at(name, share)))]),
      ['LRU, exact', ...curve.map(({ exact }) => formatFigure(1 - exact))],
      ['LRU, sampled', ...curve.map(({ sampled }) => formatFigure(1 - sampled))],
    ],
    textColumns: 1,
  };
}
