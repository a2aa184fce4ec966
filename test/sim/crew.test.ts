import { describe, expect, it } from 'vitest';
import type { EventColumns } from '../../engine/core/events.ts';
import { dayOf } from '../../engine/core/time.ts';
import { packSlates } from '../../scenarios/pack-slates.ts';
import { openCrew, type Service } from '../../sim/crew.ts';
import { createCrowd } from '../../sim/crowd.ts';
import { blockListeners } from '../../sim/day.ts';
import { type FamilyName, familyNames } from '../../sim/options.ts';
import { digestOfEvents, joined, smallWorld } from './support.ts';

const blockAndDay = (asking: Uint32Array, times: Int32Array): string =>
  `${Math.floor(asking[0]! / blockListeners)} on day ${dayOf(times[0]!)}`;

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
      log: (events) => days.push(joined([events])),
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
    // How often each block asks on each day follows from keys alone.
    const asks = new Map<string, number>();
    const alone = await live(1, (asking, times) => {
      const who = blockAndDay(asking, times);
      asks.set(who, (asks.get(who) ?? 0) + 1);
      return serve(asking, times);
    });
    for (const order of ['first to last', 'last to first'] as const)
      expect(await live(3, inOrder(order, asks))).toEqual(alone);
  });

  /** Answers nobody before every block that is going to ask again on this day has asked; then all of them, in that order. */
  function inOrder(order: 'first to last' | 'last to first', asks: ReadonlyMap<string, number>): Service['serve'] {
    const left = new Map(asks);
    const waiting = new Map<string, () => void>();
    return (asking, times) =>
      new Promise((resolve) => {
        waiting.set(blockAndDay(asking, times), () => resolve(serve(asking, times)));
        const today = dayOf(times[0]!);
        const expected = [...left].filter(([name, asks]) => asks > 0 && name.endsWith(`on day ${today}`));
        if (waiting.size < expected.length) return;
        const blocks = [...waiting.keys()].sort();
        for (const name of order === 'first to last' ? blocks : blocks.reverse()) {
          left.set(name, left.get(name)! - 1);
          waiting.get(name)!();
        }
        waiting.clear();
      });
  }
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
