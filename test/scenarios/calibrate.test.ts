import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { silent } from '../../engine/core/progress.ts';
import { listenersOf } from '../../scenarios/cohort-sizes.ts';
import { warningOn } from '../../scenarios/commands/calibrate.ts';
import { aimOf } from '../../scenarios/fidelity/aim.ts';
import { bisect } from '../../scenarios/fidelity/bisect.ts';
import { calibrate } from '../../scenarios/fidelity/calibrate.ts';
import type { FactRow } from '../../scenarios/fidelity/compare.ts';
import { daysThere, firstPlays, lastDays, someOf, usualPlays } from '../../scenarios/fidelity/cut-sample.ts';
import { factNames } from '../../scenarios/fidelity/fact-names.ts';
import type { Listening } from '../../scenarios/fidelity/listening.ts';
import type { Sample } from '../../scenarios/fidelity/sample.ts';
import { liveTrial, resized } from '../../scenarios/fidelity/trial-world.ts';
import { deviation, jackknifeError, slopeOf } from '../../scenarios/fidelity/uncertainty.ts';
import { readWorldFile, writeWorldFile } from '../../scenarios/fidelity/world-file.ts';
import { version } from '../../scenarios/version.ts';
import { worldOptionsSchema } from '../../sim/options.ts';

const folder = mkdtempSync(join(tmpdir(), 'dubplate-world-'));
afterAll(() => rmSync(folder, { recursive: true }));

const day = 86_400;
const dials = worldOptionsSchema.parse({});

/** `plays` plays, one every `every` seconds, of `tracks` tracks in turn. */
const steady = (plays: number, every: number, tracks = plays): Listening => ({
  track: Uint32Array.from({ length: plays }, (_, i) => i % tracks),
  time: Int32Array.from({ length: plays }, (_, i) => i * every),
  playedMs: new Uint32Array(plays).fill(200_000),
});

const sampleFrom = (listeners: readonly Listening[]): Sample => ({
  listeners,
  listenerDays: 1,
  playedTime: 'heard',
  artistOf: Uint32Array.from({ length: 2000 }, (_, track) => track),
  releases: undefined,
});

describe('bisection', () => {
  it('comes as near as its steps allow, whether the function rises or falls', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.double({ min: 0.01, max: 0.99, noNaN: true }),
        fc.constantFrom(1, -1),
        fc.integer({ min: 1, max: 12 }),
        async (x, sign, steps) => {
          const f = async (at: number): Promise<number> => sign * at ** 3;
          const found = (await bisect({ low: 0, high: 1, target: sign * x ** 3, steps }, f))!;
          const bestPossible = 1 / 2 ** steps;
          // Near in x, or so near in the value that it stopped.
          expect(
            Math.abs(found.x - x) <= bestPossible || Math.abs(found.y / (sign * x ** 3) - 1) <= 0.002 || found.x === 0,
          ).toBe(true);
          expect(found.y).toBe(await f(found.x));
        },
      ),
    );
  });

  it('stays at the nearer end when the target lies beyond it', async () => {
    const f = async (x: number): Promise<number> => 2 * x;
    expect(await bisect({ low: 0, high: 1, target: 5, steps: 9 }, f)).toEqual({ x: 1, y: 2 });
    expect(await bisect({ low: 0, high: 1, target: -5, steps: 9 }, f)).toEqual({ x: 0, y: 0 });
  });

  it('keeps away from where there is no value, and says where there is none at all', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.double({ min: 0.05, max: 0.95, noNaN: true }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        fc.boolean(),
        fc.constantFrom(1, -1),
        async (x, part, isLow, sign) => {
          // A value on one side of the target's place only, from some way beyond it on.
          const edge = isLow ? x * part : x + (1 - x) * part;
          const hasNone = (at: number): boolean => (isLow ? at < edge : at > edge);
          const f = async (at: number): Promise<number> => (hasNone(at) ? Number.NaN : sign * at);
          const found = await bisect({ low: 0, high: 1, target: sign * x, steps: 20 }, f);
          expect(Math.abs(found!.x - x)).toBeLessThan(0.003);
          expect(found!.y).toBe(sign * found!.x);
        },
      ),
    );
    const middle = async (x: number): Promise<number> => (x === 0 || x === 1 ? Number.POSITIVE_INFINITY : x);
    expect((await bisect({ low: 0, high: 1, target: 0.5, steps: 9 }, middle))?.x).toBe(0.5);
    expect(await bisect({ low: 0, high: 1, target: 0.5, steps: 9 }, async () => Number.NaN)).toBeUndefined();
  });

  it('tries what is rounded', async () => {
    const tried: number[] = [];
    const f = async (x: number): Promise<number> => tried.push(x) && x;
    await bisect({ low: 0, high: 1, target: 0.3, steps: 4 }, f, (x) => Math.round(10 * x) / 10);
    expect(tried.every((x) => Number.isInteger(10 * x))).toBe(true);
  });
});

describe('cutting a sample', () => {
  it('keeps the last days of everybody, however long ago they were', () => {
    const cut = lastDays(sampleFrom([steady(10, day), steady(3, day)]), 4);
    expect(cut.listeners.map(({ time }) => Array.from(time, (t) => t / day))).toEqual([
      [6, 7, 8, 9],
      [0, 1, 2],
    ]);
    expect(cut.listenerDays).toBe(4 + 3);
  });

  it('counts the days of who listens every day exactly, and estimates those of who does not', () => {
    fc.assert(
      fc.property(fc.integer({ min: 2, max: 60 }), (days) => {
        expect(daysThere(steady(days, day), 60)).toBeCloseTo(days, 9);
      }),
    );
    expect([0, 1].map((plays) => daysThere(steady(plays, day), 9))).toEqual([0, 9]);
    // Active on any three of seven days, all 35 ways: the estimates without a bound are right in the mean.
    const week = [0, 1, 2, 3, 4, 5, 6];
    const threes = week.flatMap((a) => week.flatMap((b) => week.flatMap((c) => (a < b && b < c ? [[a, b, c]] : []))));
    const estimates = threes.map((on) =>
      daysThere({ ...steady(3, day), time: Int32Array.from(on, (at) => at * day) }, Number.POSITIVE_INFINITY),
    );
    expect(estimates).toHaveLength(35);
    expect(estimates.reduce((sum, estimate) => sum + estimate, 0) / 35).toBeCloseTo(7, 9);
  });

  it('keeps the first plays, and evenly spread listeners', () => {
    expect(firstPlays([steady(10, 60), steady(2, 60)], 3).map(({ track }) => track.length)).toEqual([3, 2]);
    expect(someOf([0, 1, 2, 3, 4, 5], 3)).toEqual([1, 3, 5]);
    expect(someOf([0, 1], 5)).toEqual([0, 1]);
    expect(usualPlays([steady(10, 60), steady(20, 60), steady(40, 60)])).toBe(20);
  });
});

describe('the aim of a calibration', () => {
  it('counts the same plays of as many listeners on both sides', () => {
    const aim = aimOf(sampleFrom([steady(100, 3600, 50), steady(100, 3600, 50)]));
    expect(aim.repeatShare(aim.log)).toBe(0.5);
    expect(aim.playsPerListenerDay(aim.log)).toBe(100 / 5);
    expect(aim.artists(aim.log)).toBe(50);
    // Longer logs of the same habit look the same; of four listeners two count.
    const longer = sampleFrom([1, 2, 3, 4].map(() => steady(200, 3600, 50)));
    expect(aim.repeatShare(longer)).toBe(0.5);
    expect(aim.gini(longer)).toBeCloseTo(aim.gini(aim.log));
  });

  it('refuses a log that is too small', () => {
    expect(() => aimOf(sampleFrom([steady(29, 3600)]))).toThrow(/None of the 1 listeners of the log has 30 plays/);
    expect(() => aimOf(sampleFrom([]))).toThrow(/None of the 0/);
  });
});

describe('a trial world', () => {
  it('keeps its habits when it is resized', () => {
    const small = resized(dials, { listeners: 100, tracks: 300 });
    expect(small).toMatchObject({ tracks: 300, releasesPerDay: 6, signupsPerDay: 2 });
    expect(Object.values(small.cohorts).map(({ listeners }) => listeners)).toEqual([80, 20]);
    expect(small.cohorts.explorers?.explore).toBe(dials.cohorts.explorers?.explore);
  });

  it('has as many listeners as were asked for, however the cohorts divide', () => {
    const cohort = { explore: 0.2, activity: 1 };
    const sizes = fc.dictionary(fc.stringMatching(/^[a-z]+$/), fc.nat(50), { minKeys: 1, maxKeys: 6 });
    fc.assert(
      fc.property(sizes, fc.integer({ min: 1, max: 200 }), (declared, listeners) => {
        fc.pre(Object.values(declared).some((size) => size > 0));
        const cohorts = Object.fromEntries(
          Object.entries(declared).map(([name, size]) => [name, { ...cohort, listeners: size }]),
        );
        expect(listenersOf(resized({ ...dials, cohorts }, { listeners, tracks: 300 }).cohorts)).toBe(listeners);
      }),
    );
  });

  it('is the same for the same seed, and another for another', async () => {
    const live = (seed: string) =>
      liveTrial(resized(dials, { listeners: 20, tracks: 200 }), { seed, family: 'latent', days: 5 });
    const [one, again, other] = [await live('1'), await live('1'), await live('2')];
    expect(again.listeners).toEqual(one.listeners);
    expect(other.listeners).not.toEqual(one.listeners);
  });
});

describe('calibrating', () => {
  it('finds less exploration where a log repeats more, and leaves the dials that the log says nothing of', async () => {
    // Listeners who never look for anything new: enough of them for chance to matter less, too few for the other dial.
    const cohorts = { all: { listeners: 48, explore: 0, activity: 1 } };
    const habits = { ...dials, cohorts, tracks: 1200, sessionsPerDay: 2 };
    const log = await liveTrial(habits, { seed: '5', family: 'latent', days: 12 });
    const options = { seed: '1', family: 'latent', volume: false, progress: silent } as const;
    const { world, dials: fitted, notes } = await calibrate(log, dials, options);
    expect(fitted.map(({ dial }) => dial)).toEqual(['explore']);
    const { target = 0, before = 0, after = 0 } = fitted[0] ?? {};
    expect(Math.abs(after - target)).toBeLessThan(Math.abs(before - target));
    expect(world.cohorts.regulars?.explore).toBeLessThan(dials.cohorts.regulars?.explore ?? 0);
    expect({ ...world, cohorts: dials.cohorts }).toEqual(dials);
    expect(notes.join()).toMatch(/popularityExponent is left as it is: it takes 50 listeners/);
    for (const { value, low, high } of fitted[0]?.values ?? []) {
      expect(low <= value && value <= high).toBe(true);
      expect(value).toBe(Number(value.toPrecision(2)));
    }
  }, 300_000);

  it('says so where a dial ends up at the end of what was searched, and that it may be something else', async () => {
    // Somebody who hears something else every time: no world repeats so little.
    const never = [steady(60, 3 * 3600)];
    const options = { seed: '1', family: 'latent', volume: true, progress: silent } as const;
    const { world, notes, dials: fitted } = await calibrate(sampleFrom(never), dials, options);
    // In a catalogue as wide as such a log asks for, those repeat least who do not explore.
    expect(world.cohorts.regulars?.explore).toBe(0);
    expect(notes.join('\n')).toMatch(
      /explore is at the lower end of what was searched: repeat share .* 0\.\d\d in the trial worlds, 0\.00 in the log\. Catalogue and releases/,
    );
    expect(fitted.map(({ dial }) => dial)).toEqual(['sessionsPerDay', 'explore']);
  }, 300_000);

  it('counts plays a day alike in what it fits and in what it shows', async () => {
    const log = sampleFrom([1, 2, 3].map((n) => steady(150 + n, 8 * 3600, 40)));
    const options = { seed: '1', family: 'acoustic', volume: true, progress: silent } as const;
    const { dials: fitted, log: target, before, after } = await calibrate(log, dials, options);
    const volume = fitted.find(({ dial }) => dial === 'sessionsPerDay');
    expect(volume?.target).toBeCloseTo(target.facts.playsPerListenerDay.value, 12);
    expect(volume?.before).toBeCloseTo(before.facts.playsPerListenerDay.value, 12);
    expect(volume?.after).toBeCloseTo(after.facts.playsPerListenerDay.value, 12);
    expect(volume?.target).toBeCloseTo(3, 1);
    expect(Math.abs((volume?.after ?? 0) / 3 - 1)).toBeLessThan(0.15);
  }, 300_000);
});

describe('the warning of a calibration', () => {
  const rowsWith = (...ok: readonly string[]): FactRow[] =>
    factNames.map((fact) => ({
      fact,
      target: 1,
      low: null,
      high: null,
      value: 1,
      distance: 0,
      measure: 'relative error',
      verdict: ok.includes(fact) ? 'ok' : 'outside',
      reason: null,
      source: null,
    }));

  it('comes when fewer facts are ok than before, names them and what to do', () => {
    const warning = warningOn({ before: rowsWith('gini', 'repeatShare', 'topShare'), after: rowsWith('repeatShare') });
    expect(warning).toMatch(/less like the log: 1 facts ok, 3 before; no more plays of the top 1 % of artists, Gini/);
    expect(warning).toMatch(/try another --family/);
  });

  it('does not come otherwise, whichever facts they are', () => {
    expect(warningOn({ before: rowsWith('gini'), after: rowsWith('repeatShare') })).toBeUndefined();
    expect(warningOn({ before: rowsWith(), after: rowsWith('repeatShare') })).toBeUndefined();
  });
});

describe('uncertainty', () => {
  const mean = ({ listeners }: Sample): number =>
    listeners.reduce((sum, { track }) => sum + track.length, 0) / listeners.length;
  it('of a mean is its standard error where every listener is a group, and unknown for one', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 50 }), { minLength: 2, maxLength: 10 }), (plays) => {
        const sample = sampleFrom(plays.map((n) => steady(n, 60)));
        expect(jackknifeError(sample, mean)).toBeCloseTo(deviation(plays) / Math.sqrt(plays.length), 9);
      }),
    );
    expect(jackknifeError(sampleFrom([steady(9, 60)]), mean)).toBe(0);
  });

  it('slopes are those of a line', () => {
    const line = fc.tuple(fc.integer({ min: -9, max: 9 }), fc.integer({ min: -9, max: 9 }));
    fc.assert(
      fc.property(line, fc.uniqueArray(fc.integer({ min: -99, max: 99 }), { minLength: 2 }), ([a, b], xs) => {
        expect(slopeOf(xs.map((x) => ({ x, y: a + b * x })))).toBeCloseTo(b, 9);
      }),
    );
    expect(slopeOf([{ x: 1, y: 2 }])).toBe(0);
    expect(deviation([2, 4, 4, 4, 5, 5, 7, 9])).toBeCloseTo(Math.sqrt(32 / 7), 12);
  });
});

describe('a world file', () => {
  const content = {
    source: { file: 'log.json', digest: 'a'.repeat(64), listeners: 3, plays: 1000 },
    family: 'latent' as const,
    world: { ...dials, popularityExponent: 1.5 },
    facts: { gini: { log: 0.8, before: 0.7, after: null } },
  };
  const path = join(folder, 'world.json');
  const changed = (change: (file: Record<string, unknown>) => void): string => {
    writeWorldFile(path, content);
    const file = JSON.parse(readFileSync(path, 'utf8')) as Record<string, unknown>;
    change(file);
    writeFileSync(path, JSON.stringify(file));
    return path;
  };

  it('is read as it was written', () => {
    writeWorldFile(path, content);
    expect(readWorldFile(path)).toEqual({
      schema: 1,
      dubplate: version,
      ...content,
      dials: expect.stringMatching(/^[0-9a-f]{64}$/),
      isEdited: false,
      defaults: [],
    });
  });

  it.each([
    [
      'another schema',
      (file: Record<string, unknown>) => Object.assign(file, { schema: 2 }),
      /schema 2; this version of Dubplate reads schema 1/,
    ],
    [
      'another version',
      (file: Record<string, unknown>) => Object.assign(file, { dubplate: '9.9.9' }),
      /calibrated by Dubplate 9\.9\.9, and this is/,
    ],
    ['no version', (file: Record<string, unknown>) => delete file.dubplate, /is not a world file/],
    [
      'a misspelt dial and one out of range',
      (file: Record<string, unknown>) => Object.assign(file, { world: { trakcs: 5, popularityExponent: 7 } }),
      /it has 2 problems:[\s\S]*popularityExponent: found 7[\s\S]*trakcs: no such option; did you mean 'world\.tracks'\?/,
    ],
    [
      'a digest that is none',
      (file: Record<string, unknown>) => Object.assign(file, { source: { ...content.source, digest: 'x' } }),
      /source\.digest/,
    ],
  ])('of %s is refused', (_, change, message) => {
    expect(() => readWorldFile(changed(change))).toThrow(message);
  });

  it('that is no JSON, or not there, is refused', () => {
    writeFileSync(path, '{"schema": 1');
    expect(() => readWorldFile(path)).toThrow(/is not JSON/);
    expect(() => readWorldFile(join(folder, 'none.json'))).toThrow(/Cannot read/);
  });
});
