import { join } from 'node:path';
import { figuresOf } from './figures.ts';
import { markdownReport } from './markdown.ts';
import { htmlReport } from './page/page.ts';
import { readRun } from './read-run.ts';

/**
 * Write `report.html` and `report.md` into a run folder, from its result files.
 *
 * @param write writes a file whole or not at all.
 * @returns the paths of the two files.
 * @throws ReportError when the folder is not that of a finished run.
 */
export function writeReport(
  dir: string,
  write: (path: string, text: string) => void,
): { readonly html: string; readonly markdown: string } {
  const figures = figuresOf(readRun(dir));
  // Both are made before either is written: a report that fails leaves the old pair in place.
  const files = [
    [join(dir, 'report.html'), htmlReport(figures)],
    [join(dir, 'report.md'), markdownReport(figures)],
  ] as const;
  for (const [path, text] of files) write(path, text);
  return { html: files[0][0], markdown: files[1][0] };
}
