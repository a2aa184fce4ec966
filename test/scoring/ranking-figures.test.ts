import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { EventBuffer, kindCode, noGeneration, noPosition, sourceCode } from '../../engine/core/events.ts';
import { gini } from '../../scenarios/scoring/gini.ts';
import {
  rankByTruth,
  relevantInShadow,
  scoreAgainstShadow,
  scoreAgainstTruth,
  scoreExposure,
  slotsOf,
} from '../../scenarios/scoring/ranking-figures.ts';
import type { Panel, Segmentation } from '../../scenarios/scoring/segments.ts';
import { TrueFavourites } from '../../scenarios/scoring/true-favourites.ts';
import type { Truth } from '../../sim/truth.ts';

/** Truth as a table [listener][track]. */
const truthOf = (table: readonly (readonly number[])[]): Truth =>
  ({
    utility: (listener: number, track: number) => table[listener]![track]!,
    utilities: (listener: number, count: number, out: Float64Array) => out.set(table[listener]!.slice(0, count)),
  }) as Truth;
const panelOf = (listeners: number): Panel => ({
  listeners: Uint32Array.from({ length: listeners }, (_, i) => i),
  isOn: () => true,
});
/** The oracle over all tracks of a table. */
const rank = (
  table: readonly (readonly number[])[],
  hasHeard: (listener: number, track: number) => boolean,
  depth?: number,
) => {
  const truth = truthOf(table);
  const tracks = table[0]!.length;
  return rankByTruth(truth, new TrueFavourites(truth, tracks, depth), panelOf(table.length), tracks, hasHeard);
};
/** Tracks from `firstNew` on are new; listener 1 is. */
const segmentation = (tracks: number, firstNew: number): Segmentation => ({
  listenerCount: 2,
  trackCount: tracks,
  isNewUser: (listener) => listener === 1,
  isNewTrack: (track) => track >= firstNew,
});

describe('the oracle', () => {
  it('ranks like a full sort by utility, ties by index, heard tracks left out, for any size', () => {
    const cases = fc.record({
      // Few distinct values, so that ties are common.
      utilities: fc.array(fc.integer({ min: -3, max: 3 }), { minLength: 1, maxLength: 450 }),
      every: fc.integer({ min: 2, max: 5 }),
      depth: fc.integer({ min: 1, max: 500 }),
    });
    fc.assert(
      fc.property(cases, ({ utilities, every, depth }) => {
        const hasHeard = (_: number, track: number): boolean => track % every === 0;
        const { tracks } = rank([utilities], hasHeard, depth);
        const sorted = [...utilities.keys()]
          .filter((track) => track % every !== 0)
          .sort((a, b) => utilities[b]! - utilities[a]! || a - b);
        expect([...tracks[0]!]).toEqual(sorted.slice(0, 200));
      }),
    );
  });

  it('goes down one ranking as tracks come out and are heard', () => {
    const utilities = Array.from({ length: 900 }, (_, track) => (track * 7919) % 900);
    const truth = truthOf([utilities]);
    const favourites = new TrueFavourites(truth, 900, 16);
    for (const [released, every] of [
      [300, 2],
      [600, 3],
      [900, 5],
    ] as const) {
      const hasHeard = (_: number, track: number): boolean => track % every === 0;
      const again = rankByTruth(truth, favourites, panelOf(1), released, hasHeard);
      const afresh = rank([utilities.slice(0, released)], hasHeard);
      expect(again.tracks).toEqual(afresh.tracks);
      expect(again.utilities).toEqual(afresh.utilities);
    }
  });
});

describe('scores against the truth', () => {
  // 300 tracks, utility falls with the index; the last listener likes them the other way round.
  const table = [0, 1].map((listener) => Array.from({ length: 300 }, (_, t) => (listener === 0 ? 300 - t : t + 1)));
  const oracle = rank(table, () => false);
  const seg = segmentation(300, 280);
  const value = (figures: ReturnType<typeof scoreAgainstTruth>, metric: string, segment: string) =>
    figures.find((figure) => figure.metric === metric && figure.segment === segment);

  it('are 1 for the oracle in every segment that has anything relevant, and its regret is 0', () => {
    const figures = scoreAgainstTruth(oracle.tracks, oracle, panelOf(2), seg);
    for (const figure of figures) expect(figure.value, figure.metric).toBe(figure.metric.startsWith('regret') ? 0 : 1);
    // Nobody but listener 1 has a new track among the best 50: the other is skipped and not counted.
    expect(value(figures, 'oracleRecall@50', 'newTrack')).toMatchObject({ n: 1 });
    expect(value(figures, 'oracleRecall@50', 'all')).toMatchObject({ n: 2 });
  });

  it('count what is found among the first k only, in the segment only', () => {
    // Listener 1 gets tracks 290–299 first, then 0–39: the 10 best, all new, and 40 of the worst.
    const served = [oracle.tracks[0]!, Uint32Array.from({ length: 50 }, (_, i) => (i < 10 ? 299 - i : i - 10))];
    const figures = scoreAgainstTruth(served, oracle, panelOf(2), seg);
    expect(value(figures, 'oracleRecall@50', 'newUser')?.value).toBeCloseTo(10 / 50, 12);
    expect(value(figures, 'oracleRecall@50', 'newTrack')?.value).toBeCloseTo(10 / 20, 12);
    expect(value(figures, 'oracleRecall@10', 'newUserNewTrack')?.value).toBe(1);
  });
});

describe('scores against shadow sessions', () => {
  it('count what the panel itself played to satisfaction and had not heard, of tracks that were out', () => {
    const shadow = new EventBuffer();
    const add = (user: number, track: number, kind: number) =>
      shadow.add(user, track, 0, kind, 1000, sourceCode.search, noPosition, noGeneration, 1);
    for (const track of [3, 4, 8, 9]) add(0, track, kindCode.play);
    add(0, 5, kindCode.skip);
    add(2, 6, kindCode.play); // of a larger panel
    const relevant = relevantInShadow(shadow.slice(), panelOf(2), 9, (_, track) => track === 4);
    expect(relevant).toEqual(
      new Map([
        [0, new Set([3, 8])],
        [1, new Set()],
      ]),
    );
  });

  it('skip listeners with nothing relevant, and rank over the whole list', () => {
    const rankings = [Uint32Array.of(5, 6, 7), Uint32Array.of(1, 2, 3)];
    const relevant = new Map<number, ReadonlySet<number>>([
      [0, new Set([7, 99])],
      [1, new Set()],
    ]);
    const figures = scoreAgainstShadow(rankings, relevant, panelOf(2), segmentation(100, 90));
    const all = (metric: string) => figures.find((figure) => figure.metric === metric && figure.segment === 'all');
    expect(all('recall@50')).toMatchObject({ value: 0.5, n: 1 });
    expect(all('mrr')?.value).toBeCloseTo(1 / 3, 12);
    expect(all('hit@10')?.value).toBe(1);
    expect(all('ndcg@10')?.value).toBeCloseTo(1 / Math.log2(4) / (1 + 1 / Math.log2(3)), 12);
  });
});

describe('exposure', () => {
  it('has share, coverage and Gini as defined', () => {
    const slots = slotsOf([Uint32Array.of(0, 9), Uint32Array.of(0, 1)], 10);
    const figures = scoreExposure(slots, segmentation(10, 9));
    expect(figures).toContainEqual({ segment: 'all', metric: 'newTrackShare', value: 0.25, n: 4 });
    expect(figures).toContainEqual({ segment: 'all', metric: 'coverage', value: 0.3, n: 10 });
  });

  it('has a Gini of 0 when all are equal, (n − 1)/n when one has everything, and the closed form between', () => {
    expect(gini(new Float64Array(7).fill(3))).toBeCloseTo(0, 12);
    expect(gini(Float64Array.of(0, 0, 0, 8))).toBeCloseTo(0.75, 12);
    expect(gini(new Float64Array(4))).toBe(0);
    fc.assert(
      fc.property(fc.array(fc.nat(50), { minLength: 1, maxLength: 20 }), (amounts) => {
        const n = amounts.length;
        const total = amounts.reduce((a, b) => a + b, 0);
        let differences = 0;
        for (const a of amounts) for (const b of amounts) differences += Math.abs(a - b);
        const expected = total === 0 ? 0 : differences / (2 * n * total);
        expect(gini(Float64Array.from(amounts))).toBeCloseTo(expected, 10);
      }),
    );
  });
});
