import { type Matrix, rowOf, zeros } from '../../engine/core/matrix.ts';
import { columnOf } from '../columns.ts';
import { bell } from '../exact.ts';
import { favouriteScenes, sceneWeights } from '../people.ts';
import type { TrackRows } from '../track-rows.ts';
import { toInt8, unit } from '../units.ts';
import { openDot, sideBySide } from './dot.ts';
import type { Family, Ingredients } from './family.ts';
import { phi, phiLength } from './phi.ts';

/** Of the variance of a hidden quality: the artist's scene, the artist, the track itself. They add up to 1. */
const qualityShares = { scene: 0.4, artist: 0.35, track: 0.25 };
/** Of a listener's taste: what the friends of the dearest scene share, and what is one's own. */
const commonShare = 0.65;

/** Of a taste and of a quality, so many make 1: their product is {@link unit}. Both are cut at ±127. */
const tasteScale = 128;
const qualityScale = unit / tasteScale;
/** Tracks of day 0 over which matches are standardised, at most. */
const sampleSize = 4096;

/** 8 bits a number, row-major [listeners × (16 + k)]: wₗ, then vₗ, k being `hiddenFactors` filled up to a multiple of 8. */
interface LatentTaste {
  readonly [name: string]: Int8Array;
  readonly taste: Int8Array;
}

/**
 * Latent factors: taste is a sum of products, in qualities that can be heard and in qualities that cannot.
 *
 *     sound(l, t)  = wₗ · φ(soundₜ)      φ standardised, 16 features, see {@link phi}
 *     hidden(l, t) = vₗ · qₜ             `hiddenFactors` qualities around the artist's, around the scene's
 *
 * Favours matrix factorisation: both parts have low rank.
 */
export const latent: Family<LatentTaste> = {
  draw(ingredients) {
    const first = ingredients.options.tracks;
    const listeners = ingredients.people.activity.length;
    const features = standardised(phi(ingredients.sounds), first);
    const qualities = standardised(drawQualities(ingredients), first);
    return {
      taste: {
        taste: tasteColumn(
          [
            { draw: soundTastes(ingredients), qualities: features },
            { draw: hiddenTastes(ingredients), qualities },
          ],
          first,
          listeners,
        ),
      },
      ...qualityRows(features, qualities),
    };
  },
  settle({ taste }, rows) {
    const together = sideBySide([taste, rows.bytes]);
    if (!together) return undefined;
    const [ofListeners, ofTracks] = together.rows as [Int8Array, Int8Array];
    return { memory: together.memory, taste: { taste: ofListeners }, rows: { ...rows, bytes: ofTracks } };
  },
  open({ taste }, { people, rows: { bytes, stride }, memory }) {
    const width = (favouriteScenes * taste.length) / people.scenes.length;
    const together = memory && openDot(memory, width - phiLength);
    return {
      sound: (listener, track) => dot(taste, listener * width, bytes, track * stride, phiLength),
      hidden: (listener, track) =>
        dot(taste, listener * width + phiLength, bytes, track * stride + phiLength, width - phiLength),
      mixed: (soundWeight, hiddenWeight) => {
        if (together) {
          const [tastes, tracks] = [taste.byteOffset, bytes.byteOffset];
          return (listener, track) =>
            together(tastes + listener * width, tracks + track * stride, soundWeight, hiddenWeight);
        }
        return (listener, track) => {
          const p = listener * width;
          const q = track * stride;
          const hidden = dot(taste, p + phiLength, bytes, q + phiLength, width - phiLength);
          return Math.imul(soundWeight, dot(taste, p, bytes, q, phiLength)) + Math.imul(hiddenWeight, hidden);
        };
      },
    };
  },
  matrices({ taste }, { people, rows }) {
    const listeners = people.scenes.length / favouriteScenes;
    const width = taste.length / listeners;
    const part = (from: number, to: number): Matrix =>
      matrixOf(taste, { rows: listeners, stride: width, from, to, scale: tasteScale });
    return {
      listeners: { sound_taste: part(0, phiLength), hidden_taste: part(phiLength, width) },
      tracks: qualityMatrices(rows, width),
    };
  },
};

/** Σ a[i + c]·b[j + c] for c < length, a multiple of 4. */
function dot(a: Int8Array, i: number, b: Int8Array, j: number, length: number): number {
  let sum = 0;
  for (let c = 0; c < length; c += 4) {
    const p = i + c;
    const q = j + c;
    sum = (sum + a[p]! * b[q]! + a[p + 1]! * b[q + 1]! + a[p + 2]! * b[q + 2]! + a[p + 3]! * b[q + 3]!) | 0;
  }
  return sum;
}

function drawQualities({ options, releases, artists, streams }: Ingredients): Matrix {
  const k = options.hiddenFactors;
  const centres = sceneCentres(options.scenes, k, streams);
  const ofArtist = zeros(releases.artists, k);
  const [scene, artist, track] = [qualityShares.scene, qualityShares.artist, qualityShares.track].map(Math.sqrt);
  for (let a = 0; a < releases.artists; a++) {
    const draw = streams('artist-quality', a);
    const centre = rowOf(centres, artists.scene[a]!);
    const row = rowOf(ofArtist, a);
    for (let c = 0; c < k; c++) row[c] = scene! * centre[c]! + artist! * bell(draw);
  }
  const qualities = zeros(releases.artist.length, k);
  for (let t = 0; t < qualities.rows; t++) {
    const draw = streams('track-quality', t);
    const at = releases.artist[t]! * k;
    for (let c = 0; c < k; c++) qualities.data[t * k + c] = ofArtist.data[at + c]! + track! * bell(draw);
  }
  return qualities;
}

/** Writes what one listener likes, on any scale. */
type DrawTaste = (listener: number, row: Float64Array) => void;

/** vₗ: the directions of the favourite scenes, and one's own. */
function hiddenTastes({ options, people, streams, personal }: Ingredients): DrawTaste {
  const k = options.hiddenFactors;
  const centres = sceneCentres(options.scenes, k, streams);
  return (listener, row) => {
    const draw = personal('hidden-taste', listener);
    for (let c = 0; c < k; c++) {
      let common = 0;
      for (let n = 0; n < favouriteScenes; n++) {
        const scene = people.scenes[listener * favouriteScenes + n]!;
        common += sceneWeights[n]! * centres.data[scene * k + c]!;
      }
      row[c] = Math.sqrt(commonShare) * common + Math.sqrt(1 - commonShare) * 0.7 * bell(draw);
    }
  };
}

/** wₗ: what people of one scene like to hear, and one's own. */
function soundTastes({ options, people, streams, personal }: Ingredients): DrawTaste {
  const common = sceneCentres(options.scenes, phiLength, streams, 'scene-sound-taste');
  return (listener, row) => {
    const draw = personal('sound-taste', listener);
    const at = people.scenes[listener * favouriteScenes]! * phiLength;
    for (let c = 0; c < phiLength; c++) {
      row[c] = Math.sqrt(commonShare) * common.data[at + c]! + Math.sqrt(1 - commonShare) * bell(draw);
    }
  };
}

function sceneCentres(scenes: number, k: number, streams: Ingredients['streams'], purpose = 'scene'): Matrix {
  const centres = zeros(scenes, k);
  for (let s = 0; s < scenes; s++) {
    const draw = streams(purpose, s);
    for (let c = 0; c < k; c++) centres.data[s * k + c] = bell(draw);
  }
  return centres;
}

/** Every column to mean 0 and variance 1 over the first `rows` rows: the tracks of day 0, so that a longer run changes nothing. */
function standardised(matrix: Matrix, rows: number): Matrix {
  const { cols, data } = matrix;
  const out = zeros(matrix.rows, cols);
  for (let c = 0; c < cols; c++) {
    let sum = 0;
    let squares = 0;
    for (let r = 0; r < rows; r++) {
      sum += data[r * cols + c]!;
      squares += data[r * cols + c]! * data[r * cols + c]!;
    }
    const mean = sum / rows;
    const deviation = Math.sqrt(Math.max(1e-12, squares / rows - mean * mean));
    for (let r = 0; r < matrix.rows; r++) out.data[r * cols + c] = (data[r * cols + c]! - mean) / deviation;
  }
  return out;
}

/** Tastes scaled so that each listener's matches have variance wᵀ C w = 1, C being the covariance of the qualities. */
function tasteColumn(
  parts: readonly { readonly draw: DrawTaste; readonly qualities: Matrix }[],
  tracks: number,
  listeners: number,
): Int8Array {
  const width = parts.reduce((sum, { qualities }) => sum + upToEight(qualities.cols), 0);
  const column = columnOf('int8', listeners * width);
  let from = 0;
  for (const { draw, qualities } of parts) {
    const k = qualities.cols;
    const C = covariance(qualities, tracks);
    const w = new Float64Array(k);
    for (let l = 0; l < listeners; l++) {
      draw(l, w);
      let variance = 0;
      for (let i = 0; i < k; i++) for (let j = 0; j < k; j++) variance += w[i]! * w[j]! * C[i * k + j]!;
      const scale = variance > 1e-9 ? tasteScale / Math.sqrt(variance) : 0;
      for (let c = 0; c < k; c++) column[l * width + from + c] = toInt8(scale * w[c]!);
    }
    from += upToEight(k);
  }
  return column;
}

/** C = QᵀQ / n over a sample of the first `tracks` rows, whose columns have mean 0; [k × k]. */
function covariance({ cols: k, data }: Matrix, tracks: number): Float64Array {
  const C = new Float64Array(k * k);
  const n = Math.min(sampleSize, tracks);
  for (let s = 0; s < n; s++) {
    const at = Math.floor((s * tracks) / n) * k;
    for (let i = 0; i < k; i++) for (let j = 0; j < k; j++) C[i * k + j]! += (data[at + i]! * data[at + j]!) / n;
  }
  return C;
}

const upToEight = (k: number): number => Math.ceil(k / 8) * 8;

function qualityRows(features: Matrix, hidden: Matrix): { readonly qualities: Int8Array; readonly width: number } {
  const width = features.cols + upToEight(hidden.cols);
  const qualities = new Int8Array(features.rows * width);
  for (let t = 0; t < features.rows; t++) {
    for (const [matrix, at] of [
      [features, 0],
      [hidden, features.cols],
    ] as const) {
      for (let c = 0; c < matrix.cols; c++) {
        qualities[t * width + at + c] = toInt8(qualityScale * matrix.data[t * matrix.cols + c]!);
      }
    }
  }
  return { qualities, width };
}

const qualityMatrices = ({ bytes, stride }: TrackRows, width: number): Record<string, Matrix> => {
  const rows = bytes.length / stride;
  return {
    sound_features: matrixOf(bytes, { rows, stride, from: 0, to: phiLength, scale: qualityScale }),
    hidden_qualities: matrixOf(bytes, { rows, stride, from: phiLength, to: width, scale: qualityScale }),
  };
};

/** Columns [from, to) of rows that are `stride` apart, divided by `scale`. */
function matrixOf(
  values: Int8Array,
  { rows, stride, from, to, scale }: Readonly<Record<'rows' | 'stride' | 'from' | 'to' | 'scale', number>>,
): Matrix {
  const matrix = zeros(rows, to - from);
  for (let r = 0; r < rows; r++) {
    for (let c = from; c < to; c++) matrix.data[r * matrix.cols + c - from] = values[r * stride + c]! / scale;
  }
  return matrix;
}
