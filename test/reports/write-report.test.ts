import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { writeFileAtomic } from '../../engine/core/files.ts';
import { writeReport } from '../../reports/write-report.ts';
import { runFolder, syntheticRun } from './run-fixture.ts';

describe('writeReport', () => {
  it('writes the page and the Markdown beside the result files, and nothing else', () => {
    const dir = runFolder(syntheticRun());
    const { html, markdown } = writeReport(dir, writeFileAtomic);
    expect(readdirSync(dir).sort()).toEqual(['manifest.json', 'metrics.json', 'report.html', 'report.md']);
    expect(readFileSync(html, 'utf8')).toMatch(/^<!doctype html>/);
    expect(readFileSync(markdown, 'utf8')).toMatch(/^# cold-start\n/);
  });

  it('writes nothing for a folder that is not a finished run', () => {
    const dir = runFolder({ manifest: syntheticRun().manifest });
    expect(() => writeReport(dir, writeFileAtomic)).toThrow(/metrics\.json/);
    expect(existsSync(`${dir}/report.html`)).toBe(false);
  });
});
