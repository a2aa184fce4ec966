import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { figuresOf } from '../../reports/figures.ts';
import type { MetricRow } from '../../reports/read-run.ts';
import { runOf } from './run-fixture.ts';

const key = { arm: 'hybrid', family: 'latent', segment: 'all', metric: 'mrr' };
const row = (world: string, day: number | null, value: number | null, n: number | null = 10): MetricRow => ({
  ...key,
  ...{ world, day, value, n },
});

describe('figuresOf', () => {
  it('averages a day over the worlds that have it, and sums how many counted', () => {
    const rows = [row('a', 3, 0.2), row('b', 3, 0.4), row('a', 2, 0.1, null), row('b', 2, null), row('a', null, 9)];
    const [first, second, ...rest] = figuresOf(runOf([], rows)).curve(key);
    expect(rest).toEqual([]);
    expect(first).toEqual({ x: 2, mean: 0.1, lowest: 0.1, highest: 0.1, n: null });
    expect(second).toMatchObject({ x: 3, lowest: 0.2, highest: 0.4, n: 20 });
    expect(second?.mean).toBeCloseTo(0.3, 12);
  });

  it('counts a world once a day, though its lists are scored at several hours', () => {
    const rows = [row('a', 3, 0.1), row('a', 3, 0.3), row('b', 3, 0.6)];
    const [point] = figuresOf(runOf([], rows)).curve(key);
    expect(point).toMatchObject({ x: 3, highest: 0.6, n: 30 });
    expect([point?.mean, point?.lowest]).toEqual([expect.closeTo(0.4, 12), expect.closeTo(0.2, 12)]);
  });

  it('finds the same curve in whatever order the rows stand', () => {
    const rows = [2, 3, 4, 5].flatMap((day) => ['a', 'b'].map((world) => row(world, day, day / 10)));
    const expected = figuresOf(runOf([], rows)).curve(key);
    fc.assert(
      fc.property(fc.shuffledSubarray(rows, { minLength: rows.length }), (shuffled) => {
        expect(figuresOf(runOf([], shuffled)).curve(key)).toEqual(expected);
      }),
    );
  });

  it('does not mix what differs in arm, family, segment or metric', () => {
    const other = { arm: 'control', family: 'acoustic', segment: 'warm', metric: 'gini' };
    for (const part of ['arm', 'family', 'segment', 'metric'] as const) {
      const stranger = { ...row('a', 2, 7), [part]: other[part] };
      expect(figuresOf(runOf([], [row('a', 2, 0.5), stranger])).curve(key)).toMatchObject([{ mean: 0.5 }]);
    }
  });

  it('knows the bounds by name, and keeps arms that only the figures name', () => {
    const rows = ['random', 'late', 'hybrid', 'oracle'].map((arm) => ({ ...row('a', 2, 0.5), arm }));
    const figures = figuresOf(runOf([], rows, ['hybrid']));
    expect(figures.arms).toEqual(['hybrid', 'late']);
    expect(figures.bounds).toEqual(['random', 'oracle']);
  });

  it('leaves an arm that was named like a bound an arm', () => {
    const figures = figuresOf(runOf([], [{ ...row('a', 2, 0.5), arm: 'popular' }], ['popular']));
    expect([figures.arms, figures.bounds]).toEqual([['popular'], []]);
  });
});
