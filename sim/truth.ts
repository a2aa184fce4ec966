import type { Matrix } from '../engine/core/matrix.ts';
import { wordAt } from '../engine/core/random.ts';
import { type Destinations, destinationMatrices, matchesOn, surroundingsAt } from './drift.ts';
import { acoustic } from './families/acoustic.ts';
import { context } from './families/context.ts';
import type { Family, Matches, Surroundings, TasteColumns } from './families/family.ts';
import { latent } from './families/latent.ts';
import { social } from './families/social.ts';
import type { Moment } from './moment.ts';
import type { FamilyName, WorldOptions } from './options.ts';
import { bellOf, firstWord, pairWord } from './pair.ts';
import { trackFacts } from './track-rows.ts';
import { unit } from './units.ts';

/** True taste, day by day. The world acts on it, scoring asks it, nobody else may see it. */
export interface TrueTaste {
  /** Any day, of the past too. The same object for all of them where taste stays; a new one for each call where it drifts. */
  on(day: number): Truth;
  /** What taste is made of, by name, for `truth/`. */
  matrices(): Readonly<Record<string, Matrix>>;
}

/** What every listener makes of every track on one day. */
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
  /** Whether another day has another truth, so that what one remembers of a track is not what one would make of it now. */
  readonly isDrifting: boolean;
  /** The score as a real number. */
  utility(listener: number, track: number): number;
  /** The utilities of tracks [0, trackCount) for one listener, into `out`. */
  utilities(listener: number, trackCount: number, out: Float64Array): void;
  /** What a utility is the sum of, but for rounding by less than 1/2048. */
  parts(listener: number, track: number): TasteParts;
  /** The two parts of taste before they are mixed, each with mean 0 and variance 1 over a listener's tracks. */
  soundMatch(listener: number, track: number): number;
  hiddenMatch(listener: number, track: number): number;
}

/** What each of the four contributes to a utility, with its weight. In standard deviations of a listener's taste over tracks. */
export interface TasteParts {
  readonly sound: number;
  readonly hidden: number;
  readonly fame: number;
  /** What belongs to this listener and this track alone. */
  readonly chance: number;
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
  readonly options: Pick<WorldOptions, 'acousticShare' | 'idiosyncrasy' | 'fameWeight' | 'drift'>;
  readonly taste: TasteColumns;
  /** Where tastes move to, in worlds where they do, and the seed of the world's hidden streams. */
  readonly destinations: Destinations | undefined;
  readonly hiddenSeed: string;
}

export function openTruth(parts: TruthParts): TrueTaste {
  const { options, taste, destinations } = parts;
  const family = families[parts.family];
  const from = family.open(taste, parts);
  const matrices = (): Record<string, Matrix> => {
    const { listeners, tracks } = family.matrices(taste, parts);
    return { ...listeners, ...tracks };
  };
  if (!destinations) {
    const truth = mix(parts, from);
    return { on: () => truth, matrices };
  }
  const there = surroundingsAt(destinations, parts);
  const to = family.open(destinations.taste, there);
  return {
    on: (day) => mix(parts, matchesOn(day, options.drift, from, to)),
    matrices: () => ({ ...matrices(), ...destinationMatrices(destinations, family, there) }),
  };
}

/**
 * Mix a family's parts:
 *
 *     u = √a · S + √(1−a) · (√(1−m) · H + √m · ε) + f · fame
 *
 * S and H are the family's sound and hidden match, standardised for each listener over tracks of day 0; ε belongs to the
 * pair alone; a = `acousticShare`, m = `idiosyncrasy`, f = `fameWeight`. Weights are whole 1/256.
 */
function mix({ options, rows, personal }: TruthParts, { sound, hidden, mixed, mood }: Matches): Truth {
  const chance = personal.keyOf('idiosyncrasy');
  const { acousticShare: a, idiosyncrasy: m, fameWeight } = options;
  const soundWeight = Math.round(256 * Math.sqrt(a));
  const hiddenWeight = Math.round(256 * Math.sqrt((1 - a) * (1 - m)));
  const chanceWeight = Math.round(256 * Math.sqrt((1 - a) * m));
  const fameScale = Math.round(256 * fameWeight);
  const { fame } = trackFacts(rows);

  // A weight times a match.
  const whole = 256 * unit;
  const matched = mixed(soundWeight, hiddenWeight);
  // Asked of one listener again and again: their half of the pair's word is kept.
  let who = -1;
  let word = 0;
  const score = (listener: number, track: number): number => {
    const known = matched(listener, track) + Math.imul(fameScale, fame(track));
    if (chanceWeight === 0) return known >> 8;
    if (listener !== who) {
      who = listener;
      word = firstWord(chance, listener);
    }
    return (known + Math.imul(chanceWeight, bellOf(wordAt(word, chance[1], track)))) >> 8;
  };
  const utility = (listener: number, track: number): number => score(listener, track) / unit;
  return {
    score,
    liking: mood ? (listener, track, moment) => score(listener, track) + mood(listener, track, moment) : score,
    hasMoods: mood !== undefined,
    isDrifting: options.drift > 0,
    utility,
    utilities(listener, trackCount, out) {
      for (let t = 0; t < trackCount; t++) out[t] = utility(listener, t);
    },
    parts: (listener, track) => ({
      sound: (soundWeight * sound(listener, track)) / whole,
      hidden: (hiddenWeight * hidden(listener, track)) / whole,
      fame: (fameScale * fame(track)) / whole,
      chance: (chanceWeight * bellOf(pairWord(chance, listener, track))) / whole,
    }),
    soundMatch: (listener, track) => sound(listener, track) / unit,
    hiddenMatch: (listener, track) => hidden(listener, track) / unit,
  };
}
