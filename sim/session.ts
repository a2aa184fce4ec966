import { kindCode, noGeneration, noPosition, noTrack, sourceCode } from '../engine/core/events.ts';
import { block, keyInto, wordAt } from '../engine/core/random.ts';
import type { SimTime } from '../engine/core/time.ts';
import { listenerTable } from './actors/listener.ts';
import { type Choice, chooseOrganic, positionWords } from './choice.ts';
import { forget, isKept, keep } from './library.ts';
import { daypartOf, passOn } from './moment.ts';
import { type Reaction, react } from './reaction.ts';
import { lookDown, type Slates } from './slate.ts';
import { stepOf, wordOf } from './steps.ts';
import { record, type Today } from './today.ts';

/** One session as it was planned in the morning; overwritten from session to session. */
export interface SessionPlan {
  listener: number;
  /** 0 for the first of the day. */
  session: number;
  start: SimTime;
  /** The next session, or the end of the day: nothing starts at or after it. */
  end: SimTime;
  /** Tracks the listener has time for. */
  length: number;
}

const isListening = Uint8Array.from(listenerTable.states, (name) => (name.endsWith('.listening') ? 1 : 0));
const { step, events: chart } = listenerTable;

/** Of the positions of a session with a slate, the share at which one turns to it, per unit of `algorithmicShare`. Set by hand. */
const slateAppetite = 1.7;
/**
 * How often the same track is played once more, of 65,536.
 * Set by hand against `immediateRepeats` of scenarios/fidelity/targets.ts.
 */
const againChance = 0.032 * 65_536;
/** How often a kept track is worn out by a play, and let go after a skip, of 65,536. Set by hand. */
const wearChance = 65_536 / 40;
const dropChance = 65_536 / 6;

const choice: Choice = { track: noTrack, source: 0, score: 0 };
const reaction: Reaction = { isSatisfied: false, playedMs: 0, isSaved: false, isKept: false };

/**
 * Listen: open the session, play track after track, leave when time is up or the chart says that one is bored. Every
 * position has words of its own, and so has every track that a list may show: what one list changes, it changes there only.
 *
 * @param slates what the service shows, when this session looks at it: row `row` of them.
 */
export function playSession(today: Today, plan: SessionPlan, slates: Slates | undefined, row: number): void {
  const { columns, stage, truth, day, moment } = today;
  const { listener, session } = plan;
  step(columns, listener, chart['session.due']);
  keyInto(stage.keys.position, listener, stepOf(day));
  const key0 = block[0]!;
  const key1 = block[1]!;
  let [meeting0, meeting1, look0, look1] = [0, 0, 0, 0];
  if (slates !== undefined) {
    keyInto(stage.keys.meeting, listener);
    meeting0 = block[0]!;
    meeting1 = block[1]!;
    keyInto(stage.keys.look, listener, stepOf(day));
    look0 = block[0]!;
    look1 = block[1]!;
  }
  const slateChance = slateAppetite * stage.options.algorithmicShare * 65_536;
  let time = plan.start;
  let last = noTrack;
  moment.daypart = daypartOf(plan.start);
  moment.scene = -1;
  for (let position = 0; position < plan.length && time < plan.end; position++) {
    const word0 = wordOf(session, position);
    let slot = -1;
    const way = wordAt(key0, key1, word0);
    const library = wordAt(key0, key1, word0 + positionWords.library);
    if (last !== noTrack && library >>> 16 < againChance) {
      // choice.score is what it was.
      choice.source = sourceCode.library;
    } else {
      if (slates !== undefined && (way & 0xffff) < slateChance) {
        slot = fromSlate(today, plan, slates, row, look0, look1, word0);
      }
      if (slot < 0) chooseOrganic(today, listener, last, 'everything', key0, key1, word0, choice);
    }
    const { track, source, score } = choice;
    if (track === noTrack) continue;
    if (source === sourceCode.search) {
      step(columns, listener, chart['track.searched']);
      record(today, kindCode.search, listener, time, source, track);
    }
    const durationMs = stage.secondsOf(track) * 1000;
    if (slot < 0) {
      const word1 = wordAt(key0, key1, word0 + positionWords.reaction + 1);
      react(score, source, durationMs, wordAt(key0, key1, word0 + positionWords.reaction), word1, reaction);
    } else {
      // How one takes a track that a list shows belongs to the track: two lists that show it on different days are told the same.
      const word1 = wordAt(meeting0, meeting1, 2 * track + 1);
      react(score, source, durationMs, wordAt(meeting0, meeting1, 2 * track), word1, reaction);
    }
    logPlay(today, listener, time, slot, slates, row);
    remember(today, listener, library);
    last = track;
    if (truth.hasMoods) passOn(moment, stage.trackScene[track]!);
    time += Math.ceil(reaction.playedMs / 1000) + 1;
    if (isListening[columns.state[listener]!] === 0) return;
  }
  step(columns, listener, chart['session.ended']);
}

/** Look down the slate from where one stopped; the position tried, or −1. */
function fromSlate(
  today: Today,
  plan: SessionPlan,
  slates: Slates,
  row: number,
  key0: number,
  key1: number,
  word0: number,
): number {
  const { columns, stage, truth, moment } = today;
  const { listener } = plan;
  const generation = slates.generation[row]! & 0xff;
  // A new list is read from the top.
  if (columns.slateGeneration[listener] !== generation) {
    columns.slateGeneration[listener] = generation;
    columns.slateCursor[listener] = 0;
  }
  const cursor = columns.slateCursor[listener]!;
  const slot = lookDown(slates, row, cursor, listener, truth, moment, key0, key1, word0);
  columns.slateCursor[listener] = slot < 0 ? -1 - slot : slot + 1;
  if (slot < 0) return -1;
  const track = slates.tracks[slates.start[row]! + slot]!;
  if (!(stage.releases.releasedAt[track]! <= plan.start)) {
    throw new Error(`the slate of generation ${slates.generation[row]} shows track ${track} before it is out`);
  }
  choice.track = track;
  choice.source = sourceCode.slate;
  choice.score = truth.liking(listener, track, moment);
  return slot;
}

/** The chart and the log hear of a play or skip, and of a save. */
function logPlay(
  { columns, library, log }: Today,
  listener: number,
  time: SimTime,
  slot: number,
  slates: Slates | undefined,
  row: number,
): void {
  const { track, source } = choice;
  const { isSatisfied, playedMs } = reaction;
  let position = noPosition;
  let generation = noGeneration;
  let propensity = 1;
  if (slot >= 0 && slates !== undefined) {
    position = slot;
    generation = slates.generation[row]!;
    if (slates.propensity !== undefined) propensity = slates.propensity[slates.start[row]! + slot]!;
  }
  const kind = isSatisfied ? kindCode.play : kindCode.skip;
  log.add(listener, track, time, kind, playedMs, source, position, generation, propensity);
  step(columns, listener, isSatisfied ? chart['track.finished'] : chart['track.skipped']);
  if (reaction.isSaved && !isKept(library, listener, track)) {
    step(columns, listener, chart['track.saved']);
    log.add(listener, track, time, kindCode.save, 0, source, position, generation, propensity);
  }
}

/** What one play leaves behind in the library. */
function remember({ library }: Today, listener: number, word: number): void {
  const { track, source } = choice;
  const bits = word & 0xffff;
  if (reaction.isSatisfied) {
    if (source === sourceCode.library) {
      if (bits < wearChance) forget(library, listener, track);
    } else if (reaction.isKept) {
      keep(library, listener, track, choice.score, bits);
    }
  } else if (source === sourceCode.library && bits < dropChance) {
    forget(library, listener, track);
  }
}
