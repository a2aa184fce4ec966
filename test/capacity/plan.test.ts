import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { cacheAlternatives, cheapest, retrievalAlternatives } from '../../scenarios/capacity/alternatives.ts';
import { type InputName, inputNames, planInputs, valuesOf } from '../../scenarios/capacity/inputs.ts';
import { allLines } from '../../scenarios/capacity/lines/all.ts';
import { planMarkdown } from '../../scenarios/capacity/markdown.ts';
import { makePlan, type Plan, type PlanLine } from '../../scenarios/capacity/plan.ts';
import { planJson, planText } from '../../scenarios/capacity/print.ts';
import { evaluated, intervalOf, swingsOf } from '../../scenarios/capacity/sensitivity.ts';
import { verdictOf } from '../../scenarios/capacity/verdict.ts';

const plan = makePlan(planInputs({}));
const lineOf = ({ lines }: Plan, id: string): PlanLine => {
  const line = lines.find((one) => one.id === id);
  if (line === undefined) throw new Error(`no line ${id}`);
  return line;
};

describe('a plan', () => {
  it('has for every line inputs, formula, unit, provenance, an interval around the value, and a verdict', () => {
    for (const line of plan.lines) {
      const { id, value, low, high, inputs, formula, provenance, verdict } = line;
      expect(Number.isFinite(value), id).toBe(true);
      expect(low, id).toBeLessThanOrEqual(value);
      expect(high, id).toBeGreaterThanOrEqual(value);
      expect(Object.keys(inputs).length, id).toBeGreaterThan(0);
      expect(formula, id).not.toBe('');
      expect(['measured', 'derived', 'assumed']).toContain(provenance);
      expect(['holds', 'holds with', 'does not hold']).toContain(verdict);
      expect(line.bindingConstraint ?? line.decidedBy, id).toBeDefined();
    }
  });

  it('says what each line used: changing any other input changes nothing', () => {
    const inputs = planInputs({});
    const values = valuesOf(inputs);
    for (const line of allLines) {
      const used = Object.keys(lineOf(plan, line.id).inputs);
      for (const name of inputNames.filter((one) => !used.includes(one))) {
        const changed = line.value({ ...values, [name]: values[name] * 1.5 + 1 });
        expect(changed, `${line.id} by ${name}`).toBe(line.value(values));
      }
    }
  });

  it('of the nominal sizes does not hold: exact retrieval binds, pages and the flat file are cheaper', () => {
    expect(plan.answer.verdict).toBe('does not hold');
    expect(plan.answer.binding?.id).toBe('retrieval.exactHours');
    expect(plan.answer.cache?.id).toBe('flatFile');
    expect(plan.answer.redis?.id).toBe('pages');
    expect(plan.answer.retrieval?.id).toBe('approximate');
  });

  it('of a small service holds, with the memory that Redis really takes', () => {
    const small = makePlan(planInputs({ listeners: '100k', tracks: '1M', releasesPerDay: '100', generations: '1' }));
    expect(small.answer.verdict).toBe('holds with');
    expect(small.answer.binding?.bindingConstraint).toMatch(/Redis takes|reckons with/);
    const failing = small.lines.filter(({ verdict, isAlternative }) => verdict !== 'holds' && !isAlternative);
    expect(failing.map(({ id }) => id)).toEqual(['cacheBytes.nominal', 'cacheBytes.planned']);
    expect(lineOf(small, 'cacheBytes.u64')).toMatchObject({ remedy: '187 MB reckoned with' });
    expect(lineOf(small, 'refresh.hours').verdict).toBe('holds');
  });

  it('holds with a cluster that is large enough, and says so in a sentence', () => {
    const large = makePlan(planInputs({ cores: '20k', coresPerHost: '64' }));
    expect(lineOf(large, 'refresh.hours').verdict).toBe('holds');
    expect(planText(large)).toMatch(/the plan holds only with changes/);
  });

  it('holds the shards that there are against those that are needed', () => {
    const few = makePlan(planInputs({ shards: '40' }));
    expect(lineOf(few, 'shards.planned')).toMatchObject({ verdict: 'holds with', remedy: '65 shards', bound: 40 });
    expect(lineOf(few, 'instances.planned').value).toBe(80);
    const enough = makePlan(planInputs({ shards: '72' }));
    expect(lineOf(enough, 'shards.planned').verdict).toBe('holds');
    expect(lineOf(enough, 'shard.bytesAtHorizon').verdict).toBe('holds');
    expect(lineOf(makePlan(planInputs({ shards: '71' })), 'shard.bytesAtHorizon').verdict).toBe('holds with');
  });

  it('holds bytes against the memory of the shards that there are: in all lines, alternatives and recommendations alike', () => {
    const roomy = makePlan(planInputs({ shards: '200', shardBytes: '100GB', cores: '20k' }));
    expect(roomy.answer.verdict).toBe('holds');
    expect(lineOf(roomy, 'cacheBytes.planned')).toMatchObject({
      ...{ verdict: 'holds', bound: (200 * 100e9 * 0.75) / 1.08, bindingConstraint: expect.stringMatching(/shards/) },
    });
    // 12 shards of 25 GB would be needed for the smallest way.
    const few = makePlan(planInputs({ shards: '10' }));
    expect(lineOf(few, 'cacheBytes.pages')).toMatchObject({ verdict: 'holds with', remedy: '12 shards' });
    expect(few.answer.redis).toBeUndefined();
    expect(planText(few)).toMatch(/The cheapest cache that holds: flat file .*; none in Redis\./);
    expect(makePlan(planInputs({ shards: '12' })).answer.redis?.id).toBe('pages');
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 60 }),
        fc.integer({ min: 1000, max: 300e6 }),
        fc.constantFrom('1', '2'),
        fc.constantFrom('30', '32', '64'),
        (shards, listeners, generations, idBits) => {
          const texts = {
            shards: String(shards),
            listeners: String(listeners),
            shardBytes: '5GB',
            generations,
            idBits,
          };
          const made = makePlan(planInputs(texts));
          for (const [way, line, needed] of [
            ['planned', 'cacheBytes.planned', 'shards.planned'],
            ['packed30', 'cacheBytes.packed30', 'shards.packed30'],
            ['pages', 'cacheBytes.pages', 'shards.pages'],
          ] as const) {
            const holds = lineOf(made, needed).value <= shards;
            expect(lineOf(made, line).verdict === 'holds', line).toBe(holds);
            expect(made.alternatives.cache.find(({ id }) => id === way)?.holds, way).toBe(holds);
          }
        },
      ),
      { numRuns: 50 },
    );
  });

  it('holds lists of one generation at the planned width, where there is memory for them', () => {
    const narrow = { generations: '1', idBits: '30', cores: '20k' };
    expect(lineOf(makePlan(planInputs(narrow)), 'cacheBytes.planned').bindingConstraint).toMatch(/plan itself reckons/);
    expect(lineOf(makePlan(planInputs({ ...narrow, shards: '17' })), 'cacheBytes.planned').verdict).toBe('holds');
    expect(makePlan(planInputs({ ...narrow, shards: '17' })).answer.verdict).toBe('holds');
  });

  it('is bound by what it holds, not by what could be done instead', () => {
    const narrow = makePlan(planInputs({ generations: '1', idBits: '30', retrievalRate: '500' }));
    // Strings of 842.5 bytes as measured, and a table a little larger, for 750 bytes of ids: 15 shards where ids fill 13.
    expect(narrow.answer.binding).toMatchObject({ id: 'shards.planned', isAlternative: false, load: 15 / 13 });
    expect(lineOf(narrow, 'cacheBytes.planned').load).toBeCloseTo(845 / 750, 2);
    expect(lineOf(narrow, 'cacheBytes.u64').load).toBeGreaterThan(2);
  });

  it('prices the shards that there are, or those that are needed where they are too few', () => {
    const cost = (shards: string): number => lineOf(makePlan(planInputs({ shards })), 'money.cachePerMonth').value;
    const [needed] = plan.alternatives.cache;
    expect(cost('10')).toBe(needed?.dollarsPerMonth);
    expect(cost('65')).toBe(needed?.dollarsPerMonth);
    expect(cost('130')).toBeCloseTo(2 * needed!.dollarsPerMonth, 6);
  });

  it('does not hold lists of ids that are too narrow, however little they take', () => {
    const wide = makePlan(planInputs({ tracks: '200M' }));
    expect(lineOf(wide, 'cacheBytes.pages')).toMatchObject({
      ...{ verdict: 'holds with', remedy: 'wider ids', bindingConstraint: 'id width of bits27' },
    });
    expect(lineOf(wide, 'cacheBytes.packed30').verdict).toBe('holds');
    expect(wide.answer.redis?.id).toBe('activeOnly');
  });

  it('asks for cores that make lost lists only where there is no replica', () => {
    const alone = { replicas: '0', cores: '2', coresPerHost: '2' };
    expect(lineOf(makePlan(planInputs(alone)), 'loss.cores')).toMatchObject({
      ...{ verdict: 'holds with', remedy: 'a replica of each shard', bound: 1 },
    });
    expect(lineOf(makePlan(planInputs({ ...alone, replicas: '1' })), 'loss.cores').verdict).toBe('holds');
  });

  it('says what a line rests on', () => {
    expect(lineOf(plan, 'cacheBytes.nominal')).toMatchObject({ provenance: 'derived', assumes: [] });
    expect(lineOf(plan, 'retrieval.annRecall')).toMatchObject({ provenance: 'assumed', assumes: ['annRecall'] });
    expect(lineOf(plan, 'train.alsVsDeep').provenance).toBe('derived');
    const measured = makePlan(planInputs({}, { annRecall: { value: 0.93, low: 0.92, high: 0.94, source: 'a test' } }));
    const recall = lineOf(measured, 'retrieval.annRecall');
    expect(recall.provenance).toBe('measured');
    expect([recall.low, recall.high].map((end) => end.toFixed(9))).toEqual(['0.920000000', '0.940000000']);
    expect(lineOf(makePlan(planInputs({ annRecall: '0.93' })), 'retrieval.annRecall')).toMatchObject({
      ...{ provenance: 'derived', low: 0.93, high: 0.93 },
    });
  });

  it('does not recommend lists that find too little of the exact ones', () => {
    for (const annRecall of ['0', '89%']) {
      const poor = makePlan(planInputs({ annRecall }));
      expect(poor.answer.retrieval?.id).toBe('gpu');
      expect(lineOf(poor, 'retrieval.annRecall').verdict).toBe('does not hold');
      expect(lineOf(poor, 'refresh.hours').verdict).toBe('does not hold');
    }
    expect(makePlan(planInputs({ annRecall: '80%', leastRecall: '80%' })).answer.retrieval?.id).toBe('approximate');
  });

  it('warns of prices without a day', () => {
    expect(makePlan(planInputs({ ramPrice: '0.01' })).warnings).toEqual([
      expect.stringContaining('ramPrice has no date'),
    ]);
    expect(makePlan(planInputs({ ramPrice: '0.01@2026-05-01' })).warnings).toEqual([]);
  });

  it('prints the answer first, then lines, alternatives, sensitivity', () => {
    const text = planText(plan);
    const order = ['Does the plan hold?', 'cacheBytes.nominal', 'Ways of keeping', 'Ways of finding', 'most sensitive'];
    const places = order.map((words) => text.indexOf(words));
    expect(places.every((place) => place >= 0)).toBe(true);
    expect(places).toEqual([...places].sort((a, b) => a - b));
  });

  it('writes the same Markdown for the same inputs', async () => {
    await expect(planMarkdown(plan)).toMatchFileSnapshot('plan.md.golden');
  });

  it('writes Markdown whose tables have as many cells in each row as in their heading', () => {
    const lines = planMarkdown(plan).split('\n');
    const cells = (line: string): number => line.replace(/\\[\s\S]/g, '').split('|').length;
    lines.forEach((line, i) => {
      if (line.startsWith('|') && lines[i - 1]?.startsWith('|')) expect(cells(line)).toBe(cells(lines[i - 1]!));
    });
  });

  it('never runs out of ids without releases, and is not told of a number that there is not', () => {
    const still = makePlan(planInputs({ releasesPerDay: '0' }));
    expect(lineOf(still, 'ids.years27')).toMatchObject({ value: Number.POSITIVE_INFINITY, verdict: 'holds', load: 0 });
    expect(JSON.parse(planJson(still)).lines.find(({ id }: PlanLine) => id === 'ids.years27').value).toBeNull();
    const full = makePlan(planInputs({ releasesPerDay: '0', tracks: '200M' }));
    expect(lineOf(full, 'ids.years27')).toMatchObject({ verdict: 'holds with', remedy: 'ids of 30 bits' });
  });

  it('answers for any sizes that are allowed', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 1e10 }),
        fc.integer({ min: 200, max: 4e9 }),
        fc.integer({ min: 1, max: 200 }),
        fc.integer({ min: 1, max: 168 }),
        fc.integer({ min: 0, max: 3 }),
        (listeners, tracks, slate, hours, replicas) => {
          const made = makePlan(
            planInputs({
              listeners: String(listeners),
              tracks: String(tracks),
              slate: String(slate),
              refreshHours: String(hours),
              replicas: String(replicas),
            }),
          );
          for (const { id, value } of made.lines) expect(Number.isFinite(value), id).toBe(true);
        },
      ),
      { numRuns: 30 },
    );
  });
});

describe('sensitivity', () => {
  const inputs = planInputs({});

  it('evaluates again with one input changed: a product moves in proportion, a quotient the other way', () => {
    const swings = swingsOf(({ listeners, cores }) => listeners / cores, inputs);
    expect(swings.map(({ input }) => input)).toEqual(['cores', 'listeners']);
    expect(swings[0]).toMatchObject({ from: 320, to: 1280, low: 300e6 / 320, high: 300e6 / 1280 });
    expect(swings[1]).toMatchObject({ low: 270e6 / 640, high: 330e6 / 640 });
  });

  it('finds the inputs that a figure asks for, and no others', () => {
    expect(evaluated(({ slate, listeners }) => slate * listeners, valuesOf(inputs)).uses).toEqual([
      'listeners',
      'slate',
    ]);
  });

  it('makes intervals of what is doubtful, not of what is given', () => {
    const figure = ({
      listeners,
      playsPerListenerDay,
      readsPerActiveDay,
    }: Readonly<Record<InputName, number>>): number => listeners * playsPerListenerDay * readsPerActiveDay;
    const value = figure(valuesOf(inputs));
    // Two factors of 2 either way: √2 doublings.
    const { low, high } = intervalOf(value, swingsOf(figure, inputs), inputs);
    expect(high / value).toBeCloseTo(2 ** Math.SQRT2, 9);
    expect(value / low).toBeCloseTo(2 ** Math.SQRT2, 9);
    const given = planInputs({ playsPerListenerDay: '25', readsPerActiveDay: '10' });
    expect(intervalOf(value, swingsOf(figure, given), given)).toEqual({ low: value, high: value });
  });

  it('keeps intervals of differences around the value, and of sizes above 0', () => {
    const difference = ({ readsPerActiveDay }: Readonly<Record<InputName, number>>): number => readsPerActiveDay - 12;
    expect(intervalOf(-2, swingsOf(difference, inputs), inputs)).toEqual({ low: -7, high: 8 });
    const growth = ({ listenersGrowth }: Readonly<Record<InputName, number>>): number => listenersGrowth;
    expect(intervalOf(0.1, swingsOf(growth, inputs), inputs)).toEqual({ low: 0, high: 0.2 });
  });
});

describe('a verdict', () => {
  const values = valuesOf(planInputs({}));
  const limit = (side: 'most' | 'least', bound: number, remedy?: string) => ({
    ...{ name: 'a limit', side, bound: () => bound },
    ...(remedy === undefined ? {} : { remedy: () => remedy }),
  });
  const at = (value: number, low = value, high = value) => ({ value, low, high });

  it.each([
    [at(5), limit('most', 10), { verdict: 'holds', load: 0.5, holdsAtWorst: true }],
    [at(10), limit('most', 10), { verdict: 'holds', load: 1 }],
    [at(5, 1, 11), limit('most', 10), { verdict: 'holds', holdsAtWorst: false }],
    [at(20), limit('most', 10), { verdict: 'does not hold', load: 2, bindingConstraint: 'a limit', bound: 10 }],
    [at(20), limit('most', 10, '3 shards'), { verdict: 'holds with', remedy: '3 shards' }],
    [at(5), limit('most', 10, '3 shards'), { verdict: 'holds' }],
    [at(4), limit('least', 2), { verdict: 'holds', load: 0.5 }],
    [at(4, 1, 9), limit('least', 2), { holdsAtWorst: false }],
    [at(1), limit('least', 2), { verdict: 'does not hold', load: 2 }],
    [at(-1), limit('least', 2), { verdict: 'does not hold', load: Number.POSITIVE_INFINITY }],
    [at(-1), limit('least', 0), { verdict: 'holds' }],
    [at(3), limit('most', 0), { verdict: 'does not hold' }],
    [at(3), limit('most', Number.POSITIVE_INFINITY), { verdict: 'holds', load: 0 }],
  ])('of %j', (figure, of, expected) => {
    expect(verdictOf(figure, of, values)).toMatchObject(expected);
  });
});

describe('alternatives', () => {
  const values = valuesOf(planInputs({}));
  const caches = cacheAlternatives(values);
  const retrievals = retrievalAlternatives(values);

  it('say the same as the lines of the plan', () => {
    const bytes = Object.fromEntries(caches.map((one) => [one.id, one.bytes]));
    expect(bytes.planned).toBe(lineOf(plan, 'cacheBytes.planned').value);
    expect(bytes.inPlace).toBe(lineOf(plan, 'cacheBytes.u64').value);
    expect(bytes.packed30).toBe(lineOf(plan, 'cacheBytes.packed30').value);
    expect(bytes.pages).toBe(lineOf(plan, 'cacheBytes.pages').value);
    expect(bytes.flatFile).toBe(lineOf(plan, 'flatFile.bytes').value);
    expect(caches[0]?.shards).toBe(lineOf(plan, 'shards.planned').value);
    expect(caches[0]?.dollarsPerMonth).toBe(lineOf(plan, 'money.cachePerMonth').value);
    const hours = Object.fromEntries(retrievals.map((one) => [one.id, one.hours]));
    for (const [id, line] of [
      ['exact', 'retrieval.exactHours'],
      ['int8', 'retrieval.int8Hours'],
      ['gpu', 'retrieval.gpuHours'],
      ['approximate', 'retrieval.annHours'],
    ] as const)
      expect(hours[id]! / lineOf(plan, line).value).toBeCloseTo(1, 9);
  });

  it('hold by bytes, by ids that last, by hours', () => {
    expect(caches.map(({ id, holds }) => [id, holds])).toEqual([
      ['planned', false],
      ['inPlace', false],
      ['packed30', true],
      ['pages', true],
      ['activeOnly', true],
      ['flatFile', true],
    ]);
    const manyTracks = cacheAlternatives({ ...values, tracks: 130e6 });
    for (const id of ['pages', 'flatFile']) {
      expect(manyTracks.find((one) => one.id === id)).toMatchObject({
        ...{ holds: false, bindingConstraint: expect.stringContaining('id width') },
      });
    }
    expect(retrievals.map(({ holds }) => holds)).toEqual([false, false, true, true]);
  });

  it('price a file by whole drives, however little of them it fills', () => {
    const file = (changes: Partial<typeof values>) => cacheAlternatives({ ...values, ...changes }).at(-1)!;
    // 300M slots of 685 bytes, two generations: 411 GB on a drive of 3.84 TB, and one more for the replica.
    expect(file({})).toMatchObject({ id: 'flatFile', shards: 2 });
    expect(file({}).dollarsPerMonth).toBeCloseTo(2 * 3840 * values.nvmePrice, 9);
    expect(file({ listeners: 1 }).dollarsPerMonth).toBe(file({}).dollarsPerMonth);
    expect(file({ nvmeBytes: 400e9 })).toMatchObject({ shards: 4 });
    expect(file({ nvmeBytes: 400e9 }).dollarsPerMonth).toBeCloseTo(4 * 400 * values.nvmePrice, 9);
  });

  it('are compared by their price, those that hold', () => {
    expect(cheapest(caches)?.id).toBe('flatFile');
    expect(cheapest([{ holds: false, dollarsPerMonth: 1 }])).toBeUndefined();
    expect(
      cheapest([
        { holds: true, dollarsPerMonth: 2 },
        { holds: true, dollarsPerMonth: 1 },
        { holds: false, dollarsPerMonth: 0 },
      ]),
    ).toEqual({ holds: true, dollarsPerMonth: 1 });
  });
});
