import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { costLines, stageTimes, unaccounted } from '../../reports/cost.ts';
import { figuresOf } from '../../reports/figures.ts';
import type { SummaryRow } from '../../reports/read-run.ts';
import { runOf } from './run-fixture.ts';

const row = (metric: string, mean: number | null, arm = 'a'): SummaryRow => ({
  ...{ arm, family: 'latent', segment: 'all', metric, mean },
  ...{ low: null, high: null, worlds: 1 },
});

describe('costLines', () => {
  it('takes the manifest’s word for where a figure comes from, then its nature, and never guesses a size', () => {
    const run = runOf(
      ['refreshSeconds', 'seconds.train', 'seconds.write', 'flops.train', 'cacheBytesPerListener'].map((m) =>
        row(m, 1),
      ),
    );
    const stated = {
      ...run,
      manifest: { ...run.manifest, provenance: { 'seconds.*': 'assumed', 'seconds.write': 'derived' } },
    };
    const provenance = Object.fromEntries(costLines(figuresOf(stated), 'latent').map((l) => [l.metric, l.provenance]));
    expect(provenance).toEqual({
      refreshSeconds: 'measured',
      'seconds.train': 'assumed',
      'seconds.write': 'derived',
      'flops.train': 'derived',
      cacheBytesPerListener: 'not stated',
    });
  });

  it('leaves out what no arm has, and marks what one arm lacks', () => {
    const run = runOf([
      row('cacheHitRate', 0.9),
      row('staleHitRate', null),
      row('cacheHitRate', null, 'b'),
      row('mrr', 1),
    ]);
    expect(costLines(figuresOf(run), 'latent')).toEqual([
      { metric: 'cacheHitRate', provenance: 'measured', values: [0.9, undefined] },
    ]);
  });
});

describe('stageTimes', () => {
  it('accounts for the whole refresh: stages and remainder add up to the total', () => {
    const seconds = fc.double({ min: 0, max: 100, noNaN: true });
    fc.assert(
      fc.property(fc.array(seconds, { minLength: 1, maxLength: 8 }), seconds, (stages, total) => {
        const rows = [row('refreshSeconds', total), ...stages.map((s, i) => row(`seconds.stage${i}`, s))];
        const [times] = stageTimes(figuresOf(runOf(rows)), 'latent');
        const sum = [...(times?.seconds.values() ?? [])].reduce((a, b) => a + b, 0);
        expect(Math.abs(sum - times!.total)).toBeLessThanOrEqual(0.0101 * times!.total);
        expect(times!.total).toBeGreaterThanOrEqual(total);
      }),
    );
  });

  it('names what no stage accounts for, above one percent', () => {
    const times = stageTimes(figuresOf(runOf([row('refreshSeconds', 3), row('seconds.train', 2)])), 'latent');
    expect(times[0]?.seconds.get(unaccounted)).toBe(1);
    const close = stageTimes(figuresOf(runOf([row('refreshSeconds', 2.01), row('seconds.train', 2)])), 'latent');
    expect(close[0]?.seconds.has(unaccounted)).toBe(false);
  });
});
