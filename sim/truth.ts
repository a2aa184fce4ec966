import type { Matrix } from '../engine/core/matrix.ts';
import { pairBell } from './exact.ts';
import { acoustic } from './families/acoustic.ts';
import type { CreateFamily, Family, Ingredients } from './families/family.ts';
import { latent } from './families/latent.ts';
import type { FamilyName } from './options.ts';

/** True taste: what every listener makes of every track. The world acts on it, scoring asks it, nobody else may see it. */
export interface Truth {
  /** u(listener, track): higher is liked better; over the tracks of a listener, taste has mean 0 and variance 1, fame comes on top. */
  utility(listener: number, track: number): number;
  /** The utilities of tracks [0, trackCount) for one listener, into `out`. */
  utilities(listener: number, trackCount: number, out: Float64Array): void;
  /** The two parts of taste before they are mixed, each with mean 0 and variance 1 over a listener's tracks. */
  soundMatch(listener: number, track: number): number;
  hiddenMatch(listener: number, track: number): number;
  /** One per track, mean 0, variance 1. */
  readonly fame: Float32Array;
  /** One per artist. */
  readonly scene: Uint8Array;
  /** What taste was made of, by name, for `truth/`. */
  readonly matrices: Readonly<Record<string, Matrix>>;
}

const families: Readonly<Record<FamilyName, CreateFamily>> = { latent, acoustic };

/** Tracks over which each listener's matches are standardised. */
const sampleSize = 512;

/**
 * Mix a family's parts:
 *
 *     u = √a · S + √(1−a) · (√(1−m) · H + √m · ε) + f · fame
 *
 * S and H are the family's sound and hidden match, standardised for each listener over a fixed sample of the tracks of
 * day 0; ε belongs to the pair alone; a = `acousticShare`, m = `idiosyncrasy`, f = `fameWeight`.
 */
export function createTruth(name: FamilyName, ingredients: Ingredients): Truth {
  const { options, artists, people, releases } = ingredients;
  const family = families[name](ingredients);
  const listeners = people.chronotype.length;
  const sound = standardise(family, 'sound', listeners, options.tracks);
  const hidden = standardise(family, 'hidden', listeners, options.tracks);
  const chance = pairBell(ingredients.streams('idiosyncrasy', 0));
  const { fame, scene } = artists;
  const { acousticShare: a, idiosyncrasy: m, fameWeight } = options;
  const soundWeight = Math.sqrt(a);
  const hiddenWeight = Math.sqrt((1 - a) * (1 - m));
  const chanceWeight = Math.sqrt((1 - a) * m);

  const soundMatch = (listener: number, track: number): number =>
    (family.sound(listener, track) - sound.mean[listener]!) * sound.scale[listener]!;
  const hiddenMatch = (listener: number, track: number): number =>
    (family.hidden(listener, track) - hidden.mean[listener]!) * hidden.scale[listener]!;
  const utility = (listener: number, track: number): number => {
    let u = fameWeight * fame[track]!;
    if (soundWeight > 0) u += soundWeight * soundMatch(listener, track);
    if (hiddenWeight > 0) u += hiddenWeight * hiddenMatch(listener, track);
    if (chanceWeight > 0) u += chanceWeight * chance(listener, track);
    return u;
  };
  return {
    utility,
    utilities(listener, trackCount, out) {
      for (let t = 0; t < trackCount; t++) out[t] = utility(listener, t);
    },
    soundMatch,
    hiddenMatch,
    fame,
    scene,
    matrices: {
      ...family.matrices,
      track_fame: { rows: releases.artist.length, cols: 1, data: fame },
      artist_scene: { rows: releases.artists, cols: 1, data: Float32Array.from(scene) },
    },
  };
}

/** Mean and 1/σ of one part for every listener. */
function standardise(family: Family, part: 'sound' | 'hidden', listeners: number, tracks: number) {
  const mean = new Float64Array(listeners);
  const scale = new Float64Array(listeners);
  const n = Math.min(sampleSize, tracks);
  const sample = Uint32Array.from({ length: n }, (_, i) => Math.floor((i * tracks) / n));
  const match = family[part];
  for (let l = 0; l < listeners; l++) {
    let sum = 0;
    let squares = 0;
    for (let i = 0; i < n; i++) {
      const value = match(l, sample[i]!);
      sum += value;
      squares += value * value;
    }
    mean[l] = sum / n;
    const variance = squares / n - (sum / n) * (sum / n);
    scale[l] = variance > 1e-9 ? 1 / Math.sqrt(variance) : 0;
  }
  return { mean, scale };
}
