import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { answersOf } from '../../reports/answer.ts';
import { figuresOf } from '../../reports/figures.ts';
import { markdownReport } from '../../reports/markdown.ts';
import { htmlReport } from '../../reports/page/page.ts';
import { plainText } from '../../reports/plain-text.ts';
import { readRun } from '../../reports/read-run.ts';
import { shortFrontier, sizingTables } from '../../reports/sizing.ts';
import type { SizedPlan, Sizing } from '../../reports/sizing-file.ts';
import { runFolder, syntheticRun } from './run-fixture.ts';

const plan = (dials: Partial<SizedPlan>, dollars: number, enjoyment: number): SizedPlan => ({
  layout: 'strings',
  activeDays: null,
  refreshHours: 24,
  capacity: 1,
  length: 200,
  hitRate: 0.9,
  staleHitRate: 0.05,
  enjoymentLost: 0.5 - enjoyment,
  recall: enjoyment / 2,
  bytes: 885,
  nominalBytes: 1600,
  listsWritten: 1,
  listsMissed: 0.01,
  flops: 1e8,
  ...dials,
  dollars,
  enjoyment,
});
const usual = plan({}, 0.3, 0.47);
const short = plan({ length: 50 }, 0.2, 0.44);
const often = plan({ refreshHours: 6 }, 0.6, 0.49);
const paged = plan({ layout: 'pages' }, 0.25, 0.4702);
const sizing: Sizing = {
  schema: 1,
  arm: 'nightly',
  worlds: ['latent-0'],
  listeners: 1000,
  days: 10,
  reads: 12_000,
  options: {
    expiryPeriods: 1.5,
    leastHitRate: 0.9,
    dollarsPerGigabyteHour: 0.0067,
    dollarsPerCoreHour: 0.04,
    gigaflopsPerCore: 10,
  },
  worth: [
    {
      length: 200,
      byAge: [
        { ageHours: 0, enjoyment: 0.5, recall: 0.2 },
        { ageHours: 24, enjoyment: 0.46, recall: 0.18 },
      ],
      onMiss: { enjoyment: 0.49, recall: 0.19 },
    },
  ],
  plans: [usual, short, often, paged, plan({ refreshHours: 6, activeDays: 1 }, 0.4, 0.48)],
  frontier: [short, paged, usual, often],
  policies: [{ policy: 'lru', share: 0.5, hits: 0.75 }],
  curve: [{ share: 0.5, exact: 0.25, sampled: 0.26 }],
};

describe('a report of a run that compared caches', () => {
  it('varies one dial at a time from a full list for everyone every night', () => {
    const tables = new Map(sizingTables(sizing).map((table) => [table.title, table]));
    const dialled = (title: string): string[] => tables.get(title)!.rows.map((row) => row.slice(0, 5).join(' '));
    expect(dialled('By refresh period')).toEqual(['everyone 24 100 % 200 strings', 'everyone 6 100 % 200 strings']);
    expect(dialled('By list length')).toEqual(['everyone 24 100 % 200 strings', 'everyone 24 100 % 50 strings']);
    expect(dialled('By who has a list made beforehand')).toEqual(['everyone 24 100 % 200 strings']);
    for (const { header, rows } of tables.values()) for (const row of rows) expect(row).toHaveLength(header.length);
  });

  it('leaves out of the frontier what hardly gains', () => {
    const [frontier] = sizingTables(sizing);
    expect(frontier?.title).toBe('The frontier');
    expect(frontier?.rows.map((row) => row[7])).toEqual(['0.440', '0.470', '0.490']);
  });

  it('shows the same tables in both reports, a chart on the page, and what is assumed', () => {
    const dir = runFolder(syntheticRun());
    writeFileSync(join(dir, 'cache-sizing.json'), JSON.stringify(sizing));
    const figures = figuresOf(readRun(dir));
    const [page, markdown] = [htmlReport(figures), markdownReport(figures)];
    for (const { title } of sizingTables(sizing)) {
      expect(page).toContain(`<h3>${title}</h3>`);
      expect(markdown).toContain(`### ${title}`);
    }
    expect(page).toContain('id="z0-t"');
    expect(page).toContain('every 6 h');
    // Both ends, and what has room between them.
    for (const [anchor, dollars] of [
      ['start', '0.200'],
      ['middle', '0.400'],
      ['end', '0.600'],
    ])
      expect(page).toMatch(new RegExp(`text-anchor="${anchor}">\\$ ${dollars}<`));
    expect(page).not.toMatch(/text-anchor="middle">\$ 0\.250</); // none is written over another
    for (const text of [page, markdown]) expect(text).toMatch(/Assumed: 0\.0067 \$/);
  });

  it('answers with the cheapest plan that loses hardly anything, beside the usual one', () => {
    const fresh = plan({ refreshHours: 6, bytes: 112, capacity: 0.2 }, 0.7, 0.4951);
    const answerOf = (plans: readonly SizedPlan[]) => {
      const dir = runFolder(syntheticRun());
      writeFileSync(join(dir, 'cache-sizing.json'), JSON.stringify({ ...sizing, plans }));
      return answersOf(figuresOf(readRun(dir)))[0];
    };
    const dearer = plan({ refreshHours: 6 }, 0.8, 0.499);
    const late = plan({ capacity: 0.1, hitRate: 0.5 }, 0.01, 0.5);
    expect(answerOf([...sizing.plans, late, dearer, fresh])).toMatchObject({
      headline:
        'To lose at most 1 % of what always fresh lists would be enjoyed, and to have a list at hand for 90.0 % of reads, takes $ 0.700 a day for a million listeners and 112 B for each: lists of 200, made every 6 h for everyone, room for 20.0 % of listeners.',
      remarks: [expect.stringContaining('$ 0.300 a day'), expect.stringContaining('assumed')],
    });
    expect(answerOf(sizing.plans)?.headline).toMatch(/^No plan loses at most 1 %/);
  });

  it('shows the frontier in a terminal, no wider than that', () => {
    const text = plainText(shortFrontier(sizing));
    const lines = text.trimEnd().split('\n');
    expect(lines).toHaveLength(2 + 3);
    expect(Math.max(...lines.map(({ length }) => length))).toBeLessThanOrEqual(110);
    expect(lines[2]).toMatch(/^everyone +24 +100 % +50 +strings +90\.0 % +5\.00 % +0\.440 +885 +0\.200$/);
  });

  it('says nothing of caches for other runs', () => {
    const others = figuresOf(readRun(runFolder(syntheticRun())));
    expect(htmlReport(others)).not.toContain('id="sizing"');
    expect(markdownReport(others)).not.toContain('The frontier');
  });

  it('refuses a damaged file by name', () => {
    const damaged = runFolder(syntheticRun());
    writeFileSync(join(damaged, 'cache-sizing.json'), JSON.stringify({ ...sizing, plans: [{}] }));
    expect(() => readRun(damaged)).toThrow(/cache-sizing\.json is not the result file of a run/);
  });
});
