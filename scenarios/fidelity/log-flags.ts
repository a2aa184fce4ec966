import { InvalidArgumentError, Option } from 'commander';
import { plural } from '../../reports/format.ts';
import type { Measurement } from './measure.ts';

/** `--utc-offset`, the same for every command that reads a real log. */
export const offsetFlag = (): Option =>
  new Option(
    '--utc-offset <hours>',
    'local time of the listeners minus UTC, to which logs with zones of their own are turned; summer time is not known',
  )
    .argParser(offsetOf)
    .default(0);

/** For commander: hours from −12 to 14 in quarters. */
function offsetOf(text: string): number {
  const hours = Number(text);
  if (!/^[+-]?\d+(\.\d+)?$/.test(text.trim()) || hours < -12 || hours > 14 || !Number.isInteger(4 * hours)) {
    throw new InvalidArgumentError(`${text} is not a number of hours from -12 to 14, such as -5 or 5.5.`);
  }
  return hours;
}

/** An hour of the listeners' clocks, in words. */
export const hourOf = (hour: number): string => `${hour}:00 to ${hour + 1}:00`;

/** Who was measured, in words. */
export const describeLog = ({ listeners, plays, used, fewestPlays, days }: Measurement): string =>
  `${plural(plays, 'play')} of ${plural(listeners, 'listener')} over ${plural(days, 'day')}, ${used} of them with at least ${plural(fewestPlays, 'play')} used for facts of single listeners`;

/** Who is a listener, for the help of every command that reads a real log. */
export const listenersHelp = `
Listeners of a log are told apart by the user that each play names: the column user or user_id of a table, user_name of
ListenBrainz, username of Spotify. Plays without one belong to whom their file is named after; in a folder every file is one
person, and so is every folder in it, but the parts of a Spotify export (Streaming_History_…, endsong_…) are the person of the
folder that they lie in. A play that is there twice counts once. Notes on stderr say which it was, and what was left out.`;
