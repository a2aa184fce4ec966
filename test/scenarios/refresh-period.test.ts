import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { chooseKernel } from '../../engine/als/choose-kernel.ts';
import { EventBuffer, type EventColumns } from '../../engine/core/events.ts';
import { runExperiment } from '../../scenarios/experiment.ts';
import { LaterEvents } from '../../scenarios/later-events.ts';
import { openRunFolder, readManifest } from '../../scenarios/run-folder.ts';
import { isNightly, scheduleOf } from '../../scenarios/schedule.ts';
import { parseScenario, type ScenarioInput } from '../../scenarios/schema.ts';
import type { MetricRow } from '../../scenarios/scoring/rows.ts';
import { readEvents } from '../../sim/log.ts';

const folder = mkdtempSync(join(tmpdir(), 'dubplate-period-'));
afterAll(() => rmSync(folder, { recursive: true }));

const arm = (slate: object): ScenarioInput['arms'][string] => ({
  als: { factors: 8, firstSweeps: 2 },
  blend: { kind: 'collaborative' },
  slate: { length: 30, ...slate },
});

const scenario: ScenarioInput = {
  name: 'periods',
  question: 'What does a shorter period do?',
  days: 4,
  history: 3,
  scoreHours: [0, 12],
  // Two blocks of listeners, for two threads.
  world: {
    tracks: 150,
    releasesPerDay: 8,
    signupsPerDay: 6,
    sessionsPerDay: 0.4,
    cohorts: { all: { listeners: 560, explore: 0.3 } },
  },
  arms: {
    every6: arm({ refreshHours: 6 }),
    nightly: arm({}),
    every48: arm({ refreshHours: 48 }),
    immediate: arm({ foldIn: 'everyone' }),
  },
  bounds: [],
};

async function run(
  name: string,
  input: ScenarioInput,
  { threads = 1, resume = false, progress = (_label: string, _done: number): void => {} } = {},
) {
  const path = join(folder, name);
  await runExperiment(parseScenario(input, name), {
    folder: openRunFolder(path, { resume }),
    resume,
    redisUrl: undefined,
    encoder: undefined,
    kernel: chooseKernel(threads),
    command: `npx dubplate run ${name}`,
    progress,
  });
  const { rows } = JSON.parse(readFileSync(join(path, 'metrics.json'), 'utf8')) as { rows: MetricRow[] };
  return { path, rows, digests: readManifest(path)?.digests as Record<string, Record<string, string>> };
}

describe('refresh periods', () => {
  const whole = run('whole', scenario);
  const generations = (path: string, name: string, day: number): number[] => [
    ...new Set(readEvents(join(path, name, 'latent-0', 'events', `day=000${day}.arrow`)).generation),
  ];

  it('show each listener lists of the last refresh, and of no other', async () => {
    const { path } = await whole;
    const shown = (name: string, day: number): number[] =>
      generations(path, name, day)
        .filter((generation) => generation > 0)
        .sort((a, b) => a - b);
    expect(shown('every6', 2)).toEqual([9, 10, 11, 12]);
    expect(shown('nightly', 2)).toEqual([3]);
    expect([1, 2, 3].map((day) => shown('every48', day))).toEqual([[1], [2], [2]]);
    expect(shown('immediate', 2)).toEqual([3]);
  });

  it('show what was made by the last refresh before the look, at every hour', async () => {
    const { path } = await whole;
    const { generation, time, source, length } = readEvents(join(path, 'every6/latent-0/events/day=0001.arrow'));
    let shown = 0;
    for (let row = 0; row < length; row++) {
      if (source[row] !== 0) continue;
      shown += 1;
      // A session may go on beyond the refresh that follows; its list is that of its beginning.
      expect(generation[row]! - 1).toBeLessThanOrEqual(Math.floor(time[row]! / 21_600));
    }
    expect(shown).toBeGreaterThan(50);
  });

  it('cost lists, reads and operations by the day', async () => {
    const { rows } = await whole;
    const of = (name: string, metric: string): number[] =>
      rows.filter((row) => row.arm === name && row.metric === metric).map(({ value }) => value);
    expect(of('every6', 'refreshesPerDay')).toEqual([4, 4, 4, 4]);
    expect(of('every48', 'refreshesPerDay')).toEqual([1, 0, 1, 0]);
    expect(of('every48', 'listsPerDay').map((lists) => lists > 0)).toEqual([true, false, true, false]);
    for (const lists of of('immediate', 'listsPerDay')) expect(lists).toBe(0);
    for (const made of of('immediate', 'foldInsPerDay')) expect(made).toBeGreaterThan(100);
    // Of the others only newcomers have lists made for them, and fewer the more often everybody has.
    const newcomers = (name: string): number => of(name, 'foldInsPerDay').reduce((sum, lists) => sum + lists, 0);
    expect(newcomers('every6')).toBeLessThan(newcomers('nightly'));
    expect(newcomers('nightly')).toBeLessThan(newcomers('every48'));
    for (const flops of of('nightly', 'flopsPerDay')) expect(flops).toBeGreaterThan(0);
  });

  it('are scored at the same hours in every arm, and the hour is told', async () => {
    const { rows } = await whole;
    for (const name of Object.keys(scenario.arms)) {
      const scored = rows.filter(
        ({ arm, metric, segment }) => arm === name && metric === 'oracleRecall@50' && segment === 'all',
      );
      expect(scored.map(({ day, hour }) => [day, hour])).toEqual(
        [0, 1, 2, 3].flatMap((day) => [
          [day, 0],
          [day, 12],
        ]),
      );
    }
  });

  it('give the same digests for one, two and five threads', async () => {
    const { digests } = await whole;
    for (const threads of [2, 5])
      expect((await run(`threads-${threads}`, scenario, { threads })).digests).toEqual(digests);
  });

  it('go on after an interruption to the same end, from a day with a refresh', async () => {
    const { digests } = await whole;
    const stopAt = (name: string, stopDay: number) => (label: string, day: number) => {
      if (label === `latent-0 ${name}: days` && day === stopDay) throw new Error('the power is gone');
    };
    for (const [name, day] of [
      ['every6', 2],
      ['every48', 3],
      ['immediate', 1],
    ] as const)
      await expect(run('often', scenario, { resume: name !== 'every6', progress: stopAt(name, day) })).rejects.toThrow(
        /power/,
      );
    expect((await run('often', scenario, { resume: true })).digests).toEqual(digests);
  });

  it('leave what is lived as it is when lists are only scored more often', async () => {
    const nightly = { ...scenario, arms: { nightly: arm({}) } };
    const once = await run('once', { ...nightly, scoreHours: [0] });
    const often = await run('four', { ...nightly, scoreHours: [0, 6, 12, 18] });
    const { model, slates } = once.digests['nightly/latent-0']!;
    expect(often.digests['nightly/latent-0']).toMatchObject({ model, slates });
    const night = ({ rows }: typeof once): Map<string, number> =>
      new Map(
        rows
          .filter(({ metric, hour = 0 }) => hour === 0 && /oracleRecall|recall@|satisfaction/.test(metric))
          .map(({ metric, day, segment, value }) => [`${metric} ${segment} ${day}`, value]),
      );
    const [left, right] = [night(often), night(once)];
    expect(left.size).toBeGreaterThan(50);
    expect([...left.keys()].sort()).toEqual([...right.keys()].sort());
    // Sums of utilities are of the same plays in another order.
    for (const [key, value] of left) expect(value).toBeCloseTo(right.get(key) ?? Number.NaN, 9);
  });
});

describe('a schedule', () => {
  const arms = (...hours: number[]) =>
    parseScenario(
      { ...scenario, arms: Object.fromEntries(hours.map((h) => [`a${h}`, arm({ refreshHours: h })])) },
      'x',
    );

  it('cuts days where an arm is refreshed or lists are scored, and refreshes each arm once a period', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(1, 2, 3, 4, 6, 8, 12, 24, 48, 72),
        fc.constantFrom(6, 24, 48),
        fc.subarray([3, 7, 12, 23]),
        fc.integer({ min: 1, max: 9 }),
        (own, other, scored, days) => {
          const { arms: declared } = arms(own, other);
          const { parts, refreshes, scores, refreshesIn } = scheduleOf(
            { arms: declared, scoreHours: [0, ...scored] },
            { refreshHours: own },
          );
          expect(parts[0]?.fromS).toBe(0);
          parts.forEach(({ fromS, toS }, i) => {
            expect(fromS).toBeLessThan(toS);
            expect(toS).toBe(parts[i + 1]?.fromS ?? 86_400);
          });
          const hours = Array.from({ length: days }, (_, day) => day).flatMap((day) =>
            parts.filter((part) => refreshes(day, part)).map(({ fromS }) => 24 * day + fromS / 3600),
          );
          expect(hours).toEqual(Array.from({ length: Math.ceil((24 * days) / own) }, (_, n) => n * own));
          expect(refreshesIn(days)).toBe(hours.length);
          expect(parts.filter(scores).map(({ fromS }) => fromS / 3600)).toEqual([0, ...scored]);
        },
      ),
    );
  });

  it('is nightly only where every arm is', () => {
    expect(isNightly({ ...arms(24), scoreHours: [0] })).toBe(true);
    expect(isNightly({ ...arms(24), scoreHours: [0, 6] })).toBe(false);
    expect(isNightly({ ...arms(24, 48), scoreHours: [0] })).toBe(false);
    const immediate = parseScenario({ ...scenario, scoreHours: [0], arms: { a: arm({ foldIn: 'everyone' }) } }, 'x');
    expect(isNightly(immediate)).toBe(false);
  });

  it('refuses periods that do not divide a day, and hours that do not ascend from midnight', () => {
    expect(() => arms(5)).toThrow(/arms\.a5\.slate\.refreshHours: is 5, but must divide 24 or be whole days: 1, 2, 3/);
    expect(() => arms(36)).toThrow(/is 36, but must divide 24/);
    expect(() => parseScenario({ ...scenario, scoreHours: [6, 12] }, 'x')).toThrow(
      /scoreHours: is \[6,12\], but must ascend from 0/,
    );
  });
});

describe('later events', () => {
  it('are handed on once, not before their time, each listener’s in order', () => {
    const sessions = fc.array(
      fc.record({ user: fc.nat(3), part: fc.nat(3), length: fc.integer({ min: 1, max: 250 }) }),
    );
    fc.assert(
      fc.property(sessions, (drawn) => {
        const later = new LaterEvents();
        const known: { user: number; time: number; end: number }[] = [];
        const told: [number, number][] = [];
        const busyUntil = new Map<number, number>();
        for (const part of [0, 1, 2, 3]) {
          const end = 100 * (part + 1);
          const hear = (events: EventColumns): void => {
            for (let row = 0; row < events.length; row++)
              known.push({ user: events.user[row]!, time: events.time[row]!, end });
          };
          later.release(end, hear);
          for (const { user, length } of drawn.filter((session) => session.part === part)) {
            const buffer = new EventBuffer();
            const from = Math.max(100 * part, busyUntil.get(user) ?? 0);
            if (from >= end) continue;
            const until = Math.min(400, from + length);
            busyUntil.set(user, until);
            for (let time = from; time < until; time += 10) {
              buffer.add(user, 0, time, 0, 0, 0, 0, 0, 1);
              told.push([user, time]);
            }
            later.pass(buffer.slice(), end, hear);
          }
        }
        later.checkEmpty();
        for (const { time, end } of known) {
          expect(time).toBeLessThan(end);
          expect(time).toBeGreaterThanOrEqual(end - 100);
        }
        for (const user of [0, 1, 2, 3])
          expect(known.filter((row) => row.user === user).map(({ time }) => time)).toEqual(
            told.filter(([who]) => who === user).map(([, time]) => time),
          );
        expect(known).toHaveLength(told.length);
      }),
    );
  });
});
