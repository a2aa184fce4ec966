import { describe, expect, it } from 'vitest';
import { kindCode, sourceCode } from '../../engine/core/events.ts';
import { rankByTruth, scoreAgainstTruth } from '../../scenarios/scoring/ranking-figures.ts';
import { TrueFavourites } from '../../scenarios/scoring/true-favourites.ts';
import { type Crowd, createCrowd } from '../../sim/crowd.ts';
import { libraryCapacity, trackOf } from '../../sim/library.ts';
import { familyNames, type WorldOptionsInput } from '../../sim/options.ts';
import type { Truth } from '../../sim/truth.ts';
import type { World } from '../../sim/world.ts';
import { joined, livePast, rowsOf, runDay, smallWorld } from './support.ts';

const tracks = 500;
const asked = Array.from({ length: 60 }, (_, n) => 3 * n);
type Part = 'utility' | 'soundMatch' | 'hiddenMatch';

const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;
function covariance(a: readonly number[], b: readonly number[]): number {
  const [ma, mb] = [mean(a), mean(b)];
  return mean(a.map((x, i) => (x - ma) * (b[i]! - mb)));
}
const variance = (values: readonly number[]): number => covariance(values, values);
const correlation = (a: readonly number[], b: readonly number[]): number =>
  covariance(a, b) / Math.sqrt(variance(a) * variance(b));

/** What one listener makes of every track on a day. */
const of = (truth: Truth, part: Part, listener: number): number[] =>
  Array.from({ length: tracks }, (_, track) => truth[part](listener, track));

describe.each(familyNames)('drift in the %s family', (family) => {
  const drifting = (drift: number, options: WorldOptionsInput = {}): World =>
    smallWorld({ tracks, fameWeight: 0, drift, ...options }, { family });

  it('turns taste by an angle a day: whole on day 0, and a year on as much of another as the dial says', () => {
    const drift = 0.36;
    const world = drifting(drift);
    const end = drifting(1).truth.on(365);
    for (const part of ['soundMatch', 'hiddenMatch'] as const) {
      for (const listener of asked.slice(0, 12)) {
        const start = of(world.truth.on(0), part, listener);
        const other = of(end, part, listener);
        for (const day of [-400, -60, 0, 1, 90, 365]) {
          const angle = (Math.asin(Math.sqrt(drift)) * day) / 365;
          const found = of(world.truth.on(day), part, listener);
          // cos and sin are rounded to 1/8192, matches to 1/4096, and none is beyond ±10.
          const worst = found.map((x, t) => Math.abs(x - Math.cos(angle) * start[t]! - Math.sin(angle) * other[t]!));
          expect(Math.max(...worst)).toBeLessThan(0.004);
        }
      }
    }
  });

  it('moves to a taste that has nothing to do with one’s own but the market', () => {
    const world = drifting(1);
    for (const part of ['soundMatch', 'hiddenMatch'] as const) {
      const found = asked.map((listener) =>
        correlation(of(world.truth.on(0), part, listener), of(world.truth.on(365), part, listener)),
      );
      // A mean of 60 with a deviation of 0.4, around what people of one market have in common.
      expect(Math.abs(mean(found))).toBeLessThan(0.3);
    }
  });

  it('keeps the variance of taste at about 1, as far as both tastes have nothing in common', () => {
    const world = drifting(0.8);
    for (const day of [-365, -90, 0, 90, 365]) {
      const truth = world.truth.on(day);
      const found = asked.map((listener) => variance(of(truth, 'utility', listener)));
      expect(Math.abs(mean(found) - 1)).toBeLessThan(0.25);
    }
  });

  it('is none at 0: one truth for all days, which is that of day 0 wherever taste drifts', () => {
    const [still, moving] = [drifting(0), drifting(0.7)];
    expect(still.truth.on(-50)).toBe(still.truth.on(300));
    expect(still.data.destinations).toBeUndefined();
    for (const listener of asked.slice(0, 12)) {
      for (const part of ['utility', 'soundMatch', 'hiddenMatch'] as const) {
        expect(of(moving.truth.on(0), part, listener)).toEqual(of(still.truth.on(0), part, listener));
      }
    }
    expect(moving.truth.on(200)).not.toBe(moving.truth.on(0));
  });

  it('leaves alone what belongs to one listener and one track, and fame', () => {
    const only = { acousticShare: 0, idiosyncrasy: 1, fameWeight: 0.5, drift: 1 };
    const { truth } = smallWorld({ tracks, ...only }, { family });
    expect(of(truth.on(365), 'utility', 9)).toEqual(of(truth.on(0), 'utility', 9));
  });

  it('moves everybody as before when there are more listeners', () => {
    const [short, long] = [4, 40].map((days) => smallWorld({ tracks, drift: 0.5 }, { family, days }));
    expect(long!.arrivals.signedUpAt.length).toBeGreaterThan(short!.arrivals.signedUpAt.length);
    for (const listener of [0, 77, 199]) {
      expect(of(long!.truth.on(80), 'utility', listener)).toEqual(of(short!.truth.on(80), 'utility', listener));
    }
  });

  it('makes what was kept long ago be skipped more often, and let go', () => {
    const opinions = [0, 1].map((drift) => {
      const world = smallWorld(
        { drift, signupsPerDay: 0, releasesPerDay: 0, churnPerDay: 0, lapsePerDay: 0 },
        { family, days: 301 },
      );
      const { crowd } = livePast(world);
      const old = crowd.clone();
      for (let day = 0; day < 60; day++) runDay(world, crowd, 240 + day);
      return {
        soon: skipsOfKept(world, old.clone(), 0),
        late: skipsOfKept(world, old, 300),
        left: stillKept(old, crowd),
      };
    });
    const [still, moving] = opinions;
    expect(Math.abs(still!.late - still!.soon)).toBeLessThan(0.05);
    expect(moving!.late).toBeGreaterThan(moving!.soon + 0.05);
    expect(moving!.left).toBeLessThan(still!.left);
  });
});

/** Share of skips among the plays from the library on a day. */
function skipsOfKept(world: World, crowd: Crowd, day: number): number {
  const kinds = [...rowsOf(joined(runDay(world, crowd, day)))]
    .filter(({ source, kind }) => source === sourceCode.library && kind !== kindCode.save)
    .map(({ kind }) => Number(kind === kindCode.skip));
  expect(kinds.length).toBeGreaterThan(800);
  return mean(kinds);
}

/** Share of what was in the libraries that is in them later on. */
function stillKept({ state: before }: Crowd, { state: after }: Crowd): number {
  const itemsOf = ({ library: { items, size } }: typeof before, listener: number): number[] =>
    Array.from({ length: size[listener]! }, (_, n) => trackOf(items[listener * libraryCapacity + n]!));
  const shares = Array.from(before.library.size.keys()).flatMap((listener) => {
    const now = new Set(itemsOf(after, listener));
    return itemsOf(before, listener).map((track) => Number(now.has(track)));
  });
  return mean(shares);
}

it('the oracle of a night finds everything that is best that night; that of months before does not', () => {
  const world = smallWorld({ tracks, drift: 0.6 }, { days: 200 });
  const panel = { listeners: Uint32Array.from(asked), isOn: () => true };
  const best = (day: number) => {
    const truth = world.truth.on(day);
    return rankByTruth(truth, new TrueFavourites(truth, tracks), panel, tracks, () => false);
  };
  const [stale, fresh] = [best(0), best(180)];
  const segmentation = { listenerCount: 200, trackCount: tracks, isNewUser: () => false, isNewTrack: () => false };
  const found = (lists: typeof fresh, metric: string): number =>
    scoreAgainstTruth(lists.tracks, fresh, panel, segmentation).find(
      (figure) => figure.metric === metric && figure.segment === 'all',
    )!.value;
  expect(found(fresh, 'oracleRecall@10')).toBe(1);
  expect(found(fresh, 'regret@10')).toBe(0);
  expect(found(stale, 'oracleRecall@10')).toBeLessThan(0.9);
  expect(found(stale, 'regret@10')).toBeGreaterThan(0.01);
});

it('leaves a world of one listener somewhere to go', () => {
  const world = smallWorld({ drift: 1, cohorts: { all: { listeners: 1 } }, signupsPerDay: 0 }, { days: 1 });
  expect(createCrowd(world).state.library.size.length).toBe(1);
  expect(world.truth.on(365).utility(0, 3)).not.toBe(world.truth.on(0).utility(0, 3));
});
