import { basename } from 'node:path';
import { Command, Option } from 'commander';
import { type FamilyName, familyNames, worldOptionsSchema } from '../../sim/options.ts';
import { commandLine } from '../command-line.ts';
import { type Calibration, calibrate } from '../fidelity/calibrate.ts';
import { compare, type FactRow, scoreOf, targetsFrom } from '../fidelity/compare.ts';
import { factForms, factNames } from '../fidelity/fact-names.ts';
import { figure, textColumns } from '../fidelity/fact-table.ts';
import { digestOfFiles } from '../fidelity/log-digest.ts';
import { describeLog, hourOf, listenersHelp, offsetFlag } from '../fidelity/log-flags.ts';
import { filesOf, type RealLog, readListeningLog } from '../fidelity/read-log.ts';
import { writeWorldFile } from '../fidelity/world-file.ts';
import { checkOutputFile } from '../output-path.ts';
import { withProgress } from '../progress-bar.ts';

interface CalibrateFlags {
  readonly log: string;
  readonly utcOffset: number;
  readonly volume: boolean;
  readonly family: FamilyName;
  readonly seed: string;
  readonly out?: string;
  readonly json: boolean;
  readonly quiet: boolean;
}

/** `dubplate calibrate`: dials of a world from a real log. */
export const calibrateCommand = (): Command =>
  new Command('calibrate')
    .description('fit dials of the world to a real listening log, on small organic worlds')
    .requiredOption('--log <file>', 'Spotify, ListenBrainz, Last.fm, a table, Parquet, or a folder of them')
    .addOption(offsetFlag())
    .option(
      '--volume',
      'set sessionsPerDay by the log too: who keeps a log of their listening listens more than most',
      false,
    )
    .addOption(
      new Option('--family <name>', 'how taste works in the trial worlds').choices(familyNames).default('latent'),
    )
    .option('--seed <text>', 'seed of the trial worlds', '1')
    .option('--out <file>', 'write the calibrated world to this file')
    .option('--json', 'print as JSON', false)
    .option('--quiet', 'no progress', false)
    .addHelpText('after', listenersHelp)
    .addHelpText('after', dialsHelp)
    .action(async (flags: CalibrateFlags) => {
      if (flags.out !== undefined) checkOutputFile(flags.out);
      const log = await readListeningLog(flags.log, { utcOffsetHours: flags.utcOffset, nowS: Date.now() / 1000 });
      for (const note of log.notes) process.stderr.write(`${note}\n`);
      const left = flags.out === undefined ? 'Nothing was written.' : `Nothing was written to ${flags.out}.`;
      const calibration = await withProgress(flags, left, (progress) =>
        calibrate(log.sample, worldOptionsSchema.parse({}), { ...flags, progress }),
      );
      const rows = { before: rowsOf('before', calibration, log), after: rowsOf('after', calibration, log) };
      const source = {
        file: basename(flags.log),
        digest: await digestOfFiles(filesOf(flags.log)),
        listeners: log.sample.listeners.length,
        plays: log.sample.listeners.reduce((sum, { track }) => sum + track.length, 0),
        used: calibration.used,
      };
      if (flags.out !== undefined) {
        writeWorldFile(flags.out, { source, family: flags.family, world: calibration.world, facts: factsOf(rows) });
      }
      const { world, dials, notes } = calibration;
      const settings = settingsOf(calibration);
      process.stdout.write(
        flags.json
          ? `${JSON.stringify({ schema: 1, source, world, dials, facts: factsOf(rows), settings, warning: warningOn(rows) ?? null, notes: [...log.notes, ...notes] })}\n`
          : asText(flags, calibration, rows, settings),
      );
    });

const dialsHelp = `
Fitted are: the cohorts' explore, by one factor, to how often tracks are repeated; popularityExponent, from 50 listeners up, to how
unequally artists are played; sessionsPerDay, with --volume, to the plays a day. Every other dial stays at its default. How many
tracks there are that nobody heard, and how many come out a day, no log tells: trial worlds have as many artists heard as the log,
and 2 % of their catalogue a day. What half and twice the releases would change is part of the range that is printed with each dial.

Examples:
  dubplate calibrate --log history/ --out world.json
  dubplate calibrate --log plays.parquet --volume --utc-offset 1 --json`;

export interface Rows {
  readonly before: readonly FactRow[];
  readonly after: readonly FactRow[];
}

const rowsOf = (when: 'before' | 'after', calibration: Calibration, { sample }: RealLog): FactRow[] =>
  compare(calibration[when], targetsFrom(calibration.log, 'the log'), {
    log: { measured: calibration.log, playedTime: sample.playedTime },
  });

const factsOf = ({ before, after }: Rows) =>
  Object.fromEntries(
    factNames.map((fact, i) => [
      fact,
      { log: before[i]?.target ?? null, before: before[i]?.value ?? null, after: after[i]?.value ?? null },
    ]),
  );

/** What to paste behind a run. */
const settingsOf = ({ dials }: Calibration): string[] =>
  dials.flatMap(({ values }) => values).map(({ path, value }) => `--set world.${path}=${value}`);

/** What to do where fitting made the world less like the log than it was. */
export function warningOn({ before, after }: Rows): string | undefined {
  const [was, is] = [scoreOf(before).ok, scoreOf(after).ok];
  if (is >= was) return undefined;
  const lost = after.filter(({ verdict }, i) => verdict !== 'ok' && before[i]?.verdict === 'ok');
  return `these dials make the world less like the log: ${is} facts ok, ${was} before; no more ${lost.map(({ fact }) => factForms[fact].label).join(', ')}. Do not take them unseen: run without --world, or try another --family, a longer log, and with or without --volume.`;
}

function asText(
  { log, out }: CalibrateFlags,
  { log: measured, dials, notes }: Calibration,
  rows: Rows,
  settings: readonly string[],
): string {
  const facts = textColumns([
    ['fact', 'log', 'before', 'after', 'verdict before', 'after'],
    ...rows.after.map(({ fact, target, value, verdict }, i) => {
      const { label, unit } = factForms[fact];
      const before = rows.before[i];
      return [
        label,
        figure(target, unit),
        figure(before?.value ?? null, unit),
        figure(value, unit),
        before?.verdict ?? '',
        verdict,
      ];
    }),
  ]);
  const fitted = dials.flatMap(({ what, target, before, after, values }) => [
    ...values.map(({ path, value, low, high }) => `${path} = ${value}, from ${low} to ${high}`),
    `  ${what}: ${target.toFixed(2)} in the log, ${before.toFixed(2)} before, ${after.toFixed(2)} after`,
  ]);
  const [before, after] = [scoreOf(rows.before), scoreOf(rows.after)];
  const warning = warningOn(rows);
  return `${log}, the last days of it: ${describeLog(measured)}; most was played from ${hourOf(measured.busiestAt)}

${facts}

${[...fitted, ...notes].join('\n')}
(two standard errors to each side: of the listeners in the log, of seeds, and of half to twice the releases a day, which no log tells)
${before.ok} of ${after.of} facts ok before, ${after.ok} after
${warning === undefined ? '' : `\nWarning: ${warning}\n`}
${out === undefined ? 'To keep the world in a file, add --out world.json. ' : `Written: ${out}. `}${warning === undefined ? 'To run a scenario with these dials:' : 'To run a scenario with these dials all the same:'}
${out === undefined ? `npx dubplate run cold-start ${settings.join(' ')}` : commandLine(['run', 'cold-start', '--world', out])}
`;
}
