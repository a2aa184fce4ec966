import { Command, InvalidArgumentError } from 'commander';
import { DubplateError } from '../../engine/core/errors.ts';
import { plural } from '../../reports/format.ts';
import { type FinishedRun, named, openFinishedRun } from '../finished-run.ts';
import { describeLife } from '../inspect/describe-life.ts';
import { inspect } from '../inspect/inspection.ts';
import { remakeWorld } from '../inspect/remake-world.ts';
import { countFlag } from '../number-flags.ts';

interface InspectFlags {
  readonly listener: string;
  readonly arm?: string;
  readonly world?: string;
  readonly day?: number;
  readonly days?: Days;
  readonly favourites: number;
  readonly json: boolean;
}

interface Days {
  readonly firstDay: number;
  readonly lastDay: number;
}

/** `dubplate inspect <run>`: one listener's life. */
export const inspectCommand = (): Command =>
  new Command('inspect')
    .description('print the life of one simulated listener: habits, true taste, every session and why each track came')
    .argument('<run>', 'folder of a finished run, made by this version')
    .requiredOption('--listener <id>', 'u0, u1, … in order of sign-up; 3 is u3')
    .option('--arm <name>', 'the arm to live in (default: the first)')
    .option('--world <name>', 'the world (default: the first)')
    .option('--day <d>', 'only this day; the past is negative', dayFlag)
    .option('--days <a..b>', 'only these days; a single one is a..a', daysFlag)
    .option('--favourites <n>', 'how many of the truly best liked tracks to name', countFlag, 10)
    .option('--json', 'print as JSON', false)
    .addHelpText('after', meanings)
    .action((path: string, flags: InspectFlags) => {
      const run = openFinishedRun(path);
      const arm = named(run.arms, flags.arm ?? run.arms[0] ?? '', 'arm', run);
      const name = named(run.worlds, flags.world ?? run.worlds[0] ?? '', 'world', run);
      const days = shownDays(run, flags);
      const world = remakeWorld(run, arm, name);
      const listener = rowOf(flags.listener, world.arrivals.signedUpAt.length);
      const life = inspect(run, world, { arm, world: name, listener, ...days, favourites: flags.favourites });
      process.stdout.write(
        flags.json
          ? `${JSON.stringify({ schema: 1, run: path, arm, world: name, ...days, ...life })}\n`
          : `${path}, arm ${arm}, world ${name}\n${describeLife(life)}`,
      );
    });

const meanings = `
The world is made again from the manifest, so that everything true is known; what happened comes from the event log, the
states from the listener's statechart (sim/actors/listener.ts), which is led through all days whichever are shown.

utility is what the listener truly makes of the track, in standard deviations of their taste, and the sum of: sound (what
can be heard), hidden (scene, artist, …), fame, and chance (this listener and this track alone). In the family context
mood is what the moment adds. from says where the track came from, for the slate with the 0-based position in it; list
is the generation of that slate and its age in days; heard is how long (skip: the listener had enough), and p, where it
is not 1, the chance that the policy shows this track at this position.`;

function dayFlag(text: string): number {
  if (!/^-?\d{1,5}$/.test(text.trim())) throw new InvalidArgumentError(`${text} is not a day, such as 3 or -12.`);
  return Number(text);
}

function daysFlag(text: string): Days {
  const [first = '', last = first, ...rest] = text.split('..');
  if (last === '' || rest.length > 0)
    throw new InvalidArgumentError(`${text} is not a stretch of days, such as -3..2 or 0.`);
  const days = { firstDay: dayFlag(first), lastDay: dayFlag(last) };
  if (days.firstDay > days.lastDay) throw new InvalidArgumentError(`${text} ends before it begins.`);
  return days;
}

/** @throws DubplateError INVALID_OPTIONS for days that the run does not have, or both flags. */
function shownDays(run: FinishedRun, { day, days }: InspectFlags): Days {
  const all = { firstDay: run.days[0] ?? 0, lastDay: run.days.at(-1) ?? 0 };
  if (day !== undefined && days !== undefined) {
    throw new DubplateError('INVALID_OPTIONS', '--day and --days were both given', { hint: 'Give one of them.' });
  }
  const wanted = day === undefined ? (days ?? all) : { firstDay: day, lastDay: day };
  if (wanted.firstDay >= all.firstDay && wanted.lastDay <= all.lastDay) return wanted;
  const found =
    wanted.firstDay === wanted.lastDay
      ? `day ${day ?? wanted.firstDay}`
      : `all of ${wanted.firstDay}..${wanted.lastDay}`;
  throw new DubplateError('INVALID_OPTIONS', `${run.path} does not have ${found}`, {
    hint: `Its days are ${all.firstDay} to ${all.lastDay}; those before 0 are the past.`,
  });
}

function rowOf(id: string, listeners: number): number {
  const row = /^u?(0|[1-9]\d{0,9})$/.test(id) ? Number(id.replace('u', '')) : listeners;
  if (row < listeners) return row;
  throw new DubplateError('INVALID_OPTIONS', `The world has no listener '${id}'`, {
    hint: `It has ${plural(listeners, 'listener')}, u0 to u${listeners - 1}, in order of sign-up.`,
  });
}
