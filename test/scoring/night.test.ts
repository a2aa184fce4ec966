import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import type { EventColumns } from '../../engine/core/events.ts';
import { startOfDay } from '../../engine/core/time.ts';
import { Heard } from '../../scenarios/scoring/heard.ts';
import { type Night, panelAt } from '../../scenarios/scoring/night.ts';
import { openNightScorer } from '../../scenarios/scoring/night-thread.ts';
import { segmentsAt } from '../../scenarios/scoring/segments.ts';
import { createCrowd } from '../../sim/crowd.ts';
import { worldOptionsSchema } from '../../sim/options.ts';
import { createWorld, type World } from '../../sim/world.ts';
import { simulateDay } from '../sim/support.ts';

const folder = mkdtempSync(join(tmpdir(), 'dubplate-night-'));
afterAll(() => rmSync(folder, { recursive: true }));

const seed = 'night/0';
const worldWith = (drift: number): World =>
  createWorld(
    worldOptionsSchema.parse({
      tracks: 120,
      releasesPerDay: 6,
      signupsPerDay: 3,
      cohorts: { all: { listeners: 40 } },
      drift,
    }),
    { seed, family: 'latent', historyDays: 8, days: 3 },
  );
const still = worldWith(0);

/** The nights of days 0 and 1 of a crowd that lives without slates. */
function nights(name: string, world = still): Night[] {
  const crowd = createCrowd(world);
  const plays = new Float64Array(world.catalogue.tracks.length);
  const heard = new Heard(world.catalogue.listeners.length);
  for (let day = -8; day < 0; day++) {
    const events = simulateDay(world, crowd, day, 'organic').next().value as EventColumns;
    heard.observe(events);
    for (let row = 0; row < events.length; row++) if (events.kind[row] === 0) plays[events.track[row]!]! += 1;
  }
  return [0, 1].map((day) => {
    const [listenerCount, trackCount] = [world.listenerCountAt(startOfDay(day)), world.trackCountAt(startOfDay(day))];
    const { listeners, tracks } = world.catalogue;
    const known = { listeners: listeners.slice(0, listenerCount), tracks: tracks.slice(0, trackCount) };
    const panel = panelAt(segmentsAt(startOfDay(day), known), seed);
    const night: Night = {
      day,
      hour: 0,
      listenerCount,
      trackCount,
      crowd: crowd.clone().state,
      heard: Array.from(panel.listeners, (listener) => heard.tracks(listener)),
      rankings: Array.from(panel.listeners, (_, i) => Uint32Array.from({ length: 60 }, (_, n) => (i + n) % trackCount)),
      slots: new Float64Array(trackCount).fill(2),
      bounds: day === 0 ? ['random', 'popular', 'oracle'] : ['oracle'],
      plays,
      shadowFile: join(folder, `${name}-${day}.arrow`),
    };
    simulateDay(world, crowd, day, 'organic').next();
    return night;
  });
}

describe('the scores of a night', () => {
  it.each([0, 1])('are the same worked out here and on another thread, night after night, drift %d', async (drift) => {
    const world = worldWith(drift);
    const here = openNightScorer(world, seed);
    const there = openNightScorer(world, seed, 0);
    const sent = nights('there', world);
    for (const [day, night] of nights('here', world).entries()) {
      const expected = await here.score(night);
      expect(expected.arm.length).toBeGreaterThan(20);
      expect(expected.bounds.map(({ bound }) => bound)).toEqual(night.bounds);
      expect(await there.score(sent[day]!)).toEqual(expected);
      const oracle = expected.bounds.find(({ bound }) => bound === 'oracle')?.figures ?? [];
      for (const { metric, value } of oracle) if (metric.startsWith('oracleRecall')) expect(value).toBe(1);
      expect(readFileSync(join(folder, `there-${day}.arrow`))).toEqual(readFileSync(join(folder, `here-${day}.arrow`)));
    }
    await here.close();
    await there.close();
  });

  it('leave the crowd as it was', async () => {
    const crowd = createCrowd(still);
    simulateDay(still, crowd, -8, 'organic').next();
    const before = crowd.clone().state;
    const [night] = nights('untouched');
    await openNightScorer(still, seed).score({ ...night!, crowd: crowd.state });
    expect(crowd.state).toEqual(before);
  });

  it('fail with the error of the other thread', async () => {
    const there = openNightScorer(still, seed, 0);
    const [night] = nights('failing');
    await expect(there.score({ ...night!, shadowFile: join(folder, 'missing\0', 'x.arrow') })).rejects.toThrow();
    await there.close();
  });
});
