import { basename, join, resolve } from 'node:path';
import { Command, Option } from 'commander';
import { plural } from '../../reports/format.ts';
import { type FileFormat, fileFormats } from '../export/database.ts';
import { type ExportedTable, exportRun } from '../export/export-run.ts';
import { named, openFinishedRun } from '../finished-run.ts';
import { checkOutputPlace } from '../output-path.ts';
import { withProgress } from '../progress-bar.ts';

interface ExportFlags {
  readonly arm?: string;
  readonly world?: string;
  readonly format: FileFormat;
  readonly truth: boolean;
  readonly out?: string;
  readonly json: boolean;
  readonly quiet: boolean;
}

/** `dubplate export <run>`: the event log and the tables of a run for other tools. */
export const exportCommand = (): Command =>
  new Command('export')
    .description('write the event log, listeners and tracks of a finished run as Parquet or CSV')
    .argument('<run>', 'folder of a finished run')
    .option('--arm <name>', 'only this arm (default: all)')
    .option('--world <name>', 'only this world (default: all)')
    .addOption(new Option('--format <name>', 'parquet (zstd) or csv').choices(fileFormats).default('parquet'))
    .option('--truth', 'also what the engine must not know: habits, true sound, shadow sessions', false)
    .option('--out <dir>', 'folder for the files; an older export in it is replaced (default: <run>-export)')
    .option('--json', 'print what was written as JSON', false)
    .option('--quiet', 'no progress on stderr', false)
    .addHelpText('after', layoutHelp)
    .action(async (path: string, flags: ExportFlags) => {
      const run = openFinishedRun(path);
      const out = flags.out ?? join(path, '..', `${basename(resolve(path))}-export`);
      checkOutputPlace(out);
      const left = `Files that exist in ${out} are whole, but the export is not: its export.json says 'running'.`;
      const tables = await withProgress(flags, left, (progress) =>
        exportRun(run, {
          arms: flags.arm === undefined ? run.arms : [named(run.arms, flags.arm, 'arm', run)],
          worlds: flags.world === undefined ? run.worlds : [named(run.worlds, flags.world, 'world', run)],
          format: flags.format,
          truth: flags.truth,
          out,
          progress,
        }),
      );
      process.stdout.write(
        flags.json
          ? `${JSON.stringify({ schema: 1, run: path, out, format: flags.format, tables })}\n`
          : describeExport(tables),
      );
    });

const layoutHelp = `
Layout: DIR/events/arm=A/world=W/day=D.parquet, one file a day, D being 0007 or, of the past, -0005; DIR/listeners/world=W/listeners.parquet and
DIR/tracks/world=W/tracks.parquet, which all arms of a world share. With --truth also truth_listeners, truth_tracks
and truth_shadow. The folders are Hive partitions: DuckDB (FROM 'DIR/events/**/*.parquet'), pandas
(read_parquet('DIR/events')) and Spark (read.parquet('DIR/events')) add the columns arm and world by themselves; day is
a column of every file, so that one file tells all by itself. Days before 0 are the past, the same in all arms.

Columns: user_id and track_id name listeners and tracks, user and track are their row numbers (as in truth/*.npy);
time, signedUpAt and releasedAt are simulated seconds since day 0, 00:00, and day, signedUpDay and releasedDay the days
they fall in; playedMs and durationMs are milliseconds. Where an event has no track, position or generation there is
null (in CSV nothing). Rows of a day are in the order of the log: by block of listeners, not by time.`;

function describeExport(tables: readonly ExportedTable[]): string {
  const width = Math.max(...tables.map(({ table }) => table.length));
  return tables
    .map(({ table, rows, files, glob }) => {
      const count = `${String(rows).padStart(10)} rows in ${plural(files, 'file')}`;
      return `${table.padEnd(width)} ${count.padEnd(32)} ${glob}\n`;
    })
    .join('');
}
