import { eventSources } from '../engine/core/events.ts';
import { logisticCurve } from './curve.ts';
import { inUnits } from './units.ts';

/** What a listener does with one track; overwritten from play to play. */
export interface Reaction {
  isSatisfied: boolean;
  playedMs: number;
  /** Saved aloud, where it was not in the library yet. */
  isSaved: boolean;
  /** Kept in the library, saved aloud or not. */
  isKept: boolean;
}

/** What one expects from a track one asked for, added to its utility, by source. Set by hand. */
const expectation: Readonly<Record<(typeof eventSources)[number], number>> = {
  slate: 0,
  library: 0.2,
  search: 0.4,
  charts: 0,
  artist: 0.2,
  onboarding: 0,
};
const expected = Int32Array.from(eventSources, (source) => inUnits(expectation[source]));

/** The first set by hand against `under30s` of scenarios/fidelity/targets.ts, the others by hand. */
const satisfaction = logisticCurve({ middle: 0.6, slope: 1 });
const keeping = logisticCurve({ middle: 1.3, slope: 2 });
const saving = logisticCurve({ middle: 2.2, slope: 1.4 });

/**
 * Of the skips, those within five seconds; the others come before thirty. Of the satisfied plays, those to the end. In 65,536ths.
 * Set by hand, the first against `under5s`.
 */
const earlySkipShare = 0.62 * 65_536;
const fullPlayShare = 0.8 * 65_536;
const satisfiedMs = 30_000;

/**
 * The reaction to one exposure, from two random words: 16 bits each for liking it, how far it is heard, keeping and saving it.
 * Nobody keeps what they skip, so there the bits of keeping say when. Where a satisfied play stops, what is left of the bits that
 * kept it from its end says where.
 *
 * @param score  true utility in 1/4096.
 * @param source code of where the track came from.
 */
export function react(
  score: number,
  source: number,
  durationMs: number,
  word0: number,
  word1: number,
  reaction: Reaction,
): void {
  const moment = word0 >>> 16;
  reaction.isSatisfied = satisfaction.happens(score + expected[source]!, word0 & 0xffff);
  if (reaction.isSatisfied) {
    reaction.isSaved = saving.happens(score, word1 >>> 16);
    reaction.isKept = reaction.isSaved || keeping.happens(score, word1 & 0xffff);
    reaction.playedMs =
      moment < fullPlayShare
        ? durationMs
        : satisfiedMs + Math.floor(((moment - fullPlayShare) * (durationMs - satisfiedMs)) / (65_536 - fullPlayShare));
  } else {
    reaction.isSaved = false;
    reaction.isKept = false;
    const within = word1 & 0xffff;
    reaction.playedMs =
      moment < earlySkipShare ? 400 + ((within * 4600) >>> 16) : 5000 + ((within * (satisfiedMs - 5000)) >>> 16);
  }
}
