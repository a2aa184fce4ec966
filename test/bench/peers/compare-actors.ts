// `npm run bench:peers:actors`: statechart transitions of the compiled table beside plain XState actors and SimPy processes.
import { join } from 'node:path';
import { Command } from 'commander';
import { median } from 'simple-statistics';
import { z } from 'zod';
import { DubplateError } from '../../../engine/core/errors.ts';
import { formatFigure } from '../../../reports/format.ts';
import { benchMachine } from '../../../scenarios/bench/rows.ts';
import { countFlag } from '../../../scenarios/number-flags.ts';
import { withProgress } from '../../../scenarios/progress-bar.ts';
import { textTable } from '../../../scenarios/text-table.ts';
import { python, runProcess } from './side-by-side.ts';

const here = import.meta.dirname;
const runSchema = z.object({
  seconds: z.number(),
  events: z.number(),
  bytesPerActor: z.number(),
  plays: z.number(),
  skips: z.number(),
});
type Run = z.output<typeof runSchema>;

const programs = ['table', 'xstate', 'simpy'] as const;
type Program = (typeof programs)[number];
const names: Readonly<Record<Program, string>> = {
  table: 'Dubplate’s table over columns',
  xstate: 'XState actors, one each',
  simpy: 'SimPy processes, one each',
};

interface Flags {
  readonly actors: number;
  readonly sessions: number;
  readonly tracks: number;
  readonly repetitions: number;
  readonly json: boolean;
  readonly quiet: boolean;
}

const command = (): Command =>
  new Command('bench:peers:actors')
    .description('compare with XState actors and SimPy: events per second and bytes per actor')
    .option('--actors <count>', 'listeners', countFlag, 20_000)
    .option('--sessions <count>', 'sessions of each', countFlag, 10)
    .option('--tracks <count>', 'tracks of a session, every fourth of which is skipped', countFlag, 12)
    .option('--repetitions <count>', 'how often each program runs; medians are printed', countFlag, 3)
    .option('--json', 'print as JSON', false)
    .option('--quiet', 'no progress', false)
    .addHelpText(
      'after',
      `
Needs Python with SimPy (pip install simpy, or PYTHON=/usr/bin/python3 after apt-get install python3-simpy).

Every actor is told of the same sessions: due, so many tracks finished or skipped, ended. The table and XState run the same
statechart, on one thread, in processes of their own, in turn; all have to count the same plays and skips. SimPy has no
statecharts: there an event is a timeout of a process, which the other two have no clock for.`,
    )
    .exitOverride(({ exitCode }) => process.exit(exitCode === 0 ? 0 : 2))
    .action(compareActors);

async function compareActors(flags: Flags): Promise<void> {
  const version = await simpyVersion();
  const machine = benchMachine({ name: 'TypeScript', threads: 1 });
  const sizes = [flags.actors, flags.sessions, flags.tracks].map(String);
  const runOnce = async (program: Program): Promise<Run> =>
    runSchema.parse(
      program === 'simpy'
        ? await runProcess(python, [join(here, 'actors_simpy.py'), ...sizes])
        : await runProcess(process.execPath, [
            '--expose-gc',
            '--import',
            'tsx',
            join(here, 'actors.ts'),
            program,
            ...sizes,
          ]),
    );
  const runs: Record<Program, Run[]> = { table: [], xstate: [], simpy: [] };
  await withProgress(flags, 'Nothing was measured to its end.', async (progress) => {
    for (let repetition = 0; repetition < flags.repetitions; repetition++) {
      for (const program of programs) runs[program].push(await runOnce(program));
      progress('running all three', repetition + 1, flags.repetitions);
    }
  });
  const counted = new Set(Object.values(runs).flatMap((of) => of.map(({ plays, skips }) => `${plays} ${skips}`)));
  if (counted.size !== 1) throw new Error(`the programs do not agree on plays and skips: ${[...counted].join('; ')}`);
  const rate = (program: Program): number => median(runs[program].map(({ events, seconds }) => events / seconds));
  const bytes = (program: Program): number => median(runs[program].map(({ bytesPerActor }) => bytesPerActor));
  const rows = programs.map((program) => ({
    program,
    eventsPerSecond: rate(program),
    bytesPerActor: bytes(program),
    faster: rate('table') / rate(program),
    smaller: bytes(program) / bytes('table'),
  }));
  if (flags.json) {
    process.stdout.write(`${JSON.stringify({ schema: 1, bench: 'peers:actors', machine, peer: version, rows })}\n`);
    return;
  }
  process.stdout.write(
    `${machine.cores} × ${machine.cpu}, one thread each, load ${machine.load.toFixed(1)} before; SimPy ${version.simpy}, Python ${version.python}; ${flags.actors} actors, ${flags.sessions} sessions of ${flags.tracks} tracks\n\n`,
  );
  process.stdout.write(
    textTable([
      ['', 'events/s', 'the table is faster by', 'bytes/actor', 'and smaller by'],
      ...rows.map((row) => [
        names[row.program],
        formatFigure(row.eventsPerSecond),
        row.program === 'table' ? '' : `${formatFigure(row.faster)} ×`,
        formatFigure(row.bytesPerActor),
        row.program === 'table' ? '' : `${formatFigure(row.smaller)} ×`,
      ]),
    ]),
  );
}

/** @throws DubplateError MISSING_TOOL that says how to get SimPy. */
async function simpyVersion(): Promise<{ readonly simpy: string; readonly python: string }> {
  try {
    return z
      .object({ simpy: z.string(), python: z.string() })
      .parse(await runProcess(python, [join(here, 'actors_simpy.py'), 'version']));
  } catch (cause) {
    throw new DubplateError('MISSING_TOOL', `${python} has no SimPy that works`, {
      hint: 'pip install simpy; or Debian: `apt-get install python3-simpy`, then PYTHON=/usr/bin/python3.',
      cause,
    });
  }
}

try {
  await command().parseAsync();
} catch (error) {
  if (!(error instanceof DubplateError)) throw error;
  process.stderr.write(`error: ${error.message}\n  → ${error.hint}\n`);
  process.exitCode = 2;
}
