import { kindCode, sourceCode } from '../engine/core/events.ts';
import { block, keyInto, wordAt, wordBelow } from '../engine/core/random.ts';
import { dayOf, startOfDay } from '../engine/core/time.ts';
import { listenerTable } from './actors/listener.ts';
import { neighbourhoodOf, poolsOf, trackFrom } from './attention.ts';
import { keep } from './library.ts';
import { chooseOlder } from './older-favourites.ts';
import { favouriteScenes } from './people.ts';
import { record, type Today } from './today.ts';

/** Tracks shown at onboarding, and brought along by those who were there before the log begins. */
const shownTracks = 30;
const recalledTracks = 12;
const secondsPerPick = 8;

const { step, events: chart } = listenerTable;

/** Sign up and pick three to seven tracks that one truly likes among known ones. */
export function signUp(today: Today, listener: number): void {
  const { stage, columns, library } = today;
  const signedUpAt = stage.arrivals.signedUpAt[listener]!;
  const lastSecond = startOfDay(dayOf(signedUpAt) + 1) - 1;
  record(today, kindCode.signup, listener, signedUpAt, sourceCode.onboarding);
  step(columns, listener, chart['listener.signedUp']);
  chooseOlder(stage, today.truth, library, listener);
  keyInto(stage.keys.onboarding, listener);
  const wanted = 3 + wordBelow(wordAt(block[0]!, block[1]!, shownTracks), 5);
  likedAmongKnown(today, listener, wanted).forEach(({ track, score }, n) => {
    const time = Math.min(lastSecond, signedUpAt + secondsPerPick * (n + 1));
    record(today, kindCode.onboard, listener, time, sourceCode.onboarding, track);
    step(columns, listener, chart['track.picked']);
    keep(library, listener, track, score, 0);
  });
  step(columns, listener, chart['onboarding.finished']);
}

/** A listener from before the log begins: has a library, of which the log knows nothing yet. */
export function recall(today: Today, listener: number): void {
  step(today.columns, listener, chart['listener.recalled']);
  chooseOlder(today.stage, today.truth, today.library, listener);
  for (const { track, score } of likedAmongKnown(today, listener, recalledTracks)) {
    keep(today.library, listener, track, score, 0);
  }
}

interface Liked {
  readonly track: number;
  readonly score: number;
}

/** The best liked of {@link shownTracks} tracks that come to mind: half from anywhere, half from the favourite scenes. */
function likedAmongKnown({ stage, truth, attention }: Today, listener: number, wanted: number): Liked[] {
  if (attention.released === 0) return [];
  keyInto(stage.keys.onboarding, listener);
  const key0 = block[0]!;
  const key1 = block[1]!;
  const pools = poolsOf(attention, neighbourhoodOf(attention, listener));
  const shown = Array.from({ length: shownTracks }, (_, n) => {
    const scene = stage.people.scenes[listener * favouriteScenes + (n % favouriteScenes)]!;
    return trackFrom(attention, pools + (n % 2 === 0 ? 0 : 1 + scene), wordAt(key0, key1, n));
  });
  return [...new Set(shown)]
    .map((track) => ({ track, score: truth.score(listener, track) }))
    .sort((a, b) => b.score - a.score || a.track - b.track)
    .slice(0, wanted);
}
