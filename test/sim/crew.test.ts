import { describe, expect, it } from 'vitest';
import type { EventColumns } from '../../engine/core/events.ts';
import { packSlates } from '../../scenarios/pack-slates.ts';
import { openCrew, type Service } from '../../sim/crew.ts';
import { createCrowd } from '../../sim/crowd.ts';
import { type FamilyName, familyNames } from '../../sim/options.ts';
import { digestOfEvents, joined, smallWorld } from './support.ts';

/** More than four blocks of listeners. */
const listeners = 2100;

const worlds: readonly (readonly [FamilyName, drift: number])[] = [
  ...familyNames.map((family) => [family, 0] as const),
  ['context', 1],
];

describe.each(worlds)('the log of a %s world with drift %d', (family, drift) => {
  const world = smallWorld(
    { tracks: 400, signupsPerDay: 30, drift, cohorts: { all: { listeners } } },
    { family, historyDays: 2, days: 2 },
  );
  const serve: Service['serve'] = (asking) =>
    packSlates(
      Array.from(asking, (listener) => ({
        tracks: Uint32Array.from({ length: 50 }, (_, n) => (listener * 7 + n * 13) % 400),
        generation: 1,
      })),
    );

  /** Log and end state of two organic and two served days. */
  async function live(threads: number, answer = serve) {
    const crew = openCrew(world, threads);
    const crowd = createCrowd(world);
    const days: EventColumns[] = [];
    let observed = 0;
    const service: Service = {
      observe: (events) => {
        observed += events.length;
      },
      serve: answer,
      log: (events) => days.push(events),
    };
    try {
      for (const day of [-2, -1, 0, 1]) await crew.live(crowd, day, day < 0 ? 'organic' : 'served', service);
      crowd.audit();
      expect(observed).toBe(joined(days).length);
      return { digest: digestOfEvents(joined(days)), state: crowd.state };
    } finally {
      await crew.close();
    }
  }

  it('is the same, and so are its listeners, for one, two and five threads', async () => {
    const alone = await live(1);
    for (const threads of [2, 5]) expect(await live(threads)).toEqual(alone);
  });

  it('is the same in whatever order blocks are answered', async () => {
    // Every third answer waits for those of other blocks.
    let asked = 0;
    const late: Service['serve'] = async (asking, times) => {
      if (asked++ % 3 === 0) await new Promise((resolve) => setTimeout(resolve, 5));
      return serve(asking, times);
    };
    expect((await live(3, late)).digest).toBe((await live(1)).digest);
  });
});

describe('a crew', () => {
  it('passes on what goes wrong on another thread', async () => {
    const world = smallWorld({ cohorts: { all: { listeners } } }, { historyDays: 0, days: 1 });
    const crew = openCrew(world, 2);
    const tooFew: Service = { observe() {}, serve: () => packSlates([]), log() {} };
    await expect(crew.live(createCrowd(world), 0, 'served', tooFew)).rejects.toThrow(/slates were asked for, 0 came/);
    await crew.close();
  });
});
