import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { type EventColumns, kindCode } from '../../engine/core/events.ts';
import { secondsPerDay } from '../../engine/core/time.ts';
import { packSlates } from '../../scenarios/pack-slates.ts';
import { type Crew, openCrew, type Service } from '../../sim/crew.ts';
import { createCrowd } from '../../sim/crowd.ts';
import { endOfPart, isWithin, type PartOfDay, wholeDay } from '../../sim/part-of-day.ts';
import { digestOfEvents, joined, type Row, rowsOf, smallWorld } from './support.ts';

/** Two blocks of listeners; enough leave, lapse and sign up for every morning to have some of each. */
const world = smallWorld(
  {
    tracks: 400,
    signupsPerDay: 40,
    churnPerDay: 0.02,
    lapsePerDay: 0.05,
    cohorts: { all: { listeners: 700, explore: 0.4 } },
  },
  { family: 'social', historyDays: 2, days: 2 },
);
const crews = new Map<number, Crew>();
const crewOf = (threads: number): Crew => crews.get(threads) ?? openCrew(world, threads);
afterAll(async () => {
  for (const crew of crews.values()) await crew.close();
});

/** Parts from the hours at which a day is cut. */
const partsAt = (cutsS: readonly number[]): PartOfDay[] => {
  const ends = [...new Set([...cutsS, secondsPerDay])].sort((a, b) => a - b);
  return ends.map((toS, i) => ({ fromS: i === 0 ? 0 : ends[i - 1]!, toS }));
};

/** Two organic and two served days, each cut alike; the same lists are shown whenever somebody looks. */
async function live(parts: readonly PartOfDay[], threads = 1) {
  const crew = crewOf(threads);
  crews.set(threads, crew);
  const crowd = createCrowd(world);
  const log: EventColumns[] = [];
  const asked: { part: PartOfDay; day: number; time: number }[] = [];
  for (const day of [-2, -1, 0, 1]) {
    for (const part of parts) {
      const service: Service = {
        observe() {},
        log: (events) => log.push(joined([events])),
        serve(listeners, times) {
          for (const time of times) asked.push({ part, day, time });
          return packSlates(
            Array.from(listeners, (listener) => ({
              tracks: Uint32Array.from({ length: 50 }, (_, n) => (listener * 7 + n * 13 + day) % 400),
              generation: day + 1,
            })),
          );
        },
      };
      await crew.live(crowd, day, day < 0 ? 'organic' : 'served', service, undefined, part);
    }
  }
  crowd.audit();
  const events = joined(log);
  const byListener = new Map<number, Row[]>();
  for (const row of rowsOf(events)) byListener.set(row.user, [...(byListener.get(row.user) ?? []), row]);
  return { state: crowd.state, byListener, asked, digest: digestOfEvents(events) };
}

describe('a day that is lived in parts', () => {
  it('is the day lived in one: the same listeners, charts and rows of each listener, wherever it is cut', async () => {
    const whole = await live([wholeDay]);
    expect([...whole.byListener.values()].flat().some(({ kind }) => kind === kindCode.churn)).toBe(true); // somebody has left
    await fc.assert(
      fc.asyncProperty(
        fc.oneof(
          fc.constantFrom([43_200], [21_600, 43_200, 64_800]),
          fc.array(fc.integer({ min: 1, max: secondsPerDay - 1 }), { maxLength: 4 }),
        ),
        async (cutsS) => {
          const parts = await live(partsAt(cutsS));
          expect(parts.state).toEqual(whole.state);
          expect(parts.byListener).toEqual(whole.byListener);
          expect(parts.asked.filter(({ part, day, time }) => !isWithin(time, day, part))).toEqual([]);
        },
      ),
      { numRuns: 6 },
    );
  });

  it('gives the same log for one, two and five threads', async () => {
    const parts = partsAt([21_600, 43_200]);
    const alone = await live(parts);
    for (const threads of [2, 5]) {
      const together = await live(parts, threads);
      expect(together.digest).toBe(alone.digest);
      expect(together.state).toEqual(alone.state);
    }
  });

  it('holds each moment in exactly one part', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 1, max: secondsPerDay - 1 }), { maxLength: 5 }),
        fc.integer({ min: -3, max: 3 }),
        fc.nat(secondsPerDay - 1),
        (cutsS, day, second) => {
          const time = day * secondsPerDay + second;
          const holding = partsAt(cutsS).filter((part) => isWithin(time, day, part));
          expect(holding).toHaveLength(1);
          expect(time).toBeLessThan(endOfPart(day, holding[0]!));
        },
      ),
    );
  });
});
