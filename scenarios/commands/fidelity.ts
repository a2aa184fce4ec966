import { Command } from 'commander';
import { DubplateError } from '../../engine/core/errors.ts';
import { compare, type FactRow, scoreOf, targetsFrom } from '../fidelity/compare.ts';
import { factNames } from '../fidelity/fact-names.ts';
import { factTable, figure } from '../fidelity/fact-table.ts';
import { describeLog, hourOf, listenersHelp, offsetFlag } from '../fidelity/log-flags.ts';
import { type Measurement, measure } from '../fidelity/measure.ts';
import { type RealLog, readListeningLog } from '../fidelity/read-log.ts';
import { type RunLog, readRunLog, type SlateShare } from '../fidelity/run-log.ts';
import { knownByPlays, withoutPlayedTime } from '../fidelity/sample.ts';
import { concentrationSize, publishedTargets } from '../fidelity/targets.ts';
import { countFlag } from '../number-flags.ts';

interface FidelityFlags {
  readonly log?: string;
  readonly utcOffset: number;
  readonly arm?: string;
  readonly world?: string;
  readonly atLeast?: number;
  readonly json: boolean;
}

/** `dubplate fidelity <run>`: how near a simulated log is to how people listen. */
export const fidelityCommand = (): Command =>
  new Command('fidelity')
    .description('hold the listening of a finished run against published facts of listening, or against a real log')
    .argument('<run>', 'folder of a run')
    .option(
      '--log <file>',
      'take the targets from this listening log: Spotify, ListenBrainz, Last.fm, a table, Parquet, a folder of them',
    )
    .addOption(offsetFlag())
    .option('--arm <name>', 'whose log (default: the first arm)')
    .option('--world <name>', 'which world, such as latent-0 (default: the first)')
    .option('--at-least <n>', 'exit with 1 when fewer facts are ok', countFlag)
    .option('--json', 'print as JSON', false)
    .addHelpText('after', verdictHelp)
    .addHelpText('after', listenersHelp)
    .action(async (run: string, flags: FidelityFlags, command: Command) => {
      if (flags.log === undefined && command.getOptionValueSource('utcOffset') === 'cli') throw offsetOfNothing();
      const simulated = readRunLog(run, flags);
      const log =
        flags.log === undefined
          ? undefined
          : await readListeningLog(flags.log, { utcOffsetHours: flags.utcOffset, nowS: Date.now() / 1000 });
      for (const note of log?.notes ?? []) process.stderr.write(`${note}\n`);
      const comparison = hold(simulated, log && { ...log, path: flags.log ?? '' });
      process.stdout.write(
        flags.json ? `${JSON.stringify(asJson(run, simulated, comparison))}\n` : asText(simulated, comparison),
      );
      if (flags.atLeast !== undefined && scoreOf(comparison.rows).ok < flags.atLeast) process.exitCode = 1;
    });

const offsetOfNothing = (): DubplateError =>
  new DubplateError('INVALID_OPTIONS', '--utc-offset is given without --log', {
    hint: 'It turns the clock of a real log; a run has local time already. Add --log, or leave it out.',
  });

const verdictHelp = `
A fact is ok when it lies between the quartiles of its target or within 10 % of its middle. Without --log the targets are
published figures; most are quartiles over 24 heavy listeners, so listeners with at least 300 plays are held against them (with
fewer plays, where less than five have so many).
With --log, facts of single listeners are compared by the Kolmogorov-Smirnov distance (KS) of their distributions where both
sides have at least five listeners, the others by relative error; the verdict is found the same way. A listener's days are then
those from the first play to the last on both sides, since a log knows of no others; without --log they are those since signing up.
Day 0 of a run is a Monday: a log of simulated plays has to begin on one for its weekdays to agree.`;

interface Comparison {
  readonly measured: Measurement;
  readonly rows: readonly FactRow[];
  readonly log?: { readonly path: string; readonly real: RealLog; readonly measured: Measurement };
}

function hold({ sample }: RunLog, log: (RealLog & { readonly path: string }) | undefined): Comparison {
  if (!log) {
    const measured = measure(sample);
    return { measured, rows: compare(measured, publishedTargets, {}) };
  }
  const { playedTime } = log.sample;
  const real = measure(log.sample);
  // Like with like: a log does not know of days before the first play or after the last; without played times, sessions end elsewhere.
  const kept = knownByPlays(sample);
  const measured = measure(playedTime === 'none' ? withoutPlayedTime(kept) : kept);
  const rows = compare(measured, targetsFrom(real, log.path), { log: { measured: real, playedTime } });
  return { measured, rows, log: { path: log.path, real: log, measured: real } };
}

const asJson = (
  run: string,
  { arm, world, firstDay, lastDay, slates }: RunLog,
  { measured, rows, log }: Comparison,
) => ({
  schema: 1,
  run,
  arm,
  world,
  firstDay,
  lastDay,
  algorithmicShare: slates,
  simulated: sizesOf(measured),
  target: log
    ? { log: log.path, ...sizesOf(log.measured), notes: log.real.notes }
    : { concentration: concentrationSize },
  ...scoreOf(rows),
  facts: factNames.length,
  rows,
});

const sizesOf = ({ listeners, used, fewestPlays, plays, artists, days, busiestAt }: Measurement) => ({
  listeners,
  used,
  fewestPlays,
  plays,
  artists,
  days,
  busiestAt,
});

function asText(
  { arm, world, worlds, firstDay, lastDay, slates }: RunLog,
  { measured, rows, log }: Comparison,
): string {
  const { ok, of } = scoreOf(rows);
  const which = worlds === 1 ? 'the only world' : `one of ${worlds} worlds`;
  const target = log ? log.measured : concentrationSize;
  return `simulated: ${arm} in ${world} (${which}), days ${firstDay} to ${lastDay}; ${describeLog(measured)}
target:    ${log ? `${log.path} (${log.real.formats.join(', ')}); ${describeLog(log.measured)}` : 'published facts of listening; --json names the source of each'}

${factTable(rows)}
Concentration compares artists with artists: plays of tracks are summed by artist, and only artists that were heard count,
${measured.artists} by ${measured.listeners} listeners against ${target.artists} by ${target.listeners} in the target.
Most was played from ${hourOf(measured.busiestAt)}${log ? `, and from ${hourOf(log.measured.busiestAt)} in the log: where that is a zone apart, --utc-offset turns it` : ''}.
${slates ? `${describeSlates(slates)}\n` : ''}${ok} of ${factNames.length} facts within the quartiles of their target or 10 % of its middle${of < factNames.length ? `; ${factNames.length - of} left out` : ''}
`;
}

/** No fact, since no log from elsewhere tells it. */
const describeSlates = ({ share, dial }: SlateShare): string =>
  `Not held against anything: ${figure(share, 'share')} of plays came from slates${dial === null ? '' : `; the dial algorithmicShare aims at ${figure(dial, 'share')}`}.`;
