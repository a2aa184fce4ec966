import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { figuresOf } from '../../reports/figures.ts';
import { escaped, markdownReport } from '../../reports/markdown.ts';
import { readRun } from '../../reports/read-run.ts';
import { runFolder, runOf, syntheticRun } from './run-fixture.ts';

// Not named .md: the formatter would rewrite the tables.
describe('markdownReport', () => {
  it('writes the same report for the same run', async () => {
    const report = markdownReport(figuresOf(readRun(runFolder(syntheticRun()))));
    await expect(report).toMatchFileSnapshot('report.md.golden');
  });

  it('writes intervals and a section per family when there are several worlds and families', async () => {
    const report = markdownReport(
      figuresOf(readRun(runFolder(syntheticRun({ worlds: 3, families: ['latent', 'acoustic'] })))),
    );
    await expect(report).toMatchFileSnapshot('report-several.md.golden');
  });

  it('gives every row of a table as many cells as its heading, whatever the names', () => {
    const name = fc.string({ minLength: 1, unit: fc.constantFrom('|', '\\', '\n', '`', '<', 'a', '*') });
    fc.assert(
      fc.property(name, name, (arm, family) => {
        const row = {
          arm,
          family,
          segment: 'all',
          metric: 'cacheHitRate',
          mean: 0.5,
          low: null,
          high: null,
          worlds: 1,
        };
        const lines = markdownReport(figuresOf(runOf([row]))).split('\n');
        // GitHub's rule: a pipe parts cells unless an odd number of backslashes stands before it.
        const cells = (line: string): number => line.replace(/\\[\s\S]/g, '').split('|').length;
        lines.forEach((line, i) => {
          const isRow = line.startsWith('|') && lines[i - 1]?.startsWith('|');
          if (isRow) expect(cells(line)).toBe(cells(lines[i - 1] ?? ''));
        });
      }),
      { numRuns: 50 },
    );
  });

  it('reports a run without figures', () => {
    expect(markdownReport(figuresOf(runOf([])))).toContain('## How to repeat it');
  });
});

describe('escaped', () => {
  it('leaves no tag, link or style to open', () => {
    expect(escaped('<script>alert(1)</script>')).toBe('\\<script\\>alert(1)\\</script\\>');
    expect(escaped('[x](javascript:1) `y` *z* a|b\n# c')).toBe('\\[x\\](javascript:1) \\`y\\` \\*z\\* a\\|b \\# c');
  });
});
