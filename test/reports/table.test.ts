import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { rankingColumns as answerColumns } from '../../reports/columns.ts';
import { figuresOf } from '../../reports/figures.ts';
import { formatFigure } from '../../reports/format.ts';
import { readRun, type SummaryRow } from '../../reports/read-run.ts';
import { textTable } from '../../reports/table.ts';
import { runFolder, runOf, syntheticRun } from './run-fixture.ts';

/** The words of the line that begins with a name. */
const lineOf = (table: string, name: string): string[] =>
  table
    .split('\n')
    .find((line) => line.startsWith(`${name} `))
    ?.trim()
    .split(/\s+/)
    .slice(1) ?? [];

describe('textTable', () => {
  it('shows the means of the summary, each in its own place', () => {
    const mean = fc.option(fc.double({ min: 0, max: 5000, noNaN: true }), { nil: null });
    const means = fc.array(mean, { minLength: answerColumns.length, maxLength: answerColumns.length });
    fc.assert(
      fc.property(means, means, (control, hybrid) => {
        const rows = (arm: string, values: readonly (number | null)[]): SummaryRow[] =>
          answerColumns.map(({ metric, segment }, i) => ({
            ...{ arm, family: 'latent', segment, metric, mean: values[i] ?? null },
            ...{ low: null, high: null, worlds: 1 },
          }));
        const table = textTable(figuresOf(runOf([...rows('control', control), ...rows('hybrid', hybrid)])));
        expect(lineOf(table, 'control')).toEqual(control.map((x) => formatFigure(x)));
        expect(lineOf(table, 'hybrid')).toEqual(hybrid.map((x) => formatFigure(x)));
      }),
    );
  });

  it('lists arms, then bounds, with a dash for what a bound has not', () => {
    const { manifest, metrics } = syntheticRun();
    expect(textTable(figuresOf(readRun(runFolder({ manifest, metrics }))))).toMatchInlineSnapshot(`
      "                oracleRecall@50 ─────────────  recall@50 ─────────────────── newTrack    cache refresh
      arm               all   warm newUser newTrack    all   warm newUser newTrack    share hit rate seconds
      ──────────────────────────────────────────────────────────────────────────────────────────────────────
      collaborative  0.210  0.240   0.0800  0.00400 0.105  0.120   0.0400  0.00200  0.00200    0.940    3.00
      hybrid         0.235  0.237   0.110   0.200   0.117  0.119   0.0550  0.100    0.0820     0.940    4.00
      ──────────────────────────────────────────────────────────────────────────────────────────────────────
      random         0.0310 0.0305  0.0320  0.0330  0.0155 0.0152  0.0160  0.0165   -          -        -
      oracle         1.00   1.00    1.00    1.00    -      -       -       -        -          -        -
      trueSound      0.260  0.255   0.140   0.310   0.130  0.128   0.0700  0.155    -          -        -
      means over 3 measured days and 1 world
      bounds are scored on the state of the first arm, trueSound on that of the first arm that listens
      trueSound: the first arm that listens, handed how tracks truly sound in the place of what its encoder hears
      trueSound is scored for at most 500 listeners of a kind
      "
    `);
  });

  it('has a block for each family and says how many days and worlds are behind it', () => {
    const { manifest, metrics } = syntheticRun({ worlds: 3, families: ['latent', 'acoustic'] });
    const table = textTable(figuresOf(readRun(runFolder({ manifest, metrics }))));
    expect(table.match(/^family \w+$/gm)).toEqual(['family latent', 'family acoustic']);
    expect(table.match(/means over 3 measured days and 3 worlds/g)).toHaveLength(2);
  });

  it('keeps to 110 columns and one line for a name, whatever the name', () => {
    const { manifest, metrics } = syntheticRun();
    const name = `an arm with a very long name\n\u001b[31m`;
    const renamed = JSON.parse(JSON.stringify({ manifest, metrics }).replaceAll('"hybrid"', JSON.stringify(name)));
    const table = textTable(figuresOf(readRun(runFolder(renamed))));
    expect(table).toContain('an arm with a very …');
    expect(table).not.toContain('\u001b');
    for (const line of table.split('\n')) expect(line.length).toBeLessThanOrEqual(110);
  });

  it('says so when a run has no figures', () => {
    expect(textTable(figuresOf(runOf([])))).toBe('The run has no figures.\n');
  });
});
