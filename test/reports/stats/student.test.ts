import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { createStreams, normalFrom } from '../../../engine/core/random.ts';
import { meanInterval, studentQuantile } from '../../../reports/stats/student.ts';

const goldens = JSON.parse(readFileSync(join(import.meta.dirname, '../../oracles/stats_goldens.json'), 'utf8')) as {
  t_ppf: [p: number, df: number, t: number][];
};

describe("Student's t", () => {
  it('has the quantiles of scipy to 1e-10 relative', () => {
    expect(goldens.t_ppf.length).toBeGreaterThan(50);
    for (const [p, df, t] of goldens.t_ppf) {
      const found = studentQuantile(p, df);
      expect(Math.abs(found - t), `p ${p}, df ${df}: ${found} for ${t}`).toBeLessThanOrEqual(1e-10 * Math.abs(t));
    }
  });
});

describe('the interval of a mean', () => {
  it('is unknown for one value', () => {
    expect(meanInterval([3])).toEqual({ low: null, high: null });
  });

  it('covers the true mean 95 % of the time, for few values too', () => {
    const draw = createStreams('coverage')('values', 0);
    for (const n of [3, 10]) {
      let covered = 0;
      for (let trial = 0; trial < 10_000; trial++) {
        const { low, high } = meanInterval(Array.from({ length: n }, () => 5 + normalFrom(draw)));
        if (low !== null && high !== null && low <= 5 && high >= 5) covered++;
      }
      // Five standard errors of a share of 0.95 among 10,000.
      expect(Math.abs(covered / 10_000 - 0.95)).toBeLessThan(0.011);
    }
  });
});
