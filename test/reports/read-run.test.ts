import { describe, expect, it } from 'vitest';
import { ReportError } from '../../reports/errors.ts';
import { readRun } from '../../reports/read-run.ts';
import { runFolder, syntheticRun } from './run-fixture.ts';

const errorOf = (files: { manifest?: unknown; metrics?: unknown }): ReportError => {
  try {
    readRun(runFolder(files));
  } catch (error) {
    if (error instanceof ReportError) return error;
    throw error;
  }
  throw new Error('The run was accepted.');
};

describe('readRun', () => {
  it('reads every row and keeps keys that it does not know', () => {
    const { manifest, metrics } = syntheticRun();
    const run = readRun(runFolder({ manifest: { ...manifest, addedLater: { x: 1 } }, metrics }));
    expect(run.manifest.addedLater).toEqual({ x: 1 });
    expect(run.rows).toHaveLength((metrics.rows as unknown[]).length);
    expect(run.summary).toHaveLength((metrics.summary as unknown[]).length);
  });

  it('needs nothing of the manifest but what makes it one, and takes numbers as names', () => {
    const manifest = { schema: 1, name: 'dubplate', scenario: { name: 'micro' }, seed: 7, worlds: [0, 1] };
    const run = readRun(runFolder({ manifest, metrics: { schema: 1, rows: [], summary: [] } }));
    expect(run.manifest.seed).toBe('7');
    expect(run.manifest.worlds).toEqual(['0', '1']);
    expect(run.manifest.arms).toEqual([]);
  });

  it('takes null, and a key left out, for a figure that could not be computed', () => {
    const { manifest } = syntheticRun();
    const place = { arm: 'a', world: '0', family: 'latent', segment: 'all', metric: 'mrr' };
    const metrics = {
      schema: 1,
      rows: [
        { ...place, day: 2, value: null, n: 0 },
        { ...place, value: 0.5 },
      ],
      summary: [],
    };
    const { rows } = readRun(runFolder({ manifest, metrics }));
    expect(rows.map(({ day, value, n }) => [day, value, n])).toEqual([
      [2, null, 0],
      [null, 0.5, null],
    ]);
  });

  it('says which file is missing and what to do about either', () => {
    const { manifest } = syntheticRun();
    const noRun = errorOf({});
    expect(noRun.code).toBe('FILE_NOT_FOUND');
    expect(noRun.message).toMatch(/manifest\.json$/);
    expect(noRun.hint).toContain('dubplate run');
    const unfinished = errorOf({ manifest });
    expect(unfinished.message).toMatch(/metrics\.json$/);
    expect(unfinished.hint).toContain('--resume');
  });

  it('refuses what is not JSON, a bare NaN included', () => {
    const { manifest } = syntheticRun();
    expect(errorOf({ manifest: '{"schema":1,' }).message).toMatch(/manifest\.json is not JSON/);
    const withNaN = errorOf({ manifest, metrics: '{"schema":1,"rows":[],"summary":[{"mean":NaN}]}' });
    expect(withNaN.code).toBe('INVALID_INPUT');
    expect(withNaN.hint).toContain('null, never NaN');
  });

  it('refuses the files of another program and of another schema', () => {
    const { manifest, metrics } = syntheticRun();
    expect(errorOf({ manifest: { ...manifest, name: 'package' }, metrics }).message).toContain('name');
    expect(errorOf({ manifest, metrics: { ...metrics, schema: 2 } }).message).toContain('schema');
  });

  it('names every problem with its place, ten at most', () => {
    const { manifest } = syntheticRun();
    const rows = Array.from({ length: 12 }, () => ({
      arm: 1,
      world: 'w',
      family: 'f',
      segment: 's',
      metric: 'm',
      value: 0,
    }));
    const { message } = errorOf({ manifest, metrics: { schema: 1, rows, summary: 'none' } });
    expect(message).toContain('rows.0.arm');
    expect(message).toContain('and 3 more');
  });

  it('refuses two means for one place of the table', () => {
    const { manifest } = syntheticRun();
    const row = {
      arm: 'hybrid',
      family: 'latent',
      segment: 'warm',
      metric: 'mrr',
      mean: 0.5,
      low: null,
      high: null,
      worlds: 1,
    };
    const { message } = errorOf({ manifest, metrics: { schema: 1, rows: [], summary: [row, { ...row, mean: 0.6 }] } });
    expect(message).toContain('mean of mrr of arm hybrid in warm, family latent, twice');
  });
});
