import { EventBuffer, type EventColumns, kindCode, noGeneration, noPosition, noTrack } from '../engine/core/events.ts';
import { block, keyInto, wordAt } from '../engine/core/random.ts';
import { startOfDay } from '../engine/core/time.ts';
import { type Choice, chooseOrganic, positionWords } from './choice.ts';
import type { Crowd } from './crowd.ts';
import { daypartOf, momentOn } from './moment.ts';
import { type Reaction, react } from './reaction.ts';
import { stepOf, wordOf } from './steps.ts';
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
  const { library, charts } = crowd.state;
  const attention = world.attentionOn(day, charts.played);
  const moment = momentOn(attention);
  moment.daypart = daypartOf(startOfDay(day) + noon);
  const truth = world.truth.on(day);
  const surroundings = { stage: world, truth, library, charts, attention, moment };
  const choice: Choice = { track: noTrack, source: 0, score: 0 };
  const reaction: Reaction = { isSatisfied: false, playedMs: 0, isSaved: false, isKept: false };
  for (const listener of panel) {
    if (!crowd.isMember(listener)) continue;
    const met = new Set<number>();
    let time = startOfDay(day) + noon;
    keyInto(world.keys.shadow, listener, stepOf(day));
    const key0 = block[0]!;
    const key1 = block[1]!;
    for (let position = 0; position < shadowLength; position++) {
      const word0 = wordOf(0, position);
      chooseOrganic(surroundings, listener, noTrack, 'discovery', key0, key1, word0, choice);
      const { track, source, score } = choice;
      if (track === noTrack || met.has(track)) continue;
      met.add(track);
      const word1 = wordAt(key0, key1, word0 + positionWords.reaction + 1);
      const durationMs = world.secondsOf(track) * 1000;
      react(score, source, durationMs, wordAt(key0, key1, word0 + positionWords.reaction), word1, reaction);
      const kind = reaction.isSatisfied ? kindCode.play : kindCode.skip;
      log.add(listener, track, time, kind, reaction.playedMs, source, noPosition, noGeneration, 1);
      time += Math.ceil(reaction.playedMs / 1000) + 1;
    }
  }
  return log.slice();
}
