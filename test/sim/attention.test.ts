import { describe, expect, it } from 'vitest';
import { noTrack } from '../../engine/core/events.ts';
import { type Attention, createAttention, newsAbout, poolsOf, trackFrom, trackFromPart } from '../../sim/attention.ts';
import { inUnits } from '../../sim/units.ts';
import { smallWorld } from './support.ts';

const poolSize = 512;
const world = smallWorld({ tracks: 3000, releasesPerDay: 20, scenes: 5 }, { historyDays: 30, days: 20 });

/** What one draws from a pool by every random word that there is, each pool entry once. */
const drawnFrom = (attention: Attention, pool: number): number[] =>
  Array.from({ length: poolSize }, (_, i) => trackFrom(attention, pool, (i * 2 ** 23) >>> 0));

describe('what the world talks about', () => {
  it('fills every pool with tracks that are out, those of a scene with its own', () => {
    for (const day of [-30, 0, 12]) {
      const attention = world.attentionOn(day);
      for (let neighbourhood = 0; neighbourhood < attention.neighbourhoods; neighbourhood++) {
        const first = poolsOf(attention, neighbourhood);
        for (let scene = -1; scene < 5; scene++) {
          const drawn = drawnFrom(attention, first + 1 + scene);
          expect(drawn.every((track) => track < attention.released)).toBe(true);
          if (scene >= 0) expect(drawn.every((track) => world.trackScene[track] === scene)).toBe(true);
          expect(new Set(drawn).size).toBeGreaterThan(100);
        }
      }
    }
  });

  it('holds whoever is as famous as can be, and whoever is as unknown', () => {
    const most = inUnits(Math.SQRT2 * 3.45);
    for (const fame of [most, -most]) {
      const artists = { ...world.artists, fame: world.artists.fame.slice() };
      artists.fame[7] = fame;
      const attention = createAttention({
        releases: world.releases,
        artists,
        options: { ...world.options, contagion: 0, popularityExponent: 3 },
        offset: () => 0.5,
      })(0);
      const drawn = drawnFrom(attention, 0);
      expect(drawn.filter((track) => track === 7).length > 100).toBe(fame > 0);
      expect(new Set(drawn).size).toBeGreaterThan(fame > 0 ? 2 : 20);
    }
  });

  it('speaks of other tracks in each part of a pool, of all of them in all parts together', () => {
    const attention = world.attentionOn(0);
    const parts = Array.from({ length: 16 }, (_, part) =>
      Array.from({ length: 32 }, (_, i) => trackFromPart(attention, 0, part, (i * 2 ** 27) >>> 0)),
    );
    expect(parts.flat()).toEqual(drawnFrom(attention, 0));
    for (const [part, tracks] of parts.entries()) {
      if (part > 0) expect(tracks[0]).toBeGreaterThanOrEqual(Math.max(...parts[part - 1]!));
    }
  });

  it('knows what an artist released in the last ten days, the latest of it, and nothing of the others', () => {
    const attention = world.attentionOn(15);
    const { artist, releasedAt } = world.releases;
    const since = (15 - 10) * 86_400;
    let some = 0;
    for (let track = 0; track < attention.released; track++) {
      let latest = noTrack;
      for (let t = 0; t < attention.released; t++) {
        if (artist[t] === artist[track] && releasedAt[t]! > since) latest = t;
      }
      if (latest !== noTrack) some++;
      expect(newsAbout(attention, artist, track)).toBe(latest);
      if (track > 400) track += 6; // every track against every other would take a while
    }
    expect(some).toBeGreaterThan(10);
  });
});
