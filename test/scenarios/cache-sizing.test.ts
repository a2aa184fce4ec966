import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { chooseKernel } from '../../engine/als/choose-kernel.ts';
import { lruCurve, missRatioAt } from '../../engine/cache/policy/miss-ratio-curve.ts';
import { EventBuffer, kindCode } from '../../engine/core/events.ts';
import { liveInCache } from '../../scenarios/cache-sizing/cache-life.ts';
import { frontierOf } from '../../scenarios/cache-sizing/frontier.ts';
import { pagesBytes, stringsBytes } from '../../scenarios/cache-sizing/list-bytes.ts';
import { type MeasuredWorth, meanWorth, worthAt } from '../../scenarios/cache-sizing/list-worth.ts';
import { type Presence, presenceOf } from '../../scenarios/cache-sizing/presence.ts';
import type { Sizing } from '../../scenarios/cache-sizing/size-caches.ts';
import { runExperiment } from '../../scenarios/experiment.ts';
import { readManifest } from '../../scenarios/run-folder.ts';
import { parseScenario, type ScenarioInput } from '../../scenarios/schema.ts';
import { checkWholeRun } from '../../scenarios/whole-run.ts';
import { dailyHabits } from '../engine/cache/policy/daily-habits.ts';
import { smallWorld } from '../sim/support.ts';
import { optionsFor } from '../support/tiny-run.ts';

const folder = mkdtempSync(join(tmpdir(), 'dubplate-sizing-'));
afterAll(() => rmSync(folder, { recursive: true }));
const hour = 3600;
const day = 24 * hour;

describe('the frontier', () => {
  const plan = fc.record({ cost: fc.integer({ min: 0, max: 8 }), worth: fc.integer({ min: 0, max: 8 }) });
  it('is what nothing else beats, cheapest first', () => {
    fc.assert(
      fc.property(fc.array(plan, { maxLength: 20 }), (plans) => {
        const frontier = frontierOf(
          plans,
          ({ cost }) => cost,
          ({ worth }) => worth,
        );
        const isBeaten = (it: { cost: number; worth: number }): boolean =>
          plans.some(({ cost, worth }) => cost <= it.cost && worth >= it.worth && (cost < it.cost || worth > it.worth));
        const expected = new Set(plans.filter((it) => !isBeaten(it)).map(({ cost, worth }) => `${cost} ${worth}`));
        expect(frontier.map(({ cost, worth }) => `${cost} ${worth}`)).toEqual(
          [...expected].sort((a, b) => Number(a.split(' ')[0]) - Number(b.split(' ')[0])),
        );
      }),
    );
  });
});

describe('what lists are worth', () => {
  const share = fc.double({ min: 0, max: 1, noNaN: true });
  const measured = fc
    .record({
      ages: fc.uniqueArray(fc.integer({ min: 0, max: 72 }), { minLength: 1, maxLength: 6 }),
      values: fc.array(share, { minLength: 12, maxLength: 12 }),
      onMiss: share,
    })
    .map(
      ({ ages, values, onMiss }): MeasuredWorth => ({
        length: 50,
        byAge: ages
          .sort((a, b) => a - b)
          .map((ageHours, i) => ({ ageHours, enjoyment: values[i]!, recall: values[i + 6]! })),
        onMiss: { enjoyment: onMiss, recall: onMiss },
      }),
    );

  it('is what was measured at each age, and between two ages between them', () => {
    fc.assert(
      fc.property(measured, fc.double({ min: 0, max: 80, noNaN: true }), (worth, age) => {
        for (const { ageHours, enjoyment, recall } of worth.byAge)
          expect(worthAt(worth, ageHours)).toMatchObject({
            enjoyment: expect.closeTo(enjoyment, 12),
            recall: expect.closeTo(recall, 12),
          });
        const below = worth.byAge.filter(({ ageHours }) => ageHours <= age).at(-1) ?? worth.byAge[0]!;
        const above = worth.byAge.find(({ ageHours }) => ageHours >= age) ?? worth.byAge.at(-1)!;
        const { enjoyment } = worthAt(worth, age);
        expect(enjoyment).toBeGreaterThanOrEqual(Math.min(below.enjoyment, above.enjoyment) - 1e-12);
        expect(enjoyment).toBeLessThanOrEqual(Math.max(below.enjoyment, above.enjoyment) + 1e-12);
      }),
    );
  });

  it('is a mean over reads: each of a list at its age, each miss as what is made for it', () => {
    fc.assert(
      fc.property(measured, fc.array(fc.nat(5), { maxLength: 73 }), fc.nat(9), (worth, readsByAge, misses) => {
        const each = [
          ...readsByAge.flatMap((count, age) => Array<number>(count).fill(worthAt(worth, age + 0.5).recall)),
          ...Array<number>(misses).fill(worth.onMiss.recall),
        ];
        const mean = each.length === 0 ? 0 : each.reduce((a, b) => a + b, 0) / each.length;
        expect(meanWorth(worth, { readsByAge, misses }).recall).toBeCloseTo(mean, 10);
      }),
    );
  });
});

describe('who was there', () => {
  const world = smallWorld({}, { historyDays: 2, days: 3 });

  it('is everybody who had signed up, the last listener last, as a look through the whole log says', () => {
    const row = fc.record({
      user: fc.nat(40),
      second: fc.nat(86_399),
      kind: fc.constantFrom('play', 'skip', 'search'),
    });
    fc.assert(
      fc.property(fc.array(fc.array(row, { maxLength: 30 }), { minLength: 5, maxLength: 5 }), (rows) => {
        const days = rows.map((events, i) => {
          const buffer = new EventBuffer();
          for (const { user, second, kind } of events)
            buffer.add(user, 0, (i - 2) * day + second, kindCode[kind as 'play'], 0, 0, 0, 0, 1);
          return { day: i - 2, events: buffer.slice() };
        });
        const presence = presenceOf(world, days, [0, 6, 24, 54]);
        for (const at of [0, 6, 24, 54]) {
          const { listeners, lastListenedAt } = presence.at(at);
          expect(listeners).toHaveLength(world.listenerCountAt(at * hour));
          expect(new Set(listeners).size).toBe(listeners.length);
          const times = rows.flatMap((events, i) =>
            events
              .filter(({ kind }) => kind !== 'search')
              .map(({ user, second }) => ({ user, time: (i - 2) * day + second })),
          );
          for (const listener of [0, 3, 40]) {
            const own = times.filter(({ user, time }) => user === listener && time < at * hour).map(({ time }) => time);
            expect(lastListenedAt[listener]).toBe(Math.max(Number.NEGATIVE_INFINITY, ...own));
          }
          for (let i = 1; i < listeners.length; i++)
            expect(lastListenedAt[listeners[i - 1]!]!).toBeLessThanOrEqual(lastListenedAt[listeners[i]!]!);
        }
      }),
      { numRuns: 30 },
    );
  });
});

describe('a cache that is filled before it is read', () => {
  const trace = dailyHabits(120, 6, 'sizing');
  const span = { fromS: 2 * day, endS: 6 * day };
  /** Who had read by then. */
  const presence: Presence = {
    at: (at) => {
      const lastListenedAt = new Float64Array(trace.keys).fill(Number.NEGATIVE_INFINITY);
      trace.refs.forEach((key, i) => {
        if (trace.timesS[i]! < at * hour) lastListenedAt[key] = trace.timesS[i]!;
      });
      const listeners = Uint32Array.from(lastListenedAt.keys()).sort((a, b) => lastListenedAt[a]! - lastListenedAt[b]!);
      return { listeners, lastListenedAt };
    },
  };

  it('finds what each listener’s own history says, where there is room for all', () => {
    const plans = fc.record({
      activeDays: fc.constantFrom(null, 1, 2),
      refreshHours: fc.constantFrom(6, 12, 24, 48),
      expiryPeriods: fc.constantFrom(1, 1.5, 3),
    });
    fc.assert(
      fc.property(plans, (plan) => {
        const life = liveInCache(trace, presence, { ...plan, capacity: trace.keys }, span);
        const expected = { hits: 0, staleHits: 0, misses: 0 };
        const periodS = plan.refreshHours * hour;
        for (let key = 0; key < trace.keys; key++) {
          let writtenAt = Number.NEGATIVE_INFINITY;
          let lastRead = Number.NEGATIVE_INFINITY;
          const reads = [...trace.refs.keys()].filter((i) => trace.refs[i] === key).map((i) => trace.timesS[i]!);
          const refreshes = Array.from({ length: Math.ceil(span.endS / periodS) }, (_, n) => n * periodS);
          const moments = [
            ...refreshes.map((at) => ({ at, isRead: false })),
            ...reads.filter((at) => at < span.endS).map((at) => ({ at, isRead: true })),
          ].sort((a, b) => a.at - b.at || Number(a.isRead) - Number(b.isRead));
          for (const { at, isRead } of moments) {
            if (!isRead) {
              const since = plan.activeDays === null ? Number.NEGATIVE_INFINITY : at - plan.activeDays * day;
              if (lastRead >= since) writtenAt = at;
              continue;
            }
            lastRead = at;
            const age = at - writtenAt;
            const found = age > plan.expiryPeriods * periodS ? 'misses' : age > periodS ? 'staleHits' : 'hits';
            if (found === 'misses') writtenAt = at;
            if (at >= span.fromS) expected[found] += 1;
          }
        }
        expect(life).toMatchObject(expected);
        expect(life.reads).toBe(life.hits + life.staleHits + life.misses);
        expect(life.readsByAge.reduce((a, b) => a + b, 0)).toBe(life.hits + life.staleHits);
        expect(life.mostHeld).toBeLessThanOrEqual(trace.keys);
      }),
      { numRuns: 30 },
    );
  });

  it('is plain LRU at every size where nobody’s list is made beforehand', () => {
    const nobody: Presence = { at: () => ({ listeners: new Uint32Array(0), lastListenedAt: new Float64Array(0) }) };
    const curve = lruCurve(trace.refs, trace.keys);
    for (const capacity of [1, 7, 40, 120]) {
      const plan = { activeDays: null, refreshHours: 24, capacity, expiryPeriods: 10 };
      const { misses, reads, listsWritten, mostHeld } = liveInCache(trace, nobody, plan, { fromS: 0, endS: 7 * day });
      expect(reads).toBe(trace.refs.length);
      expect(misses / reads).toBeCloseTo(missRatioAt(curve, capacity), 12);
      expect(listsWritten).toBe(0);
      expect(mostHeld).toBeLessThanOrEqual(capacity);
    }
  });

  it('holds what it held on the days that count, not while it warmed up', () => {
    // Ten listeners on the first day, and from the third on one of them alone; lists live for a day.
    const timesS = Float64Array.from([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 50, 80], (hours) => hours * hour);
    const few = { keys: 10, timesS, refs: Uint32Array.of(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 0, 0) };
    const nobody: Presence = { at: () => ({ listeners: new Uint32Array(), lastListenedAt: new Float64Array(10) }) };
    const plan = { activeDays: null, refreshHours: 24, capacity: 10, expiryPeriods: 1 };
    const mostHeldFrom = (fromS: number) => liveInCache(few, nobody, plan, { fromS, endS: 4 * day }).mostHeld;
    expect([mostHeldFrom(0), mostHeldFrom(2 * day)]).toEqual([10, 1]);
  });

  it('writes the latest listeners first of all where there is not room for everybody', () => {
    const plan = { activeDays: null, refreshHours: 24, capacity: 30, expiryPeriods: 1.5 };
    const { listsWritten, refreshes } = liveInCache(trace, presence, plan, span);
    expect(refreshes).toBe(4);
    expect(listsWritten).toBe(4 * 30);
  });
});

describe('bytes of lists', () => {
  it('are those of the allocator’s classes: a list of 200 as a string with an expiry, and in a page', () => {
    // 842.5 bytes were measured on Redis for a key with 750, and 42.3 more for its expiry; the stamp of 9 bytes still fits.
    expect(stringsBytes(100_000, 200) / 100_000).toBeCloseTo(842.5 + 42.3, 0);
    expect(pagesBytes(300_000_000, 200) / 3e8).toBeCloseTo(685.5, 0);
    expect(stringsBytes(0, 200)).toBe(0);
  });
});

const tiny: ScenarioInput = {
  name: 'sizing',
  question: 'Which cache?',
  days: 4,
  warmup: 1,
  history: 8,
  scoreHours: [0, 12],
  world: { tracks: 300, releasesPerDay: 6, signupsPerDay: 6, cohorts: { all: { listeners: 150, explore: 0.3 } } },
  arms: { nightly: { als: { factors: 8, firstSweeps: 3 }, blend: { kind: 'collaborative' } } },
  sizing: {
    activeDays: [1, 7],
    lengths: [50, 200],
    refreshHours: [12, 24, 48],
    capacities: [0.1, 0.5, 1],
    leastHitRate: 0.6,
  },
  bounds: [],
};

async function run(
  name: string,
  {
    resume = false,
    progress = (_label: string, _done: number): void => {},
    catalogue = undefined as number | undefined,
  } = {},
) {
  const path = join(folder, name);
  const sized = { ...tiny, sizing: { ...tiny.sizing, ...(catalogue && { catalogue }) } };
  await runExperiment(parseScenario(sized, name), optionsFor(path, { resume, kernel: chooseKernel(1), progress }));
  const sizing = JSON.parse(readFileSync(join(path, 'cache-sizing.json'), 'utf8')) as Sizing;
  return { path, sizing, digests: readManifest(path)?.digests };
}

describe('a run that compares caches', () => {
  const whole = run('whole');

  it('gives every plan, and shares and costs that hang together', async () => {
    const { sizing } = await whole;
    const { plans, frontier, worth, policies, curve } = sizing;
    expect(plans).toHaveLength(3 * 3 * 3 * 2 + 3 * 2);
    for (const plan of plans) {
      expect(plan.hitRate + plan.staleHitRate).toBeLessThanOrEqual(1);
      expect(plan.enjoyment).toBeGreaterThan(0);
      expect(plan.enjoyment).toBeLessThan(1);
      expect(plan.bytes).toBeGreaterThan(0);
      expect(plan.flops).toBeGreaterThan(0);
    }
    const at = (dials: Partial<Sizing['plans'][number]>) =>
      plans.find((plan) =>
        Object.entries({
          layout: 'strings',
          activeDays: null,
          refreshHours: 24,
          capacity: 1,
          length: 200,
          ...dials,
        }).every(([key, value]) => plan[key as 'length'] === value),
      )!;
    expect(at({}).hitRate).toBeGreaterThan(at({ capacity: 0.1 }).hitRate);
    expect(at({}).hitRate).toBeGreaterThan(at({ activeDays: 1 }).hitRate);
    expect(at({}).staleHitRate).toBe(0);
    expect(at({ refreshHours: 12 }).listsWritten).toBeGreaterThan(1.8 * at({}).listsWritten);
    expect(at({ refreshHours: 12 }).enjoyment).toBeGreaterThan(at({ refreshHours: 48 }).enjoyment);
    expect(at({ length: 50 }).bytes).toBeLessThan(at({}).bytes);
    expect(at({ layout: 'pages' }).hitRate).toBe(at({}).hitRate);
    const costs = frontier.map(({ dollars }) => dollars);
    expect(costs).toEqual([...costs].sort((a, b) => a - b));
    for (const it of frontier) expect(plans).toContainEqual(it);
    for (const { hitRate } of frontier) expect(hitRate).toBeGreaterThanOrEqual(sizing.options.leastHitRate);
    expect(policies).toHaveLength(8 * 3);
    expect(curve.map(({ share }) => share)).toEqual([0.1, 0.5, 1]);
    // Older lists are worth less; the first fifty tracks are the same however long the list.
    for (const { byAge } of worth) {
      expect(byAge.map(({ ageHours }) => ageHours)).toEqual([0, 12, 24, 36, 48, 60, 72]);
      expect(byAge[4]!.enjoyment).toBeLessThan(byAge[0]!.enjoyment);
    }
    expect(worth[0]!.byAge[0]).toEqual(worth[1]!.byAge[0]);
  });

  it('prices a list by each track of the catalogue that is given: 2 k operations', async () => {
    const { path } = await whole;
    const priced = await run('priced', { catalogue: 1e9 });
    const [plan, usual] = [priced.sizing, (await whole).sizing].map(({ plans }) => plans[0]!);
    // Beside lists of so many tracks all else is next to nothing.
    const lists = plan!.listsWritten + plan!.listsMissed;
    expect(plan!.flops / (lists * 2 * 8 * 1e9)).toBeCloseTo(1, 4);
    expect(plan!.enjoyment).toBe(usual!.enjoyment);
    expect(path).not.toBe(priced.path);
  });

  it('is not whole without what it found of them, or with anything else', async () => {
    const { path } = await whole;
    const copy = join(folder, 'spoilt');
    cpSync(path, copy, { recursive: true });
    expect(checkWholeRun(copy).beside).toEqual([]);
    const file = join(copy, 'cache-sizing.json');
    const found = JSON.parse(readFileSync(file, 'utf8'));
    found.plans[0].dollars *= 0.5;
    writeFileSync(file, JSON.stringify(found));
    expect(() => checkWholeRun(copy)).toThrow('cache-sizing.json: is not what the run wrote');
    rmSync(file);
    expect(() => checkWholeRun(copy)).toThrow('cache-sizing.json: is missing');
  });

  it('goes on after an interruption to the same figures: kept lists are kept', async () => {
    const { digests, sizing } = await whole;
    const stop = (label: string, done: number): void => {
      if (label === 'latent-0 nightly: days' && done === 2) throw new Error('the power is gone');
    };
    await expect(run('cut', { progress: stop })).rejects.toThrow(/power/);
    const resumed = await run('cut', { resume: true });
    expect(resumed.digests).toEqual(digests);
    expect(resumed.sizing).toEqual(sizing);
  });

  it.each([
    [
      'lists longer than the catalogue',
      { world: { ...tiny.world, tracks: 120 } },
      /sizing\.lengths\.1: is 200, but the catalogue has 120 tracks/,
    ],
    [
      'lists longer than those of the arm',
      { arms: { a: { slate: { length: 100 } } } },
      /sizing\.lengths\.1: is 200, but lists have 100 tracks/,
    ],
    ['several arms', { arms: { a: {}, b: {} } }, /arms: must be one/],
    [
      'a period that does not divide',
      { sizing: { refreshHours: [5] } },
      /sizing\.refreshHours\.0: is 5, but must divide 24/,
    ],
    ['a window beyond the past', { sizing: { activeDays: [30] } }, /sizing\.activeDays\.0: is 30, but .* 8 days/],
    [
      'an arm that is not refreshed nightly',
      { arms: { a: { slate: { refreshHours: 48 } } } },
      /must be refreshed nightly/,
    ],
  ])('refuses %s', (_, change, message) => {
    expect(() => parseScenario({ ...tiny, ...change }, 'x')).toThrow(message);
  });
});
