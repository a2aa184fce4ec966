import { type Event, type EventColumns, kindCode } from '../../engine/core/events.ts';
import type { SimTime } from '../../engine/core/time.ts';
import { readEvents } from '../../sim/log.ts';
import type { World } from '../../sim/world.ts';
import { checkFiles, type FinishedRun } from '../finished-run.ts';
import { type Portrait, portraitOf } from './portrait.ts';
import { type LivedDay, type LivedSession, type PlayedTrack, relive } from './relive.ts';
import { scenarioOf } from './remake-world.ts';
import { favouritesOf, type Taste, tasteOf } from './taste.ts';

/** Everything that is shown of a listener; what `--json` prints. */
export interface Inspection {
  readonly listener: Portrait;
  /** The tracks of the whole catalogue they would like best on the last day shown, best first. */
  readonly favourites: readonly Favourite[];
  readonly days: readonly InspectedDay[];
  /** Over all days of the run, as the statechart has counted them; the log has the same. */
  readonly totals: Readonly<Record<'plays' | 'skips' | 'saves' | 'searches' | 'picks' | 'sessions', number>>;
  /** State at the end of the run. */
  readonly state: string;
}

/** A track by its public id, with what is true of it. */
interface TrackFacts {
  readonly track: string;
  readonly artist: string;
  readonly scene: number;
}

export interface Favourite extends TrackFacts, Taste {
  readonly releasedAt: SimTime;
  /** How often they played it to satisfaction in the whole run. */
  readonly plays: number;
}

export interface InspectedPlay extends TrackFacts, Taste, Omit<PlayedTrack, 'track'> {
  readonly durationMs: number;
}

export interface InspectedSession extends Omit<LivedSession, 'plays'> {
  readonly plays: readonly InspectedPlay[];
}

export interface InspectedDay extends Omit<LivedDay, 'sessions' | 'picks'> {
  readonly picks: readonly (TrackFacts & { readonly time: SimTime; readonly utility: number })[];
  readonly sessions: readonly InspectedSession[];
}

export interface InspectOptions {
  readonly arm: string;
  readonly world: string;
  /** Row number. */
  readonly listener: number;
  readonly firstDay: number;
  readonly lastDay: number;
  /** How many favourites. */
  readonly favourites: number;
}

/**
 * One listener's life in one arm: lived again from the first day to the last, shown from `firstDay` to `lastDay`.
 * @param world as {@link remakeWorld} makes it.
 * @throws DubplateError FILE_NOT_FOUND and INVALID_INPUT when the log is not whole; Error when log and statechart disagree.
 */
export function inspect(run: FinishedRun, world: World, options: InspectOptions): Inspection {
  const { arm, listener, firstDay, lastDay } = options;
  const pathOf = (day: number): string => run.eventsOf(arm, options.world, day);
  checkFiles(run, run.days.map(pathOf));
  const played = new Map<number, number>();
  const rowsOf = (day: number): Event[] => {
    const rows = ownRows(readEvents(pathOf(day)), listener);
    for (const { kind, track } of rows) if (kind === kindCode.play) played.set(track, (played.get(track) ?? 0) + 1);
    return rows;
  };
  const refreshHours = scenarioOf(run).arms[arm]?.slate.refreshHours;
  const { days, counters, state } = relive(world, listener, rowsOf, refreshHours);
  const { plays, skips, saves, searches, picks, sessionsOpened: sessions } = counters;
  return {
    listener: portraitOf(world, listener),
    favourites: favouritesOf(world, lastDay, listener, options.favourites).map((track) => ({
      ...factsOf(world, track),
      ...tasteOf(world, lastDay, listener, track),
      releasedAt: world.releases.releasedAt[track]!,
      plays: played.get(track) ?? 0,
    })),
    days: days.filter(({ day }) => day >= firstDay && day <= lastDay).map((day) => inspected(world, listener, day)),
    totals: { plays, skips, saves, searches, picks, sessions },
    state,
  };
}

/** The rows of one listener, in order. */
function ownRows(events: EventColumns, listener: number): Event[] {
  const { user, track, time, kind, playedMs, source, position, generation, propensity } = events;
  const rows: Event[] = [];
  for (let i = user.indexOf(listener); i >= 0 && i < events.length; i = user.indexOf(listener, i + 1)) {
    rows.push({
      user: listener,
      track: track[i]!,
      time: time[i]!,
      kind: kind[i]!,
      playedMs: playedMs[i]!,
      source: source[i]!,
      position: position[i]!,
      generation: generation[i]!,
      propensity: propensity[i]!,
    });
  }
  return rows;
}

const factsOf = ({ releases, trackScene }: World, track: number): TrackFacts => ({
  track: `t${track}`,
  artist: `a${releases.artist[track]!}`,
  scene: trackScene[track]!,
});

function inspected(world: World, listener: number, day: LivedDay): InspectedDay {
  return {
    ...day,
    picks: day.picks.map(({ time, track }) => ({
      time,
      ...factsOf(world, track),
      utility: world.truth.on(day.day).utility(listener, track),
    })),
    sessions: day.sessions.map((session) => ({
      ...session,
      plays: session.plays.map(({ track, ...play }) => ({
        ...play,
        ...factsOf(world, track),
        ...tasteOf(world, day.day, listener, track),
        durationMs: world.secondsOf(track) * 1000,
      })),
    })),
  };
}
