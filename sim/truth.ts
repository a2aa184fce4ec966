import type { Matrix } from '../engine/core/matrix.ts';
import type { KeyedStreams } from '../engine/core/random.ts';
import { acoustic } from './families/acoustic.ts';
import { context } from './families/context.ts';
import type { Family, Surroundings, TasteColumns } from './families/family.ts';
import { latent } from './families/latent.ts';
import { social } from './families/social.ts';
import type { Moment } from './moment.ts';
import type { FamilyName, WorldOptions } from './options.ts';
import { bellOf, pairWord } from './pair.ts';
import { trackFacts } from './track-rows.ts';
import { unit } from './units.ts';

/** True taste: what every listener makes of every track. The world acts on it, scoring asks it, nobody else may see it. */
export interface Truth {
  /**
   * u(listener, track) in whole 1/4096: higher is liked better; over the tracks of a listener, taste has mean 0 and variance
   * 1, fame comes on top.
   */
  score(listener: number, track: number): number;
  /** The score in a moment: what listeners act on. The same as `score` but in families where the moment counts. */
  liking(listener: number, track: number, moment: Moment): number;
  /** Whether it does. */
  readonly hasMoods: boolean;
  /** The score as a real number. */
  utility(listener: number, track: number): number;
  /** The utilities of tracks [0, trackCount) for one listener, into `out`. */
  utilities(listener: number, trackCount: number, out: Float64Array): void;
  /** The two parts of taste before they are mixed, each with mean 0 and variance 1 over a listener's tracks. */
  soundMatch(listener: number, track: number): number;
  hiddenMatch(listener: number, track: number): number;
  /** What taste was made of, by name, for `truth/`. */
  matrices(): Readonly<Record<string, Matrix>>;
}

export const families: Readonly<Record<FamilyName, Family>> = {
  latent,
  acoustic,
  context,
  social,
};

/** What truth is computed from: the same on every thread. */
export interface TruthParts extends Surroundings {
  readonly family: FamilyName;
  readonly options: Pick<WorldOptions, 'acousticShare' | 'idiosyncrasy' | 'fameWeight'>;
  readonly taste: TasteColumns;
  readonly streams: KeyedStreams;
}

/**
 * Mix a family's parts:
 *
 *     u = √a · S + √(1−a) · (√(1−m) · H + √m · ε) + f · fame
 *
 * S and H are the family's sound and hidden match, standardised for each listener over tracks of day 0; ε belongs to the
 * pair alone; a = `acousticShare`, m = `idiosyncrasy`, f = `fameWeight`. Weights are whole 1/256.
 */
export function openTruth(parts: TruthParts): Truth {
  const { options, taste, streams } = parts;
  const family = families[parts.family];
  const { sound, hidden, mixed, mood } = family.open(taste, parts);
  const chance = streams.keyOf('idiosyncrasy');
  const { acousticShare: a, idiosyncrasy: m, fameWeight } = options;
  const soundWeight = Math.round(256 * Math.sqrt(a));
  const hiddenWeight = Math.round(256 * Math.sqrt((1 - a) * (1 - m)));
  const chanceWeight = Math.round(256 * Math.sqrt((1 - a) * m));
  const fameScale = Math.round(256 * fameWeight);
  const { fame } = trackFacts(parts.rows);

  const matched = mixed(soundWeight, hiddenWeight);
  const score = (listener: number, track: number): number => {
    const known = matched(listener, track) + Math.imul(fameScale, fame(track));
    if (chanceWeight === 0) return known >> 8;
    return (known + Math.imul(chanceWeight, bellOf(pairWord(chance, listener, track)))) >> 8;
  };
  const utility = (listener: number, track: number): number => score(listener, track) / unit;
  return {
    score,
    liking: mood ? (listener, track, moment) => score(listener, track) + mood(listener, track, moment) : score,
    hasMoods: mood !== undefined,
    utility,
    utilities(listener, trackCount, out) {
      for (let t = 0; t < trackCount; t++) out[t] = utility(listener, t);
    },
    soundMatch: (listener, track) => sound(listener, track) / unit,
    hiddenMatch: (listener, track) => hidden(listener, track) / unit,
    matrices: () => family.matrices(taste, parts),
  };
}
