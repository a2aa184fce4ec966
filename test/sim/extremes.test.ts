import { describe, expect, it } from 'vitest';
import { kindCode } from '../../engine/core/events.ts';
import { packSlates } from '../../scenarios/pack-slates.ts';
import { listenerTable } from '../../sim/actors/listener.ts';
import { openCrew, type Service } from '../../sim/crew.ts';
import { createCrowd } from '../../sim/crowd.ts';
import { familyNames, type WorldOptionsInput } from '../../sim/options.ts';
import { livePast, rowsOf, runDay, smallWorld } from './support.ts';

const only = (listeners: number): WorldOptionsInput['cohorts'] => ({ all: { listeners } });

/** Two organic days and two served ones; how many rows of each kind were logged. */
async function liveThrough(options: WorldOptionsInput, family: (typeof familyNames)[number]) {
  const world = smallWorld(options, { family, historyDays: 2, days: 2 });
  const crew = openCrew(world, 1);
  const crowd = createCrowd(world);
  const service: Service = {
    observe() {},
    serve: (asking) =>
      packSlates(
        Array.from(asking, () => ({ tracks: Uint32Array.of(0), generation: 1, propensity: Float32Array.of(1) })),
      ),
    log() {},
  };
  for (const day of [-2, -1, 0, 1]) await crew.live(crowd, day, day < 0 ? 'organic' : 'served', service);
  crowd.audit();
  await crew.close();
  return { plays: crowd.state.logged[kindCode.play]!, departures: crowd.state.logged[kindCode.churn]!, crowd, world };
}

describe.each(familyNames)('a small or strange %s world', (family) => {
  it('lives with one listener', async () => {
    const { plays } = await liveThrough({ cohorts: only(1), signupsPerDay: 0, sessionsPerDay: 8 }, family);
    expect(plays).toBeGreaterThan(0);
  });

  it('lives with one track', async () => {
    const { plays, world } = await liveThrough({ tracks: 1, releasesPerDay: 0 }, family);
    expect(world.releases.artist.length).toBe(1);
    expect(plays).toBeGreaterThan(0);
  });

  it('lives without releases and without sign-ups', async () => {
    const { plays } = await liveThrough({ releasesPerDay: 0, signupsPerDay: 0, pastSignupShare: 0 }, family);
    expect(plays).toBeGreaterThan(0);
  });

  it('lives on when everybody has left', async () => {
    const { plays, departures, crowd, world } = await liveThrough({ churnPerDay: 1, signupsPerDay: 0 }, family);
    expect(departures).toBe(world.arrivals.signedUpAt.length);
    expect([...crowd.state.columns.state.keys()].some((listener) => crowd.isMember(listener))).toBe(false);
    expect(plays).toBeGreaterThan(0); // on their first day
  });

  it('lives with more than 255 generations of slates', async () => {
    const world = smallWorld({ cohorts: only(20) }, { family, historyDays: 1, days: 1 });
    const { crowd } = livePast(world);
    const rows = runDay(world, crowd, 0, (listener) => ({
      tracks: Uint32Array.from({ length: 5 }, (_, n) => (listener + n) % 300),
      generation: 100_000,
    })).flatMap((part) => [...rowsOf(part)]);
    const shown = rows.filter(({ position }) => position >= 0);
    expect(shown.length).toBeGreaterThan(0);
    expect(shown.every(({ generation }) => generation === 100_000)).toBe(true);
  });
});

describe('one listener less', () => {
  it.each(familyNames.flatMap((family) => [0, 1].map((drift) => ({ family, drift }))))(
    'changes nothing of what the others draw: $family, drift $drift',
    ({ family, drift }) => {
      const world = smallWorld({ cohorts: only(80), signupsPerDay: 0, drift }, { family, historyDays: 3, days: 1 });
      const churned = listenerTable.codeOf('churned');
      const gone = 17;
      const [all, less] = [createCrowd(world), createCrowd(world)];
      less.state.columns.state[gone] = churned;
      const dayOf = (crowd: typeof all, day: number): string[] =>
        runDay(world, crowd, day).flatMap((part) =>
          [...rowsOf(part)].filter(({ user }) => user !== gone).map((row) => JSON.stringify(row)),
        );
      const first = dayOf(all, -3);
      expect(first.length).toBeGreaterThan(100);
      expect(dayOf(less, -3)).toEqual(first);
      // From the second day on, the charts know that one is missing; who listens, and when, does not depend on them.
      for (const day of [-2, -1]) for (const crowd of [all, less]) dayOf(crowd, day);
      const opened = ({ state }: typeof all): number[] =>
        [...state.columns.sessionsOpened].filter((_, listener) => listener !== gone);
      expect(opened(less)).toEqual(opened(all));
    },
  );
});
