import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { rankingColumns as answerColumns } from '../../reports/columns.ts';
import { figuresOf } from '../../reports/figures.ts';
import { formatFigure } from '../../reports/format.ts';
import { html, markupOf } from '../../reports/page/html.ts';
import { htmlReport } from '../../reports/page/page.ts';
import { readRun } from '../../reports/read-run.ts';
import { runFolder, runOf, summarise, syntheticRun } from './run-fixture.ts';

type Files = { manifest: Record<string, unknown>; metrics: Record<string, unknown> };
const pageOf = (files: Files): string => htmlReport(figuresOf(readRun(runFolder(files))));

const voidElements = new Set(['meta', 'input', 'link', 'br', '!doctype']);

/**
 * Read a page as a parser would, strictly: attributes quoted, every element closed in order.
 * Returns its elements with their attributes, in order.
 */
function elementsOf(page: string): { name: string; attributes: Map<string, string> }[] {
  const elements: { name: string; attributes: Map<string, string> }[] = [];
  const open: string[] = [];
  const tag = /<(\/?)([!a-zA-Z][\w]*)((?:\s+[\w:-]+(?:="[^"]*")?)*)\s*(\/?)>/y;
  for (let at = page.indexOf('<'); at >= 0; at = page.indexOf('<', tag.lastIndex)) {
    tag.lastIndex = at;
    const found = tag.exec(page);
    if (!found) throw new Error(`Not a tag: ${page.slice(at, at + 80)}`);
    const [, closing, name = '', attributes = '', closed] = found;
    if (closing) expect(open.pop()).toBe(name);
    else {
      const pairs = [...attributes.matchAll(/([\w:-]+)(?:="([^"]*)")?/g)].map(
        ([, key = '', value = '']) => [key, value] as const,
      );
      elements.push({ name, attributes: new Map(pairs) });
      if (!closed && !voidElements.has(name)) open.push(name);
    }
  }
  expect(open).toEqual([]);
  return elements;
}

const evil = `"><script>alert(1)</script><img src=x onerror='alert(2)'>&amp;</title></style>`;

describe('htmlReport', () => {
  it('holds nothing that runs, loads or leaves the page', () => {
    const page = pageOf(syntheticRun({ worlds: 2 }));
    const elements = elementsOf(page);
    const names = new Set(elements.map(({ name }) => name));
    for (const name of ['script', 'link', 'img', 'iframe', 'object', 'image', 'use', 'form', 'a'])
      expect(names).not.toContain(name);
    for (const { attributes } of elements) {
      for (const key of attributes.keys()) expect(key).not.toMatch(/^(on.*|style|src|href|xlink:href|action)$/);
    }
    expect(page).not.toMatch(/@import|url\(/);
  });

  it('allows its own style sheet by hash and nothing else', () => {
    const page = pageOf(syntheticRun());
    const css = /<style>([\s\S]*)<\/style>/.exec(page)?.[1] ?? '';
    const hash = createHash('sha256').update(css).digest('base64');
    const policy = elementsOf(page).find(
      ({ attributes }) => attributes.get('http-equiv') === 'Content-Security-Policy',
    );
    expect(policy?.attributes.get('content')).toBe(
      `default-src &#39;none&#39;; style-src &#39;sha256-${hash}&#39;; base-uri &#39;none&#39;; form-action &#39;none&#39;`,
    );
    expect(css.length).toBeGreaterThan(1000);
  });

  it('shows hostile text as text, wherever it comes from', () => {
    const files = syntheticRun({ worlds: 2, families: ['latent', 'acoustic'] });
    const clean = elementsOf(pageOf(files));
    // Put it after every word of the files that is a value and not a key or a fixed name.
    const spoil = (value: unknown): unknown =>
      typeof value === 'string'
        ? `${value}${evil}`
        : Array.isArray(value)
          ? value.map(spoil)
          : typeof value === 'object' && value !== null
            ? Object.fromEntries(
                Object.entries(value).map(([key, inner]) => [
                  key,
                  ['name', 'segment', 'metric'].includes(key) ? inner : spoil(inner),
                ]),
              )
            : value;
    const spoiled = spoil(files) as Files;
    spoiled.manifest.scenario = { ...(spoiled.manifest.scenario as object), name: evil };
    spoiled.manifest.digests = { [evil]: { [evil]: evil } };
    const page = pageOf(spoiled);
    expect(page).toContain('&lt;script&gt;alert(1)&lt;/script&gt;');
    expect(page).not.toMatch(/<script|<img/i);
    const names = (elements: ReturnType<typeof elementsOf>): string[] =>
      [...new Set(elements.map(({ name }) => name))].sort();
    expect(names(elementsOf(page))).toEqual(names(clean));
  });

  it('shows hostile metric and segment names as text too', () => {
    const rows = [
      { arm: 'a', world: '0', family: 'f', day: 1, segment: 'all', metric: `seconds.${evil}`, value: 1, n: 1 },
      { arm: 'a', world: '0', family: 'f', day: 1, segment: evil, metric: evil, value: 1, n: 1 },
    ];
    const page = pageOf({ manifest: syntheticRun().manifest, metrics: { schema: 1, rows, summary: summarise(rows) } });
    expect(page).not.toMatch(/<script|<img/i);
    elementsOf(page);
  });

  it('has the figures of the summary in its table, in order', () => {
    const files = syntheticRun();
    const run = readRun(runFolder(files));
    const page = pageOf(files);
    const table = /<table class="answer">[\s\S]*?<\/table>/.exec(page)?.[0] ?? '';
    const rows = [...table.matchAll(/<tr><th scope="row">[\s\S]*?<\/tr>/g)].map(([row]) =>
      [...row.matchAll(/<td[^>]*>([^<]*)/g)].map(([, text = '']) => text.trim()),
    );
    const expected = ['collaborative', 'hybrid', 'random', 'oracle', 'trueSound'].map((arm) =>
      answerColumns.map(({ metric, segment }) =>
        formatFigure(run.summary.find((s) => s.arm === arm && s.metric === metric && s.segment === segment)?.mean),
      ),
    );
    expect(rows).toEqual(expected);
  });

  it('names every chart for those who cannot see it, by ids that exist once', () => {
    const elements = elementsOf(pageOf(syntheticRun({ worlds: 2, families: ['latent', 'acoustic'] })));
    const ids = elements.flatMap(({ attributes }) => attributes.get('id') ?? []);
    expect(new Set(ids).size).toBe(ids.length);
    const charts = elements.filter(({ attributes }) => attributes.get('role') === 'img');
    expect(charts.length).toBeGreaterThan(20);
    for (const { attributes } of charts) {
      const labels = attributes.get('aria-labelledby')?.split(' ') ?? [];
      expect(labels).toHaveLength(2);
      for (const id of labels) expect(ids).toContain(id);
    }
    for (const { name, attributes } of elements) if (name === 'th') expect(attributes.get('scope')).toBeDefined();
  });

  it('draws each point where its value lies on the axis', () => {
    const values = [0.1, 0.2, 0.1 * 3]; // the last is a hair above 0.3
    const rows = values.map((value, i) => ({
      ...{ arm: 'a', world: '0', family: 'f', day: i, segment: 'all', metric: 'newTrackShare', value, n: 5 },
    }));
    const page = htmlReport(figuresOf(runOf([], rows)));
    const points =
      /<polyline points="([\d.]+,[\d.]+ [\d.]+,[\d.]+ [\d.]+,[\d.]+)"/
        .exec(page)?.[1]
        ?.split(' ')
        .map((p) => p.split(',').map(Number)) ?? [];
    const ticks = [...page.matchAll(/<text class="tick" x="35" y="([\d.]+)"[^>]*>([\d.]+)</g)].map(([, y, v]) => [
      Number(y),
      Number(v),
    ]);
    expect(points).toHaveLength(3);
    expect(ticks.map(([, v]) => v)).toEqual([0, 0.1, 0.2, 0.3]);
    expect(points.map(([, y]) => y)).toEqual(
      values.map((value) => ticks.find(([, v]) => Math.abs(v! - value) < 1e-9)?.[0]),
    );
    expect(points[1]![0]! - points[0]![0]!).toBeCloseTo(points[2]![0]! - points[1]![0]!, 5);
  });

  it('breaks a line where a day is missing and draws no NaN', () => {
    const row = (day: number, value: number | null) => ({
      ...{
        arm: 'a',
        world: '0',
        family: 'f',
        day,
        segment: 'all',
        metric: 'gini',
        value,
        n: value === null ? null : 5,
      },
    });
    const page = htmlReport(figuresOf(runOf([], [row(1, 0.5), row(2, 0.6), row(3, null), row(4, 0.7), row(5, 0.8)])));
    expect(
      page.match(/<polyline points="[^"]+,[^"]+ [^"]+"\s*\/>/g)?.filter((line) => !line.includes('1,6')),
    ).toHaveLength(2);
    expect(page).not.toMatch(/NaN|Infinity|undefined|\[object/);
  });

  it('keeps the scale for the arms when a bound is far above them, and names the bound', () => {
    const page = pageOf(syntheticRun());
    expect(page).toContain('↑ oracle 1.00');
    expect(page).not.toContain('↑ random');
  });

  it('shows a band over worlds only where there are several', () => {
    expect(pageOf(syntheticRun())).not.toContain('class="band"');
    expect(pageOf(syntheticRun({ worlds: 2 }))).toContain('class="band"');
  });

  it('says how many counted', () => {
    expect(pageOf(syntheticRun())).toMatch(/day 3\ncollaborative 0\.210 \(n 103\)/);
  });

  it('is whole for a run without any figure', () => {
    const page = htmlReport(figuresOf(runOf([])));
    elementsOf(page);
    expect(page).not.toMatch(/NaN|Infinity|undefined/);
  });

  it('is the same page for the same run', () => {
    expect(pageOf(syntheticRun())).toBe(pageOf(syntheticRun()));
  });
});

describe('html', () => {
  it('escapes every value so that it reads back as the same text', () => {
    const entities: Record<string, string> = { amp: '&', lt: '<', gt: '>', quot: '"', '#39': "'" };
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom('&', '<', '>', '"', "'", ';', '#39;', 'lt', 'é') }), (text) => {
        const escaped = markupOf(html`${text}`);
        expect(escaped).not.toMatch(/[<>"']/);
        expect(escaped.replace(/&(amp|lt|gt|quot|#39);/g, (_, name: string) => entities[name] ?? '')).toBe(text);
      }),
    );
  });

  it('does not take a value from a file for markup', () => {
    const forged = JSON.parse('{"html":"<b>","Symbol(html)":"<b>"}');
    expect(() => markupOf(html`${forged}`)).toThrow();
    expect(markupOf(html`${[html`<b>${'<'}</b>`, null, false, 0]}`)).toBe('<b>&lt;</b>0');
  });
});
