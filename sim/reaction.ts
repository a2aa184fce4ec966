import { eventSources } from '../engine/core/events.ts';
import type { Draw } from '../engine/core/random.ts';
import { logisticCurve } from './curve.ts';

/** What a listener does with one track; overwritten from play to play. */
export interface Reaction {
  isSatisfied: boolean;
  playedMs: number;
  /** Saved aloud, where it was not in the library yet. */
  isSaved: boolean;
  /** Kept in the library without saving it aloud. */
  isKept: boolean;
  isFollowing: boolean;
}

/** What one expects from a track one asked for, added to its utility, by source: slate, library, search, charts, artist. */
const expectation: Readonly<Record<(typeof eventSources)[number], number>> = {
  slate: 0,
  library: 0.2,
  search: 0.4,
  charts: 0,
  artist: 0.2,
  onboarding: 0,
};
const expected = eventSources.map((source) => expectation[source]);

const satisfaction = logisticCurve({ middle: 1, slope: 0.9 });
const keeping = logisticCurve({ middle: 1.3, slope: 2 });
const saving = logisticCurve({ middle: 2.2, slope: 1.4 });

/** Of the skips, those within five seconds; the others come before thirty. Of the satisfied plays, those to the end. */
const earlySkipShare = 0.68;
const fullPlayShare = 0.8;
const satisfiedMs = 30_000;

/**
 * Draw the reaction to one exposure; always six draws, so that keyed streams stay in step.
 *
 * @param utility true utility, less the wear of repeats.
 * @param source  code of where the track came from.
 */
export function react(utility: number, source: number, durationMs: number, draw: Draw, reaction: Reaction): void {
  const likes = draw();
  const moment = draw();
  const length = draw();
  const keeps = draw();
  const saves = draw();
  const follows = draw();
  reaction.isSatisfied = satisfaction.happens(utility + (expected[source] ?? 0), likes);
  reaction.isKept = reaction.isSatisfied && keeping.happens(utility, keeps);
  reaction.isSaved = reaction.isSatisfied && saving.happens(utility, saves);
  reaction.isFollowing = reaction.isSaved || (reaction.isKept && follows < 0.3);
  if (reaction.isSatisfied) {
    reaction.playedMs =
      moment < fullPlayShare ? durationMs : satisfiedMs + Math.floor(length * (durationMs - satisfiedMs));
  } else {
    reaction.playedMs =
      moment < earlySkipShare ? 400 + Math.floor(length * 4600) : 5000 + Math.floor(length * (satisfiedMs - 5000));
  }
}
