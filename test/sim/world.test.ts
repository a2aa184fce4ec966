import { describe, expect, it } from 'vitest';
import { digestOf } from '../../engine/core/digest.ts';
import { dayOf, friday, startOfDay, weekdayOf } from '../../engine/core/time.ts';
import { createCrowd } from '../../sim/crowd.ts';
import { worldOptionsSchema } from '../../sim/options.ts';
import { scrambleTruth } from '../../sim/world.ts';
import { simulateDay, smallWorld } from './support.ts';

describe('a world', () => {
  it('has exactly the listeners and tracks of day 0 that were asked for, in order of arrival', () => {
    const world = smallWorld();
    expect(world.trackCountAt(-1)).toBe(300);
    expect(world.listenerCountAt(-1)).toBe(200);
    const { tracks, listeners } = world.catalogue;
    expect(tracks.map((t) => t.releasedAt)).toEqual(tracks.map((t) => t.releasedAt).sort((a, b) => a - b));
    expect(listeners.map((l) => l.signedUpAt)).toEqual(listeners.map((l) => l.signedUpAt).sort((a, b) => a - b));
    expect(listeners.length).toBe(200 + 4 * 4);
    expect(tracks[0]!.releasedAt).toBeLessThan(startOfDay(-365));
    const first = [...world.arrivals.cohorts()].slice(0, 200);
    expect(first.filter((cohort) => cohort === 1).length).toBe(50);
  });

  it('counts who and what is there at a moment, the moment included', () => {
    const world = smallWorld();
    const { releasedAt } = world.catalogue.tracks[123]!;
    const brute = world.catalogue.tracks.filter((track) => track.releasedAt <= releasedAt).length;
    expect(world.trackCountAt(releasedAt)).toBe(brute);
    expect(world.trackCountAt(releasedAt - 1)).toBeLessThan(brute);
  });

  it('releases at the rate of the run, with a peak on Fridays', () => {
    const world = smallWorld({ tracks: 5000, releasesPerDay: 30 }, { days: 70, historyDays: 60 });
    const byWeekday = [0, 0, 0, 0, 0, 0, 0];
    const run = world.catalogue.tracks.filter((track) => track.releasedAt >= 0);
    for (const track of run) byWeekday[weekdayOf(dayOf(track.releasedAt))]! += 1;
    expect(run.length / 70).toBeGreaterThan(29);
    expect(run.length / 70).toBeLessThan(31);
    expect(byWeekday[friday]! / run.length).toBeCloseTo(0.5, 1);
    const others = byWeekday.filter((_, weekday) => weekday !== friday);
    expect(byWeekday[friday]).toBeGreaterThan(2 * Math.max(...others));
  });

  it('is the same for the same seed and family, and another one for any other', () => {
    const facts = (...args: Parameters<typeof smallWorld>): string => {
      const world = smallWorld(...args);
      const utilities = new Float64Array(300);
      world.truth.on(0).utilities(7, 300, utilities);
      return digestOf(JSON.stringify(world.catalogue.tracks), JSON.stringify(world.catalogue.listeners), utilities);
    };
    expect(facts()).toBe(facts());
    expect(facts({}, { seed: '1/1' })).not.toBe(facts());
    expect(facts({}, { family: 'acoustic' })).not.toBe(facts());
  });

  it('keeps its past and its first days when it is given more days', () => {
    const short = smallWorld({}, { days: 3 });
    const long = smallWorld({}, { days: 9 });
    expect(long.catalogue.tracks.slice(0, short.catalogue.tracks.length)).toEqual(short.catalogue.tracks);
    expect(long.catalogue.listeners.slice(0, short.catalogue.listeners.length)).toEqual(short.catalogue.listeners);
    for (let track = 0; track < short.catalogue.tracks.length; track++) {
      expect(long.truth.on(0).utility(150, track)).toBe(short.truth.on(0).utility(150, track));
    }
    const pastOf = (world: typeof short): unknown[] => {
      const crowd = createCrowd(world);
      return [-3, -2, -1].map((day) => simulateDay(world, crowd, day, 'organic').next().value);
    };
    expect(pastOf(long)).toEqual(pastOf(short));
  });

  it('annotates the share of tracks that was asked for, truly', () => {
    const world = smallWorld({ tracks: 2000, annotatedShare: 0.3 });
    const annotated = world.catalogue.tracks.map((_, t) => world.catalogue.annotation(t)).filter((note) => note);
    // Five standard errors of a share of 0.3 among 2,000.
    expect(Math.abs(annotated.length / world.catalogue.tracks.length - 0.3)).toBeLessThan(0.052);
    const none = smallWorld({ annotatedShare: 0 });
    expect(none.catalogue.tracks.some((_, t) => none.catalogue.annotation(t))).toBe(false);
    const every = smallWorld({ annotatedShare: 1 });
    expect(every.catalogue.annotation(17)?.tempoBpm).toBe(every.sounds.tempoBpm[17]);
  });

  it('gives a track the same waveform whenever it is asked, and others to other tracks', () => {
    const world = smallWorld();
    const first = world.catalogue.waveform(3);
    expect(digestOf(world.catalogue.waveform(3))).toBe(digestOf(first));
    expect(digestOf(smallWorld().catalogue.waveform(3))).toBe(digestOf(first));
    expect(digestOf(world.catalogue.waveform(4))).not.toBe(digestOf(first));
    expect(first.length).toBe(49_152);
    expect(first.every((sample) => sample >= -1 && sample <= 1)).toBe(true);
    expect(first.some((sample) => Math.abs(sample) > 0.01)).toBe(true);
  });

  it('keeps everything public and changes everything hidden when truth is scrambled', () => {
    const world = smallWorld();
    const scrambled = scrambleTruth(world, 'x');
    expect(scrambled.catalogue.tracks).toEqual(world.catalogue.tracks);
    expect(scrambled.catalogue.listeners).toEqual(world.catalogue.listeners);
    expect(scrambled.catalogue.waveform(11)).toEqual(world.catalogue.waveform(11));
    const notes = (from: typeof world): unknown[] => from.catalogue.tracks.map((_, t) => from.catalogue.annotation(t));
    expect(notes(scrambled)).toEqual(notes(world));
    const other = (listener: number): number[] =>
      world.catalogue.tracks.map((_, t) => scrambled.truth.on(0).utility(listener, t));
    const own = (listener: number): number[] =>
      world.catalogue.tracks.map((_, t) => world.truth.on(0).utility(listener, t));
    const correlations = Array.from({ length: 50 }, (_, l) => correlation(own(l), other(l)));
    const mean = correlations.reduce((sum, c) => sum + c, 0) / correlations.length;
    expect(Math.abs(mean)).toBeLessThan(0.15);
    expect(Math.max(...correlations)).toBeLessThan(0.8);
  });
});

describe('world options', () => {
  it('report every problem at once, misspelt keys among them', () => {
    const result = worldOptionsSchema.safeParse({ tracks: -1, acousticShare: 2, relesesPerDay: 3, cohorts: {} });
    expect(result.success).toBe(false);
    const text = JSON.stringify(result.error?.issues);
    for (const word of ['tracks', 'acousticShare', 'relesesPerDay', 'cohort']) expect(text).toContain(word);
  });

  it('accept every size down to a past of nothing and no arrivals', () => {
    const world = smallWorld({ tracks: 10, releasesPerDay: 0, signupsPerDay: 0 }, { historyDays: 0, days: 1 });
    expect([world.catalogue.tracks.length, world.catalogue.listeners.length]).toEqual([10, 200]);
  });
});

function correlation(a: readonly number[], b: readonly number[]): number {
  const mean = (x: readonly number[]): number => x.reduce((sum, value) => sum + value, 0) / x.length;
  const [ma, mb] = [mean(a), mean(b)];
  const cov = mean(a.map((value, i) => (value - ma) * (b[i]! - mb)));
  return cov / Math.sqrt(mean(a.map((value) => (value - ma) ** 2)) * mean(b.map((value) => (value - mb) ** 2)));
}
