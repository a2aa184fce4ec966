import { describe, expect, it } from 'vitest';
import { kindCode, sourceCode } from '../../engine/core/events.ts';
import { startOfDay } from '../../engine/core/time.ts';
import { Heard } from '../../scenarios/scoring/heard.ts';
import { familyNames } from '../../sim/options.ts';
import { livePast, rowsOf, smallWorld } from './support.ts';

/** Published figures and their sources are in scenarios/fidelity/targets.ts; the bounds here are broad on purpose. */
describe.each(familyNames)('the past of a %s world', (family) => {
  const world = smallWorld(
    { tracks: 600, releasesPerDay: 12, cohorts: { all: { listeners: 200 } } },
    { family, historyDays: 40 },
  );
  const { crowd, log } = livePast(world);
  const plays = [...rowsOf(log)].filter((row) => row.kind === kindCode.play || row.kind === kindCode.skip);
  const shareOf = (is: (row: (typeof plays)[number]) => boolean): number => plays.filter(is).length / plays.length;
  const between = (value: number, low: number, high: number): void => {
    expect(value).toBeGreaterThan(low);
    expect(value).toBeLessThan(high);
  };

  it('has about 16 plays per listener and day', () => {
    let listenerDays = 0;
    for (let day = -40; day < 0; day++) listenerDays += world.listenerCountAt(startOfDay(day + 1) - 1);
    between(plays.length / listenerDays, 12, 20);
  });

  it('has as many plays left within five and within thirty seconds as the middle half of real logs', () => {
    between(
      shareOf((row) => row.playedMs < 5000),
      0.11,
      0.23,
    );
    between(
      shareOf((row) => row.playedMs < 30_000),
      0.17,
      0.37,
    );
  });

  it('repeats more than it discovers, and still leaves most of the catalogue unheard', () => {
    const met = new Set<number>();
    const repeats = plays.filter(({ user, track }) => {
      const pair = user * 10_000 + track;
      const isRepeat = met.has(pair);
      met.add(pair);
      return isRepeat;
    });
    between(repeats.length / plays.length, 0.55, 0.9);
    const heard = new Heard(world.catalogue.listeners.length);
    heard.observe(log);
    const distinct = Array.from({ length: 200 }, (_, l) => heard.tracks(l).length).sort((a, b) => a - b);
    between(distinct[100]!, 40, 300);
  });

  it('takes from the library most, and from everywhere something', () => {
    between(
      shareOf((row) => row.source === sourceCode.library),
      0.4,
      0.75,
    );
    for (const source of ['search', 'artist', 'charts'] as const) {
      expect(shareOf((row) => row.source === sourceCode[source])).toBeGreaterThan(0.03);
    }
    expect(shareOf((row) => row.source === sourceCode.slate)).toBe(0);
  });

  it('plays what is liked: the mean utility of plays lies far above the catalogue’s', () => {
    const satisfied = plays.filter((row) => row.kind === kindCode.play);
    const mean =
      satisfied.reduce((sum, row) => sum + world.truth.on(0).utility(row.user, row.track), 0) / satisfied.length;
    expect(mean).toBeGreaterThan(1);
  });

  it('discovers a release less in its third week than in its first two', () => {
    const byWeek = [0, 0, 0];
    const released = world.catalogue.tracks.filter(
      (track) => track.releasedAt >= startOfDay(-40) && track.releasedAt < startOfDay(-21),
    );
    const known = new Set(released.map((track) => world.catalogue.tracks.indexOf(track)));
    for (const row of plays) {
      if (row.source !== sourceCode.search || !known.has(row.track)) continue;
      const week = Math.floor((row.time - world.catalogue.tracks[row.track]!.releasedAt) / startOfDay(7));
      if (week < 3) byWeek[week]! += 1;
    }
    // Three Fridays of releases: single weeks are too noisy to be told apart, a fortnight is not.
    expect(byWeek[0]).toBeGreaterThan(byWeek[2]!);
    expect(byWeek[1]).toBeGreaterThan(byWeek[2]!);
  });

  it('has a few listeners who play far more than the median', () => {
    const perListener = Array.from({ length: 140 }, (_, l) => crowd.state.columns.plays[l]!).sort((a, b) => a - b);
    expect(perListener[133]!).toBeGreaterThan(2 * perListener[70]!);
  });
});
