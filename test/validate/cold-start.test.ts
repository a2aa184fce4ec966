import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import coldStart from '../../scenarios/cold-start.ts';
import type { SummaryRow } from '../../scenarios/scoring/rows.ts';
import { runScenario } from './run-scenario.ts';

/** Seeds that no default was chosen on. */
const seeds = ['101', '102', '103'];

describe('cold-start at its default size, mean over three seeds', () => {
  const folder = mkdtempSync(join(tmpdir(), 'dubplate-validate-'));
  const runs: (readonly SummaryRow[])[] = [];

  const meanOf = (arm: string, segment: string, metric = 'oracleRecall@50'): number => {
    const values = runs.map(
      (rows) =>
        rows.find((row) => row.arm === arm && row.segment === segment && row.metric === metric)?.mean ?? Number.NaN,
    );
    return values.reduce((sum, value) => sum + value, 0) / values.length;
  };

  beforeAll(async () => {
    for (const seed of seeds) {
      const { summary } = await runScenario({ ...coldStart, seed }, join(folder, seed));
      runs.push(summary);
      const cell = (arm: string, segment: string): string =>
        (
          summary.find((row) => row.arm === arm && row.segment === segment && row.metric === 'oracleRecall@50')?.mean ??
          Number.NaN
        ).toFixed(4);
      for (const arm of ['collaborative', 'hybrid', 'random', 'popular', 'trueSound']) {
        console.log(
          `seed ${seed} ${arm}: oracleRecall@50 all ${cell(arm, 'all')} warm ${cell(arm, 'warm')} newUser ${cell(arm, 'newUser')} newTrack ${cell(arm, 'newTrack')}`,
        );
      }
    }
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  it('gives new tracks a fair first week: hybrid reaches three times random, and more than collaborative and popular', () => {
    const hybrid = meanOf('hybrid', 'newTrack');
    expect(hybrid).toBeGreaterThanOrEqual(3 * meanOf('random', 'newTrack'));
    expect(hybrid).toBeGreaterThan(meanOf('collaborative', 'newTrack'));
    expect(hybrid).toBeGreaterThan(meanOf('popular', 'newTrack'));
  });

  it('hears well enough: hybrid reaches half of what it would with the true sound', () => {
    expect(meanOf('hybrid', 'newTrack')).toBeGreaterThanOrEqual(0.5 * meanOf('trueSound', 'newTrack'));
  });

  it('does not hurt known listeners and tracks', () => {
    expect(meanOf('hybrid', 'warm')).toBeGreaterThanOrEqual(0.98 * meanOf('collaborative', 'warm'));
  });

  it.each(['collaborative', 'hybrid'])('%s lies between random and the oracle', (arm) => {
    for (const segment of ['all', 'warm']) {
      expect(meanOf(arm, segment)).toBeGreaterThan(meanOf('random', segment));
      expect(meanOf(arm, segment)).toBeLessThan(meanOf('oracle', segment));
    }
  });
});
