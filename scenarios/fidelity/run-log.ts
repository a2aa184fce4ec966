import { z } from 'zod';
import { DubplateError } from '../../engine/core/errors.ts';
import { type EventColumns, kindCode, sourceCode } from '../../engine/core/events.ts';
import { startOfDay } from '../../engine/core/time.ts';
import { readColumns, readEvents } from '../../sim/log.ts';
import { checkFiles, named, openFinishedRun } from '../finished-run.ts';
import { byListener } from './listening.ts';
import type { Sample } from './sample.ts';

/** Which of a run's logs; without a name the first. */
export interface LogChoice {
  readonly arm?: string;
  readonly world?: string;
}

/** The listening of one arm in one world of a run. */
export interface RunLog {
  readonly sample: Sample;
  readonly arm: string;
  readonly world: string;
  /** How many worlds the run has. */
  readonly worlds: number;
  /** First and last day of the log; the past is negative. */
  readonly firstDay: number;
  readonly lastDay: number;
  /** Null where nobody looked at a slate. */
  readonly slates: SlateShare | null;
}

/** Plays from slates over plays on the days that serve them, and the dial that aims at it. */
export interface SlateShare {
  readonly share: number;
  readonly dial: number | null;
}

/** What is public about tracks: one entry per row of `tracks.arrow`. */
export interface TrackFacts {
  readonly artist: ArrayLike<number>;
  /** Seconds since day 0, 00:00. */
  readonly releasedAt: ArrayLike<number>;
}

/**
 * Read the event log of a finished run, the days of the past included.
 * @throws DubplateError FILE_NOT_FOUND when the folder holds no run or files of it are gone; INVALID_INPUT when the run is not
 *   finished or keeps no log; INVALID_OPTIONS for an arm or world that the run does not have.
 */
export function readRunLog(path: string, choice: LogChoice = {}): RunLog {
  const run = openFinishedRun(path);
  const arm = named(run.arms, choice.arm ?? run.arms[0] ?? '', 'arm', run);
  const world = named(run.worlds, choice.world ?? run.worlds[0] ?? '', 'world', run);
  const files = run.days.map((day) => run.eventsOf(arm, world, day));
  const table = run.file(arm, world, 'tracks.arrow');
  checkFiles(run, [...files, table]);
  const [firstDay = 0, lastDay = 0] = [run.days[0], run.days.at(-1)];
  const days = files.map(readEvents);
  const sample = sampleOf(days, firstDay, lastDay, readTracks(table));
  const share = shareFromSlates(days.filter((_, i) => (run.days[i] ?? 0) >= 0));
  const slates =
    share > 0 ? { share, dial: withDial.safeParse(run.scenario).data?.world.algorithmicShare ?? null } : null;
  return { sample, arm, world, worlds: run.worlds.length, firstDay, lastDay, slates };
}

const withDial = z.looseObject({ world: z.looseObject({ algorithmicShare: z.number() }) });

/** As the metric `algorithmicShare` counts: skips do not. */
function shareFromSlates(days: readonly EventColumns[]): number {
  let plays = 0;
  let fromSlates = 0;
  for (const { length, kind, source } of days) {
    for (let row = 0; row < length; row++) {
      if (kind[row] !== kindCode.play) continue;
      plays++;
      if (source[row] === sourceCode.slate) fromSlates++;
    }
  }
  return plays === 0 ? 0 : fromSlates / plays;
}

/**
 * The sample that a simulated log is. Pure.
 * @param days one entry for each day from `firstDay` to `lastDay`.
 */
export function sampleOf(days: readonly EventColumns[], firstDay: number, lastDay: number, tracks: TrackFacts): Sample {
  return {
    listeners: byListener(days),
    listenerDays: listenerDays(days),
    playedTime: 'heard',
    artistOf: tracks.artist,
    releases: { releasedAt: tracks.releasedAt, from: startOfDay(firstDay), until: startOfDay(lastDay + 1) },
  };
}

/**
 * How many had signed up by the end of each day, summed over days. Listeners are numbered by when they signed up, and whoever
 * did so within the log is logged: those before them were there from its beginning.
 */
export function listenerDays(days: readonly EventColumns[]): number {
  let highest = -1;
  let signups = 0;
  const byDay = days.map(({ length, user, kind }) => {
    let today = 0;
    for (let row = 0; row < length; row++) {
      highest = Math.max(highest, user[row]!);
      if (kind[row] === kindCode.signup) today++;
    }
    signups += today;
    return signups;
  });
  const before = highest + 1 - signups;
  return byDay.reduce((sum, soFar) => sum + before + soFar, 0);
}

function readTracks(path: string): TrackFacts {
  const { artist, releasedAt } = readColumns(path);
  if (!Array.isArray(artist) || !(releasedAt instanceof Int32Array)) {
    throw new DubplateError('INVALID_INPUT', `${path} lacks the columns 'artist' and 'releasedAt'`, {
      hint: 'It was changed after the run. Copy it again, or run the scenario again.',
    });
  }
  const rows = new Map<string, number>();
  for (const name of artist as readonly string[]) if (!rows.has(name)) rows.set(name, rows.size);
  return { artist: Uint32Array.from(artist as readonly string[], (name) => rows.get(name) ?? 0), releasedAt };
}
