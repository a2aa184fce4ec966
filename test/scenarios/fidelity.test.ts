import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { EventBuffer, kindCode, noTrack } from '../../engine/core/events.ts';
import { compare, scoreOf, targetsFrom } from '../../scenarios/fidelity/compare.ts';
import { kolmogorovSmirnov, quantileOf, relativeError } from '../../scenarios/fidelity/distance.ts';
import { factNames } from '../../scenarios/fidelity/fact-names.ts';
import { factTable } from '../../scenarios/fidelity/fact-table.ts';
import { factsOf } from '../../scenarios/fidelity/facts.ts';
import type { Listening } from '../../scenarios/fidelity/listening.ts';
import { type Measurement, measure } from '../../scenarios/fidelity/measure.ts';
import { listenerDays, sampleOf } from '../../scenarios/fidelity/run-log.ts';
import { favouriteArtists, type Sample } from '../../scenarios/fidelity/sample.ts';
import { publishedTargets } from '../../scenarios/fidelity/targets.ts';

const day = 86_400;
const hour = 3600;

/** Plays as [track, seconds, milliseconds heard]. */
const listening = (plays: readonly (readonly [track: number, time: number, playedMs: number])[]): Listening => ({
  track: Uint32Array.from(plays, ([track]) => track),
  time: Int32Array.from(plays, ([, time]) => time),
  playedMs: Uint32Array.from(plays, ([, , playedMs]) => playedMs),
});

const sampleFrom = (listeners: readonly Listening[], more: Partial<Sample> = {}): Sample => ({
  listeners,
  listenerDays: 10,
  playedTime: 'heard',
  artistOf: undefined,
  releases: undefined,
  ...more,
});

/** `plays` plays of track 0, one a day. */
const devoted = (plays: number): Listening =>
  listening(Array.from({ length: plays }, (_, i) => [0, i * day, 200_000] as const));

describe('the facts of one listener', () => {
  const facts = factsOf(
    listening([
      [1, 8 * hour, 200_000],
      [1, 8 * hour + 201, 4000], // immediately again, and left
      [2, 8 * hour + 206, 20_000],
      [3, 20 * hour, 200_000],
      [2, 2 * day + 8 * hour + 206, 200_000], // two days later
    ]),
  );

  it('are those that the log was made with', () => {
    expect(facts).toMatchObject({
      sessionsPerActiveDay: 3 / 2,
      medianSessionTracks: 1,
      meanSessionTracks: 5 / 3,
      oneTrackSessions: 2 / 3,
      repeatShare: 2 / 5,
      immediateRepeats: 1 / 5,
      under5s: 1 / 5,
      under30s: 2 / 5,
      emptiestSixHours: 0,
    });
    expect(facts.busiestHour).toBeCloseTo(4 / 5);
    expect(facts.medianGapDays).toBeCloseTo((2 + 201 / day) / 2);
  });
});

describe('measuring a sample', () => {
  it('uses listeners with 300 plays, and those with fewer only where hardly anybody has them', () => {
    const many = (n: number, plays: number) => Array.from({ length: n }, () => devoted(plays));
    expect(measure(sampleFrom([...many(5, 300), ...many(9, 100)]))).toMatchObject({ used: 5, fewestPlays: 300 });
    expect(measure(sampleFrom([...many(4, 300), ...many(9, 100)]))).toMatchObject({ used: 13, fewestPlays: 100 });
    expect(measure(sampleFrom([devoted(300), devoted(299), devoted(10)]))).toMatchObject({ used: 1, fewestPlays: 300 });
    expect(measure(sampleFrom([devoted(120), devoted(10)]))).toMatchObject({ used: 1, fewestPlays: 100 });
    expect(measure(sampleFrom([devoted(2), devoted(1)]))).toMatchObject({ used: 2, fewestPlays: 1, listeners: 2 });
  });

  it('divides plays by the days that listeners were there', () => {
    const { facts, plays, days } = measure(sampleFrom([devoted(30), devoted(10)], { listenerDays: 80 }));
    expect(facts.playsPerListenerDay.value).toBe(0.5);
    expect({ plays, days }).toEqual({ plays: 40, days: 30 });
  });

  it('names the hour in which most was played', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 23 }), fc.integer({ min: -9, max: 9 }), (at, firstDay) => {
        const plays = [0, 1, 2].map((n) => [0, (firstDay + n) * day + at * hour + 1800, 1000] as const);
        const other = [0, (firstDay + 1) * day + ((at + 5) % 24) * hour, 1000] as const;
        expect(measure(sampleFrom([listening(plays), listening([other])])).busiestAt).toBe(at);
      }),
    );
  });

  it('sums plays by artist: 100 artists, one of whom has half of all plays', () => {
    const plays = Array.from({ length: 198 }, (_, i) => [i < 99 ? i % 2 : i - 97, i * hour, 200_000] as const);
    // Tracks 0 and 1 are the famous artist's; each of the other 99 has a track of their own.
    const artistOf = Array.from({ length: 101 }, (_, track) => (track < 2 ? 7 : 100 + track));
    // The others are shared among three, since of each listener fifty artists count.
    const shares = [0, 1, 2].map((third) => listening(plays.filter((_, i) => i % 3 === third)));
    const { facts, artists } = measure(sampleFrom(shares, { artistOf }));
    expect(artists).toBe(100);
    expect(facts.topShare.value).toBeCloseTo(0.5);
    expect(facts.gini.value).toBeCloseTo(0.5 - 1 / 100);
  });

  it('counts the fifty artists that a listener played most, of equals those heard first', () => {
    const plays = Array.from({ length: 60 }, (_, i) => [i, i * hour, 200_000] as const);
    const last = [[59, 100 * hour, 200_000] as const];
    const artistOf = Array.from({ length: 60 }, (_, track) => 1000 - track);
    const { listeners, artists } = favouriteArtists([listening([...plays, ...last])], artistOf);
    expect(artists).toBe(50);
    const heard = listeners[0]!.track;
    expect(heard).toHaveLength(51); // 49 heard once, and the last twice
    expect([...heard.slice(0, 49)]).toEqual(Array.from({ length: 49 }, (_, i) => heard[0]! + i));
    expect(heard[49]).toBe(heard[50]);
  });

  it('counts weekdays on the listeners’ clock, and weeks of a release from its own beginning', () => {
    const friday = 4 * day;
    const plays = [0, 1, 2, 3].map((n) => [0, friday + n * hour, 200_000] as const);
    const sunday = [[0, 6 * day, 200_000] as const];
    const secondWeek = [[0, friday + 8 * day, 200_000] as const];
    const sample = sampleFrom([listening([...plays, ...sunday, ...secondWeek])], {
      releases: { releasedAt: [friday], from: 0, until: 30 * day },
    });
    const { fridayPeak, releaseDecay } = measure(sample).facts;
    expect(fridayPeak.value).toBeCloseTo(1 / 4);
    expect(releaseDecay.value).toBeCloseTo(1 / 5);
  });

  it('leaves out what a log without played times does not tell', () => {
    const { facts } = measure(sampleFrom([devoted(30)], { playedTime: 'none' }));
    expect(facts.under5s.value).toBeNaN();
    expect(facts.under30s.value).toBeNaN();
    expect(facts.releaseDecay.value).toBeNaN();
    expect(facts.repeatShare.value).toBeCloseTo(29 / 30);
  });

  it('numbers artists by first appearance and refuses a track without one', () => {
    const heard = favouriteArtists(
      [
        listening([
          [2, 0, 0],
          [0, 1, 0],
          [2, 2, 0],
        ]),
      ],
      [5, 6, 9],
    );
    expect(heard).toMatchObject({ artists: 2, listeners: [{ track: Uint32Array.of(0, 1, 0) }] });
    expect(() => favouriteArtists([listening([[3, 0, 0]])], [5])).toThrow(/no artist/);
  });
});

describe('a simulated log', () => {
  const today = (...rows: readonly (readonly [user: number, kind: keyof typeof kindCode])[]) => {
    const log = new EventBuffer();
    for (const [user, kind] of rows)
      log.add(user, kind === 'signup' ? noTrack : 0, 0, kindCode[kind], 1000, 0, -1, -1, 1);
    return log.slice();
  };

  it('counts every day of everybody who has signed up, whether they listen or not', () => {
    // Listeners 0 to 2 were there before; 3 signs up on the first day, 4 and 5 on the third.
    const days = [today([1, 'play'], [3, 'signup'], [3, 'play']), today(), today([4, 'signup'], [5, 'signup'])];
    expect(listenerDays(days)).toBe(4 + 4 + 6);
    expect(listenerDays([today()])).toBe(0);
  });

  it('knows plays and skips, and nothing else, as listening', () => {
    const sample = sampleOf([today([0, 'play'], [0, 'skip'], [0, 'save'], [1, 'search'])], 0, 0, {
      artist: [0],
      releasedAt: [0],
    });
    expect(sample.listeners.map(({ track }) => track.length)).toEqual([2]);
    expect(sample.releases).toMatchObject({ from: 0, until: day });
  });
});

/** A measurement in which every fact has the value given, or that of its published target. */
const measured = (values: Partial<Record<string, number>> = {}): Measurement => ({
  ...measure(sampleFrom([devoted(300)])),
  facts: Object.fromEntries(
    factNames.map((fact) => [
      fact,
      { value: values[fact] ?? publishedTargets[fact].middle, perListener: new Float64Array(0) },
    ]),
  ) as Measurement['facts'],
});

describe('comparing', () => {
  const verdictOf = (fact: string, value: number) =>
    compare(measured({ [fact]: value }), publishedTargets, {}).find((row) => row.fact === fact);

  it('finds every fact of its own target ok, in the order of the list', () => {
    const rows = compare(measured(), publishedTargets, {});
    expect(rows.map(({ fact }) => fact)).toEqual(factNames);
    expect(scoreOf(rows)).toEqual({ ok: 16, of: 16 });
    expect(rows.every(({ distance, reason }) => distance === 0 && reason === null)).toBe(true);
  });

  it('takes quartiles, ends included, and 10 % around the middle', () => {
    expect(verdictOf('medianGapDays', 1.1175)?.verdict).toBe('ok');
    expect(verdictOf('medianGapDays', 7.5475)?.verdict).toBe('ok');
    expect(verdictOf('medianGapDays', 1.11)?.verdict).toBe('outside');
    // Below the lower quartile, within 10 % of the middle.
    expect(verdictOf('busiestHour', 0.0865 * 0.91)?.verdict).toBe('ok');
    expect(verdictOf('playsPerListenerDay', 17.5)?.verdict).toBe('ok');
    expect(verdictOf('playsPerListenerDay', 17.7)).toMatchObject({ verdict: 'outside', measure: 'relative error' });
  });

  it('leaves out what nobody knows, with the reason', () => {
    const row = verdictOf('releaseDecay', Number.NaN);
    expect(row).toMatchObject({ verdict: 'left out', value: null, distance: null });
    expect(row?.reason).toMatch(/two whole weeks/);
    expect(scoreOf(compare(measured({ releaseDecay: Number.NaN }), publishedTargets, {}))).toEqual({ ok: 15, of: 15 });
  });

  it('accepts nothing but 0 for a target of 0', () => {
    const [row] = compare(
      measured({ playsPerListenerDay: 0.05 }),
      { playsPerListenerDay: { middle: 0, source: '' } },
      {},
    );
    expect(row).toMatchObject({ verdict: 'outside', distance: null });
  });

  it('takes the distance of distributions where both have five listeners, else the relative error', () => {
    const log = (n: number, skips: number): Sample =>
      sampleFrom(
        Array.from({ length: n }, (_, l) =>
          listening(Array.from({ length: 300 }, (_, i) => [i, i * day, i < skips + l ? 1000 : 200_000] as const)),
        ),
      );
    const of = (sample: Sample, target: Sample) =>
      compare(measure(sample), targetsFrom(measure(target), 'log'), {}).find(({ fact }) => fact === 'under5s');
    expect(of(log(5, 30), log(5, 30))).toMatchObject({ measure: 'kolmogorov-smirnov', distance: 0, verdict: 'ok' });
    expect(of(log(5, 30), log(5, 200))).toMatchObject({
      measure: 'kolmogorov-smirnov',
      distance: 1,
      verdict: 'outside',
    });
    expect(of(log(4, 30), log(5, 30))?.measure).toBe('relative error');
    expect(of(log(5, 30), log(4, 30))).toMatchObject({ measure: 'relative error', low: null });
  });

  it('prints a line for each fact, and each reason', () => {
    const rows = compare(measured({ gini: 0.5, releaseDecay: Number.NaN }), publishedTargets, {});
    const text = factTable(rows);
    expect(text.split('\n')).toHaveLength(2 + 16 + 2 + 1);
    expect(text).toMatch(/Gini of plays over artists +0\.89 +0\.50 +−44 % +outside/);
    expect(text).toMatch(/repeat share +77\.6 % +65\.1 % – 83\.7 %/);
    expect(text).toMatch(/second \/ first week of a release \(left out\): no release/);
  });
});

describe('published targets', () => {
  it.each(factNames)('%s lies between its quartiles and says where it is from', (fact) => {
    const { low, middle, high, source } = publishedTargets[fact];
    if (low !== undefined && high !== undefined) expect(low < middle && middle < high).toBe(true);
    expect(source.length).toBeGreaterThan(20);
  });
});

describe('distances', () => {
  const sorted = fc
    .array(fc.integer({ min: -20, max: 20 }), { minLength: 1, maxLength: 30 })
    .map((values) => Float64Array.from(values).sort());

  it('Kolmogorov–Smirnov is the largest gap of the two distribution functions', () => {
    const shareUpTo = (values: Float64Array, x: number) => values.filter((value) => value <= x).length / values.length;
    fc.assert(
      fc.property(sorted, sorted, (a, b) => {
        const brute = Math.max(...[...a, ...b].map((x) => Math.abs(shareUpTo(a, x) - shareUpTo(b, x))));
        expect(kolmogorovSmirnov(a, b)).toBeCloseTo(brute, 12);
        expect(kolmogorovSmirnov(b, a)).toBeCloseTo(brute, 12);
        expect(kolmogorovSmirnov(a, a)).toBe(0);
      }),
    );
  });

  it('quantiles are those of R’s default', () => {
    const values = Float64Array.of(1, 2, 4, 8);
    expect([0, 0.25, 0.5, 0.75, 1].map((p) => quantileOf(values, p))).toEqual([1, 1.75, 3, 5, 8]);
    expect(quantileOf(new Float64Array(0), 0.5)).toBeNaN();
  });

  it('relative errors have the sign of the difference', () => {
    expect(relativeError(9, 10)).toBeCloseTo(-0.1);
    expect(relativeError(-9, -10)).toBeCloseTo(0.1);
    expect(relativeError(0, 0)).toBe(0);
    expect(relativeError(1, 0)).toBe(Number.POSITIVE_INFINITY);
  });
});
