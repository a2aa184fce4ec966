import { sourceCode } from '../engine/core/events.ts';
import { dayOf, startOfDay } from '../engine/core/time.ts';
import { favouriteScenes } from './people.ts';
import { putOn } from './shelf.ts';
import { record, type Today, tell } from './today.ts';

/** Tracks shown at onboarding, and brought along by those who were there before the log begins. */
const shownTracks = 30;
const recalledTracks = 12;
const secondsPerPick = 8;

/** Sign up and pick three to seven tracks that one truly likes among known ones. */
export function signUp(today: Today, listener: number): void {
  const { world, state } = today;
  const signedUpAt = world.arrivals.signedUpAt[listener]!;
  const lastSecond = startOfDay(dayOf(signedUpAt) + 1) - 1;
  record(today, 'signup', listener, signedUpAt, { source: sourceCode.onboarding });
  tell(today, listener, 'listener.signedUp');
  const draw = world.streams('onboarding', listener);
  const wanted = 3 + Math.floor(draw() * 5);
  likedAmongKnown(today, listener, wanted, draw).forEach((track, n) => {
    const time = Math.min(lastSecond, signedUpAt + secondsPerPick * (n + 1));
    record(today, 'onboard', listener, time, { track, source: sourceCode.onboarding });
    tell(today, listener, 'track.picked');
    state.heard.add(listener, track);
    putOn(state.library, listener, track, 0);
    if (n < 2) putOn(state.followed, listener, world.releases.artist[track]!, 0);
  });
  tell(today, listener, 'onboarding.finished');
}

/** A listener from before the log begins: has a library and artists, of which the log knows nothing yet. */
export function recall(today: Today, listener: number): void {
  const { world, state } = today;
  tell(today, listener, 'listener.recalled');
  const draw = world.streams('onboarding', listener);
  likedAmongKnown(today, listener, recalledTracks, draw).forEach((track, n) => {
    putOn(state.library, listener, track, 0);
    if (n < 4) putOn(state.followed, listener, world.releases.artist[track]!, 0);
  });
}

/** The best liked of {@link shownTracks} tracks that come to mind: half from anywhere, half from the favourite scenes. */
function likedAmongKnown(today: Today, listener: number, wanted: number, draw: () => number): number[] {
  const { world, attention } = today;
  if (attention.released === 0) return [];
  const shown = Array.from({ length: shownTracks }, (_, n) => {
    const u = draw();
    const v = draw();
    const scene = world.people.scenes[listener * favouriteScenes + (n % favouriteScenes)]!;
    return n % 2 === 0 ? attention.anyTrack(u, v) : attention.sceneTrack(scene, u, v);
  });
  return [...new Set(shown)]
    .map((track) => ({ track, utility: world.truth.utility(listener, track) }))
    .sort((a, b) => b.utility - a.utility || a.track - b.track)
    .slice(0, wanted)
    .map(({ track }) => track);
}
