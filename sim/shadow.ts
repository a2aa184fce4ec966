import { EventBuffer, type EventColumns, kindCode, noGeneration, noPosition, noTrack } from '../engine/core/events.ts';
import { startOfDay } from '../engine/core/time.ts';
import { type Choice, chooseOrganic, fatigue } from './choice.ts';
import type { Crowd } from './crowd.ts';
import { type Reaction, react } from './reaction.ts';
import { stepOf } from './steps.ts';
import type { World } from './world.ts';

/** Tracks in a shadow session, and when it begins. */
const shadowLength = 40;
const noon = 12 * 3600;

/**
 * What the listeners of a panel would find by themselves on this day: for each of them one session of searches, charts
 * and followed artists, with keys of its own, as if no slate existed. Library plays are left out, since nothing new is
 * met there; no track comes twice. Reads the crowd as it is and changes nothing. Who is not a member has no rows.
 *
 * @param panel listeners, in the order of the rows that come back.
 */
export function shadowDay(world: World, crowd: Crowd, day: number, panel: Uint32Array): EventColumns {
  const log = new EventBuffer();
  const { state } = crowd;
  const surroundings = { world, state, attention: world.attentionOn(day) };
  const choice: Choice = { track: noTrack, source: 0 };
  const reaction: Reaction = { isSatisfied: false, playedMs: 0, isSaved: false, isKept: false, isFollowing: false };
  for (const listener of panel) {
    if (!crowd.isMember(listener)) continue;
    const met = new Set<number>();
    let time = startOfDay(day) + noon;
    for (let position = 0; position < shadowLength; position++) {
      const draw = world.streams('shadow', listener, stepOf(day, 0, position));
      chooseOrganic(surroundings, listener, time, 'discovery', draw, choice);
      const { track, source } = choice;
      if (track === noTrack || met.has(track)) continue;
      met.add(track);
      const utility = world.truth.utility(listener, track) - fatigue(state.heard.exposures(listener, track));
      const durationMs = world.catalogue.tracks[track]?.durationMs ?? 0;
      react(
        utility,
        source,
        durationMs,
        world.streams('shadow-reaction', listener, stepOf(day, 0, position)),
        reaction,
      );
      log.push({
        user: listener,
        track,
        time,
        kind: reaction.isSatisfied ? kindCode.play : kindCode.skip,
        playedMs: reaction.playedMs,
        source,
        position: noPosition,
        generation: noGeneration,
        propensity: 1,
      });
      time += Math.ceil(reaction.playedMs / 1000) + 1;
    }
  }
  return log.slice();
}
