import { describe, expect, it } from 'vitest';
import type { Catalogue } from '../../engine/core/catalogue.ts';
import { EventBuffer, kindCode, noGeneration, noPosition, sourceCode } from '../../engine/core/events.ts';
import { artistId, trackId } from '../../engine/core/ids.ts';
import { secondsPerDay } from '../../engine/core/time.ts';
import { kaplanMeierMedian, scoreReach } from '../../scenarios/scoring/reach.ts';

const catalogue = (releaseDays: readonly number[]): Catalogue => ({
  listeners: [],
  tracks: releaseDays.map((day, i) => ({
    id: trackId(`t${i}`),
    artist: artistId('a'),
    releasedAt: day * secondsPerDay,
    durationMs: 1,
  })),
  waveform: () => new Float32Array(),
  annotation: () => undefined,
});

function plays(rows: readonly (readonly [listener: number, track: number, day: number])[]) {
  const buffer = new EventBuffer();
  for (const [user, track, day] of rows) {
    buffer.push({
      user,
      track,
      time: day * secondsPerDay,
      kind: kindCode.play,
      playedMs: 60_000,
      source: sourceCode.search,
      position: noPosition,
      generation: noGeneration,
      propensity: 1,
    });
  }
  return buffer.slice();
}

const figureOf = (figures: ReturnType<typeof scoreReach>, metric: string): { value: number; n: number } | undefined =>
  figures.find((figure) => figure.metric === metric);

describe('reach', () => {
  it('counts listeners, not plays, within 7 days, over releases that had their 7 days', () => {
    const eleven = Array.from({ length: 11 }, (_, u) => [u, 0, 1] as const);
    const log = plays([...eleven, [0, 1, 1], [0, 1, 2], [5, 1, 7.5], [1, 2, 9.5]]);
    // Track 0: 11 listeners; 1: one within 7 days and one after; 2: out on day 9, its week is not over on day 10.
    const figures = scoreReach([log], catalogue([0, 0, 9]), 0, 10 * secondsPerDay);
    expect(figureOf(figures, 'reach@1')).toMatchObject({ value: 1, n: 2 });
    expect(figureOf(figures, 'reach@10')).toMatchObject({ value: 0.5, n: 2 });
    expect(figureOf(figures, 'reach@100')).toMatchObject({ value: 0, n: 2 });
  });

  it('leaves out releases before the run', () => {
    expect(scoreReach([plays([[0, 0, 1]])], catalogue([-3]), 0, 10 * secondsPerDay)).toEqual([]);
  });
});

describe('the Kaplan–Meier median', () => {
  const at = (days: number): { days: number; isReached: boolean } => ({ days, isReached: true });
  const censored = (days: number): { days: number; isReached: boolean } => ({ days, isReached: false });

  it('is the middle when nothing is censored', () => {
    expect(kaplanMeierMedian([at(3), at(1), at(2), at(4), at(5)])).toBe(3);
    expect(kaplanMeierMedian([at(1), at(2), at(3), at(4)])).toBe(2);
  });

  it('agrees with a curve worked out by hand', () => {
    // S: 5/6 at 1; 2 censored; 5/6 · 3/4 = .625 at 3; 4 censored; .625 · 1/2 = .3125 at 5.
    expect(kaplanMeierMedian([at(1), censored(2), at(3), censored(4), at(5), censored(6)])).toBe(5);
  });

  it('is unknown while more than half survive', () => {
    expect(kaplanMeierMedian([at(1), censored(2), censored(3)])).toBeUndefined();
    expect(kaplanMeierMedian([])).toBeUndefined();
  });
});
