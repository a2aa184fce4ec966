import { noTrack, sourceCode } from '../engine/core/events.ts';
import type { SimTime } from '../engine/core/time.ts';
import { listenerTable } from './actors/listener.ts';
import { type Choice, chooseOrganic, fatigue } from './choice.ts';
import { type Reaction, react } from './reaction.ts';
import { isOn, putOn, takeOff } from './shelf.ts';
import { lookDown, type ServedSlate } from './slate.ts';
import { stepOf } from './steps.ts';
import { record, type Today, tell } from './today.ts';

/** One session as it was planned in the morning. */
export interface SessionPlan {
  readonly listener: number;
  /** 0 for the first of the day. */
  readonly session: number;
  readonly start: SimTime;
  /** The next session, or the end of the day: nothing starts at or after it. */
  readonly end: SimTime;
  /** Tracks the listener has time for. */
  readonly length: number;
}

const isListening = listenerTable.states.map((name) => name.endsWith('.listening'));

/** Of the positions of a session with a slate, the share at which one turns to it, per unit of `algorithmicShare`. */
const slateAppetite = 1.7;

const choice: Choice = { track: noTrack, source: 0 };
const reaction: Reaction = { isSatisfied: false, playedMs: 0, isSaved: false, isKept: false, isFollowing: false };

/**
 * Listen: open the session, play track after track, leave when time is up or the chart says that one is bored. Every
 * position has draws of its own, and so has every (track, exposure): what one slate changes, it changes there only.
 *
 * @param slate what the service shows, when this session looks at it.
 */
export function playSession(today: Today, plan: SessionPlan, slate: ServedSlate | undefined): void {
  const { state, world } = today;
  const { listener } = plan;
  tell(today, listener, 'session.due');
  let time = plan.start;
  for (let position = 0; position < plan.length && time < plan.end; position++) {
    const draw = world.streams('position', listener, stepOf(today.day, plan.session, position));
    const wantsSlate = draw() < slateAppetite * world.options.algorithmicShare;
    const slot = slate !== undefined && wantsSlate ? fromSlate(today, plan, position, slate) : -1;
    if (slot < 0)
      chooseOrganic({ world, state, attention: today.attention }, listener, time, 'everything', draw, choice);
    if (choice.track === noTrack) continue;
    time += hear(today, listener, time, slot, slot < 0 ? undefined : slate);
    if (!isListening[state.columns.state[listener]!]) return;
  }
  tell(today, listener, 'session.ended');
}

/** Look down the slate from where one stopped; the position tried, or −1. */
function fromSlate(today: Today, plan: SessionPlan, position: number, slate: ServedSlate): number {
  const { state, world } = today;
  const { listener } = plan;
  // A new list is read from the top.
  if (state.slateGeneration[listener] !== slate.generation) {
    state.slateGeneration[listener] = slate.generation;
    state.slateCursor[listener] = 0;
  }
  const draw = world.streams('look', listener, stepOf(today.day, plan.session, position));
  const slot = lookDown(slate, state.slateCursor[listener]!, listener, world.truth, draw);
  state.slateCursor[listener] = slot < 0 ? -1 - slot : slot + 1;
  if (slot < 0) return -1;
  const track = slate.tracks[slot]!;
  if (!(world.releases.releasedAt[track]! <= plan.start)) {
    throw new Error(`the slate of generation ${slate.generation} shows track ${track} before it is out`);
  }
  choice.track = track;
  choice.source = sourceCode.slate;
  return slot;
}

/** Play what was chosen: react, log, remember. Seconds until the next track. */
function hear(today: Today, listener: number, time: SimTime, slot: number, slate: ServedSlate | undefined): number {
  const { state, world } = today;
  const { track, source } = choice;
  if (source === sourceCode.search) {
    tell(today, listener, 'track.searched');
    record(today, 'search', listener, time, { track, source });
  }
  const exposure = state.heard.add(listener, track);
  // Reactions belong to (track, exposure), whenever and however the track is met.
  const step = meetingOf(track, exposure);
  const utility = world.truth.utility(listener, track) - fatigue(exposure);
  const durationMs = world.catalogue.tracks[track]!.durationMs;
  react(utility, source, durationMs, world.streams('reaction', listener, step), reaction);
  const { playedMs } = reaction;
  const details =
    slate === undefined
      ? { track, playedMs, source }
      : {
          track,
          playedMs,
          source,
          position: slot,
          generation: slate.generation,
          propensity: slate.propensity?.[slot] ?? 1,
        };
  if (slate !== undefined) state.slateEvents.set(slate.generation, (state.slateEvents.get(slate.generation) ?? 0) + 1);
  record(today, reaction.isSatisfied ? 'play' : 'skip', listener, time, details);
  tell(today, listener, reaction.isSatisfied ? 'track.finished' : 'track.skipped');
  if (reaction.isSaved && !isOn(state.library, listener, track)) {
    tell(today, listener, 'track.saved');
    record(today, 'save', listener, time, { ...details, playedMs: 0 });
  }
  remember(today, listener, exposure);
  return Math.ceil(playedMs / 1000) + 1;
}

/**
 * The n-th time that somebody meets a track, as one step of a stream. The size of the catalogue is no part of it: a longer
 * run, which has more tracks, must not change the days before.
 */
const meetingOf = (track: number, exposure: number): number => (track + Math.imul(exposure, 0x9e3779b1)) >>> 0;

/** What one play leaves behind: charts, library, followed artists. */
function remember(today: Today, listener: number, exposure: number): void {
  const { state, world } = today;
  const { track, source } = choice;
  if (!reaction.isSatisfied) {
    if (source === sourceCode.library && exposure > 4) takeOff(state.library, listener, track);
    return;
  }
  state.trackPlays[track]! += 1;
  state.charts.playsToday[world.arrivals.region[listener]! * world.catalogue.tracks.length + track]! += 1;
  if (!reaction.isKept && !reaction.isSaved) return;
  // The room that a full shelf makes is drawn from the play itself, so that no stream is shifted.
  const room = world.streams('room', listener, meetingOf(track, exposure));
  putOn(state.library, listener, track, room());
  if (reaction.isFollowing) putOn(state.followed, listener, world.releases.artist[track]!, room());
}
