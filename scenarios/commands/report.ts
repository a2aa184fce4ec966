import { Command } from 'commander';
import { writeFileAtomic } from '../../engine/core/files.ts';
import { figuresOf } from '../../reports/figures.ts';
import { readRun } from '../../reports/read-run.ts';
import { textTable } from '../../reports/table.ts';
import { writeReport } from '../../reports/write-report.ts';

/** `dubplate report <run>`: writes the report of a finished run again. */
export const reportCommand = (): Command =>
  new Command('report')
    .description('write report.html and report.md of a run again, from its result files')
    .argument('<run>', 'folder of a run')
    .option('--json', 'print the paths as JSON', false)
    .action((run: string, { json }: { readonly json: boolean }) => {
      const written = writeReport(run, writeFileAtomic);
      process.stdout.write(
        json
          ? `${JSON.stringify({ schema: 1, ...written })}\n`
          : `${textTable(figuresOf(readRun(run)))}\n\nReport: ${written.html}\n        ${written.markdown}\n`,
      );
    });
