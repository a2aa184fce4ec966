import { describe, expect, it } from 'vitest';
import { answersOf } from '../../reports/answer.ts';
import { dialCurve, dialOf } from '../../reports/dial.ts';
import { figuresOf } from '../../reports/figures.ts';
import { markdownReport } from '../../reports/markdown.ts';
import { htmlReport } from '../../reports/page/page.ts';
import { readRun } from '../../reports/read-run.ts';
import { textTable } from '../../reports/table.ts';
import { hearingRun, type Json, runFolder, syntheticRun } from './run-fixture.ts';

const figures = () => figuresOf(readRun(runFolder(hearingRun())));

describe('the report of what an encoder hears', () => {
  it('is a table by attribute, with what is possible below', () => {
    expect(textTable(figures())).toMatchInlineSnapshot(`
      "            tempo ────   key  R² of ───────────────────────────────────────  embedding ──────── cold recall
      arm         Acc1  Acc2 MIREX energy brightness envelope odd/even modulation        R²  of bound     at 50 %
      ───────────────────────────────────────────────────────────────────────────────────────────────────────────
      encoder    0.945 0.985 0.935  0.856      0.915    0.716    0.746      0.696     0.428     0.856       0.398
      ───────────────────────────────────────────────────────────────────────────────────────────────────────────
      level      -     -     -      0.846      -        -        -          -         -         -           -
      trueSound  -     -     -      -          -        -        -          -         0.497     0.995       0.438
      means over 2 worlds
      bounds are found without an encoder
      level: a regression on the level alone
      trueSound: what the sound truly tells of the factors, in the place of an embedding
      "
    `);
  });

  it('answers with the share of what could be heard', () => {
    expect(answersOf(figures())[0]?.headline).toBe('encoder hears 0.856 of all that the sound tells of the factors.');
  });

  it('shows the most of the dial where half was not tried, and hears nothing rather than less', () => {
    const run = hearingRun() as { manifest: Json; metrics: { rows: Json[]; summary: Json[] } & Json };
    const changed = (rows: Json[]): Json[] =>
      rows
        .filter(({ metric }) => metric !== 'coldRecall.50' && metric !== 'coldRecall.100')
        .map((row) =>
          row.metric !== 'embeddingShare' || row.arm !== 'encoder'
            ? row
            : 'mean' in row
              ? { ...row, mean: -0.1 }
              : { ...row, value: -0.1 },
        );
    const metrics = { ...run.metrics, rows: changed(run.metrics.rows), summary: changed(run.metrics.summary) };
    const poor = figuresOf(readRun(runFolder({ manifest: run.manifest, metrics })));
    expect(textTable(poor)).toContain('at 10 %');
    expect(answersOf(poor)[0]?.headline).toBe('encoder hears nothing of all that the sound tells of the factors.');
  });

  it('has the curve along the dial, with the range over worlds', () => {
    expect(dialOf(figures())).toEqual([10, 50, 100]);
    const curve = dialCurve(figures(), { arm: 'encoder', family: 'latent' });
    expect(curve.map(({ x }) => x)).toEqual([10, 50, 100]);
    expect(curve[1]!.mean).toBeCloseTo(0.4 * 0.995, 10);
    expect([curve[1]!.lowest, curve[1]!.highest]).toEqual([0.4 * 0.99, 0.4]);
    expect(dialCurve(figures(), { arm: 'level', family: 'latent' })).toEqual([]);
  });

  it('draws that curve and leaves out what only days have', () => {
    const page = htmlReport(figures());
    expect(page).toContain('New tracks by their sound alone');
    expect(page).toMatch(/<title>50 %\nencoder 0.398\ntrueSound 0.438<\/title>/);
    for (const absent of ['first arm', 'Day by day', 'Cache and cost', '0 measured days', 'oracleRecall']) {
      expect(page).not.toContain(absent);
    }
  });

  it('is Markdown too', () => {
    const report = markdownReport(figures());
    expect(report).toContain('| encoder | 0.169 | 0.398 | 0.796 |');
    expect(report).toContain('The tracks are synthesised');
    for (const absent of ['first arm', 'By day', 'Cache and cost', 'measured day', 'oracleRecall']) {
      expect(report).not.toContain(absent);
    }
  });

  it('has no part in the report of days', () => {
    const days = figuresOf(readRun(runFolder(syntheticRun())));
    expect(dialOf(days)).toEqual([]);
    expect(htmlReport(days)).not.toContain('by their sound alone');
  });
});
