import { type Matrix, zeros } from '../../engine/core/matrix.ts';
import { columnOf } from '../columns.ts';
import { bell } from '../exact.ts';
import { bellOf, pairWord } from '../pair.ts';
import { favouriteScenes } from '../people.ts';
import { fastestBpm, type Sounds, slowestBpm } from '../sounds.ts';
import { inUnits, toUint8, unit } from '../units.ts';
import { belongingTo } from './belonging.ts';
import type { Family, Ingredients, Surroundings } from './family.ts';
import { bump } from './phi.ts';

/** Of an ideal's variance: what people of one scene have in common. */
const commonShare = 0.65;
/** What the hidden part is made of. */
interface HiddenShares {
  /** Of its variance: a liking for the very artist; the rest is belonging to the artist's scene. */
  readonly loyaltyShare: number;
  /** Of belonging: how much favourite scenes stand out, and a personal opinion of each. */
  readonly favourScale: number;
  readonly opinionScale: number;
}

/** Numbers of a listener: where the sweet spots lie, how much each counts (of 64), a taste for the minor (128 is none). */
const ideal = { tempo: 0, energy: 1, brightness: 2, envelope: 3, weights: 4, minor: 8 } as const;
const idealLength = 9;
const weightScale = 64;
const minorScale = 256;
/** Numbers of a track, the first four in 255ths of their range. */
const qualityLength = 5;
const tempoRange = fastestBpm - slowestBpm;

/** b by distance in 255ths of the attribute's range: 1 at the ideal, one half `width` away. */
const bumps = (width: number): Int32Array =>
  Int32Array.from({ length: 256 }, (_, d) => inUnits(bump(d / 255, 0, width)));
const tempoBump = bumps(14 / tempoRange);
const shareBump = bumps(0.15);

/** Mean and 1/σ of both matches of a listener: the means in 1/4096, the scales in 1/256. */
const standards = { soundMean: 0, soundScale: 1, hiddenMean: 2, hiddenScale: 3 } as const;
const standardLength = 4;
const standardScale = 256;
/** Tracks of day 0 over which a listener's sound match is standardised, at most. */
const sampleSize = 256;

/** What a listener's sweet spots are kept as. */
export interface AcousticTaste {
  readonly [name: string]: Uint8Array | Int16Array;
  /** [listeners × 9] */
  readonly ideals: Uint8Array;
  /** [listeners × 4] */
  readonly standards: Int16Array;
}

/**
 * Sweet spots: a listener has an ideal tempo, energy, brightness and envelope, and likes what comes near; near in tempo
 * and energy together counts extra. Who the artist is makes the rest.
 *
 *     sound(l, t)  = Σₐ wₗₐ·b(a) + b(tempo)·b(energy) + mₗ·minor     b(a) = 1 / (1 + ((aₜ − idealₗₐ) / widthₐ)²)
 *     hidden(l, t) = belonging(l, scene) + loyalty(l, artist)
 *
 * The sound part has high rank over listeners and tracks.
 */
export const sweetSpots = (shares: HiddenShares): Family<AcousticTaste> => ({
  draw(ingredients) {
    const ideals = drawIdeals(ingredients);
    const qualities = qualitiesOf(ingredients.sounds);
    const standards = standardise(ingredients, shares, ideals, qualities);
    return { taste: { ideals, standards }, qualities, width: qualityLength };
  },
  open({ ideals, standards: own }, surroundings) {
    const { bytes, stride } = surroundings.rows;
    const hidden = rawHidden(surroundings, shares);
    const sound = (listener: number, track: number): number => {
      const at = listener * standardLength;
      return ((rawSound(ideals, listener, bytes, track * stride) - own[at]!) * own[at + standards.soundScale]!) >> 8;
    };
    const rest = (listener: number, track: number): number => {
      const at = listener * standardLength;
      return ((hidden(listener, track) - own[at + standards.hiddenMean]!) * own[at + standards.hiddenScale]!) >> 8;
    };
    return {
      sound,
      hidden: rest,
      mixed: (soundWeight, hiddenWeight) => (listener, track) =>
        soundWeight * sound(listener, track) + hiddenWeight * rest(listener, track),
    };
  },
  matrices({ ideals, standards: own }, { people }) {
    const listeners = people.scenes.length / favouriteScenes;
    return {
      listeners: { sound_ideals: matrixOf(ideals, listeners), match_standards: matrixOf(own, listeners) },
      tracks: {},
    };
  },
});

/**
 * Sweet spots in what is heard; loyalty to artists and scenes in what is not. Favours whoever hears: loyalty to an artist says
 * nothing about others.
 */
export const acoustic = sweetSpots({ loyaltyShare: 0.45, favourScale: 4, opinionScale: 0.4 });

/** @param t where the row of the track begins in `qualities`, whose 255ths are less 128. */
function rawSound(ideals: Uint8Array, listener: number, qualities: Int8Array, t: number): number {
  const l = listener * idealLength;
  const tempo = tempoBump[Math.abs(qualities[t]! + 128 - ideals[l]!)]!;
  const energy = shareBump[Math.abs(qualities[t + 1]! + 128 - ideals[l + 1]!)]!;
  const brightness = shareBump[Math.abs(qualities[t + 2]! + 128 - ideals[l + 2]!)]!;
  const envelope = shareBump[Math.abs(qualities[t + 3]! + 128 - ideals[l + 3]!)]!;
  const w = l + ideal.weights;
  const alone = ideals[w]! * tempo + ideals[w + 1]! * energy + ideals[w + 2]! * brightness + ideals[w + 3]! * envelope;
  const minor = (ideals[l + ideal.minor]! - 128) * (unit / minorScale) * qualities[t + 4]!;
  return Math.floor(alone / weightScale) + Math.floor((tempo * energy) / unit) + minor;
}

/** Belonging to the scene and loyalty to the artist before they are standardised, in 1/4096. */
function rawHidden(
  { people, releases, trackScene, personal }: Omit<Surroundings, 'rows'>,
  shares: HiddenShares,
): (listener: number, track: number) => number {
  const belonging = belongingTo(people, personal.keyOf('belonging'), shares);
  const loyalty = personal.keyOf('loyalty');
  const memberWeight = Math.sqrt(1 - shares.loyaltyShare);
  const loyaltyWeight = Math.sqrt(shares.loyaltyShare);
  return (listener, track) => {
    const member = belonging(listener, trackScene[track]!);
    const loyal = bellOf(pairWord(loyalty, listener, releases.artist[track]!));
    return Math.floor(member * memberWeight + loyal * loyaltyWeight);
  };
}

function drawIdeals({ options, people, streams, personal }: Ingredients): Uint8Array {
  const common = Array.from({ length: options.scenes }, (_, s) => {
    const draw = streams('scene-ideal', s);
    return Array.from({ length: idealLength }, () => bell(draw));
  });
  const listeners = people.activity.length;
  const ideals = columnOf('uint8', listeners * idealLength);
  const z = new Float64Array(idealLength);
  for (let l = 0; l < listeners; l++) {
    const draw = personal('ideal', l);
    const ours = common[people.scenes[l * favouriteScenes]!]!;
    for (let c = 0; c < idealLength; c++)
      z[c] = Math.sqrt(commonShare) * ours[c]! + Math.sqrt(1 - commonShare) * bell(draw);
    const at = l * idealLength;
    ideals[at + ideal.tempo] = tempoIn255(112 + 24 * z[ideal.tempo]!);
    for (const attribute of [ideal.energy, ideal.brightness, ideal.envelope])
      ideals[at + attribute] = toUint8(255 * (0.5 + 0.24 * z[attribute]!));
    for (let w = ideal.weights; w < ideal.minor; w++)
      ideals[at + w] = toUint8(weightScale * Math.max(0.2, 1 + 0.4 * z[w]!));
    ideals[at + ideal.minor] = toUint8(128 + minorScale * 0.2 * z[ideal.minor]!);
  }
  return ideals;
}

const tempoIn255 = (bpm: number): number => toUint8((255 * (bpm - slowestBpm)) / tempoRange);

function qualitiesOf({ tempoBpm, energy, timbre, key }: Sounds): Int8Array {
  const qualities = new Int8Array(tempoBpm.length * qualityLength);
  for (let t = 0; t < tempoBpm.length; t++) {
    const at = t * qualityLength;
    qualities[at] = tempoIn255(tempoBpm[t]!) - 128;
    qualities[at + 1] = toUint8(255 * energy[t]!) - 128;
    qualities[at + 2] = toUint8(255 * timbre[t * 4]!) - 128;
    qualities[at + 3] = toUint8(255 * timbre[t * 4 + 1]!) - 128;
    qualities[at + 4] = key[t]! & 1;
  }
  return qualities;
}

/** The sound match over a sample of the tracks of day 0; the hidden one over scenes, where loyalty has mean 0 and variance 1. */
function standardise(
  { options, people, artists, personal }: Ingredients,
  shares: HiddenShares,
  ideals: Uint8Array,
  qualities: Int8Array,
): Int16Array {
  const listeners = people.activity.length;
  const column = columnOf('int16', listeners * standardLength);
  const belonging = belongingTo(people, personal.keyOf('belonging'), shares);
  const memberWeight = Math.sqrt(1 - shares.loyaltyShare);
  const sceneShares = new Float64Array(options.scenes);
  for (let t = 0; t < options.tracks; t++) sceneShares[artists.trackScene[t]!]! += 1 / options.tracks;
  const n = Math.min(sampleSize, options.tracks);
  for (let l = 0; l < listeners; l++) {
    const at = l * standardLength;
    let [sum, squares] = [0, 0];
    for (let s = 0; s < n; s++) {
      const value = rawSound(ideals, l, qualities, Math.floor((s * options.tracks) / n) * qualityLength);
      sum += value / n;
      squares += (value * value) / n;
    }
    column[at + standards.soundMean] = Math.round(sum);
    column[at + standards.soundScale] = scaleOf(squares - sum * sum);
    [sum, squares] = [0, 0];
    for (let scene = 0; scene < options.scenes; scene++) {
      const member = belonging(l, scene) * memberWeight;
      sum += sceneShares[scene]! * member;
      squares += sceneShares[scene]! * member * member;
    }
    column[at + standards.hiddenMean] = Math.round(sum);
    column[at + standards.hiddenScale] = scaleOf(squares - sum * sum + shares.loyaltyShare * unit * unit);
  }
  return column;
}

/** 256 / σ, from a variance in 1/4096². */
const scaleOf = (variance: number): number =>
  variance > 1 ? Math.min(32_767, Math.round((standardScale * unit) / Math.sqrt(variance))) : 0;

const matrixOf = (column: Uint8Array | Int16Array, rows: number): Matrix => {
  const matrix = zeros(rows, column.length / rows);
  matrix.data.set(column);
  return matrix;
};
