import { type Matrix, rowOf, zeros } from '../../engine/core/matrix.ts';
import { bell } from '../exact.ts';
import { favouriteScenes, sceneWeights } from '../people.ts';
import type { CreateFamily, Ingredients } from './family.ts';
import { phi, phiLength } from './phi.ts';

/** Of the variance of a hidden quality: the artist's scene, the artist, the track itself. They add up to 1. */
const qualityShares = { scene: 0.4, artist: 0.35, track: 0.25 };
/** Of a listener's taste: what the friends of the dearest scene share, and what is one's own. */
const commonShare = 0.65;

/**
 * Latent factors: taste is a sum of products, in qualities that can be heard and in qualities that cannot.
 *
 *     sound(l, t)  = wₗ · φ(soundₜ)      φ standardised, 16 features, see {@link phi}
 *     hidden(l, t) = vₗ · qₜ             `hiddenFactors` qualities around the artist's, around the scene's
 *
 * Favours matrix factorisation: both parts have low rank.
 */
export const latent: CreateFamily = (ingredients) => {
  const features = standardised(phi(ingredients.sounds), ingredients.options.tracks);
  const qualities = drawQualities(ingredients);
  const soundTaste = drawSoundTaste(ingredients);
  const hiddenTaste = drawHiddenTaste(ingredients);
  return {
    sound: (listener, track) => dot(soundTaste, listener, features, track),
    hidden: (listener, track) => dot(hiddenTaste, listener, qualities, track),
    matrices: {
      sound_taste: soundTaste,
      sound_features: features,
      hidden_taste: hiddenTaste,
      hidden_qualities: qualities,
    },
  };
};

/** Σ aᵢ·bᵢ of row `i` of A and row `j` of B, in order, float64. */
function dot(A: Matrix, i: number, B: Matrix, j: number): number {
  const { cols } = A;
  const a = A.data;
  const b = B.data;
  let sum = 0;
  for (let c = 0, p = i * cols, q = j * cols; c < cols; c++) sum += a[p + c]! * b[q + c]!;
  return sum;
}

function drawQualities({ options, releases, artists, streams }: Ingredients): Matrix {
  const k = options.hiddenFactors;
  const centres = sceneCentres(options.scenes, k, streams);
  const ofArtist = zeros(releases.artists, k);
  for (let a = 0; a < releases.artists; a++) {
    const draw = streams('artist-quality', a);
    const centre = rowOf(centres, artists.scene[a]!);
    rowOf(ofArtist, a).set(
      centre.map((c) => Math.sqrt(qualityShares.scene) * c + Math.sqrt(qualityShares.artist) * bell(draw)),
    );
  }
  const qualities = zeros(releases.artist.length, k);
  for (let t = 0; t < qualities.rows; t++) {
    const draw = streams('track-quality', t);
    const artist = rowOf(ofArtist, releases.artist[t]!);
    rowOf(qualities, t).set(artist.map((q) => q + Math.sqrt(qualityShares.track) * bell(draw)));
  }
  return qualities;
}

/** vₗ: the directions of the favourite scenes, and one's own. */
function drawHiddenTaste({ options, people, streams }: Ingredients): Matrix {
  const k = options.hiddenFactors;
  const centres = sceneCentres(options.scenes, k, streams);
  const taste = zeros(people.chronotype.length, k);
  for (let l = 0; l < taste.rows; l++) {
    const draw = streams('hidden-taste', l);
    const row = rowOf(taste, l);
    for (let c = 0; c < k; c++) {
      let common = 0;
      for (let n = 0; n < favouriteScenes; n++) {
        const scene = people.scenes[l * favouriteScenes + n]!;
        common += sceneWeights[n]! * centres.data[scene * k + c]!;
      }
      row[c] = Math.sqrt(commonShare) * common + Math.sqrt(1 - commonShare) * 0.7 * bell(draw);
    }
  }
  return taste;
}

/** wₗ: what people of one scene like to hear, and one's own. */
function drawSoundTaste({ options, people, streams }: Ingredients): Matrix {
  const common = zeros(options.scenes, phiLength);
  for (let s = 0; s < options.scenes; s++) {
    const draw = streams('scene-sound-taste', s);
    rowOf(common, s).set(Float32Array.from({ length: phiLength }, () => bell(draw)));
  }
  const taste = zeros(people.chronotype.length, phiLength);
  for (let l = 0; l < taste.rows; l++) {
    const draw = streams('sound-taste', l);
    const ours = rowOf(common, people.scenes[l * favouriteScenes]!);
    rowOf(taste, l).set(ours.map((c) => Math.sqrt(commonShare) * c + Math.sqrt(1 - commonShare) * bell(draw)));
  }
  return taste;
}

function sceneCentres(scenes: number, k: number, streams: Ingredients['streams']): Matrix {
  const centres = zeros(scenes, k);
  for (let s = 0; s < scenes; s++) {
    const draw = streams('scene', s);
    rowOf(centres, s).set(Float32Array.from({ length: k }, () => bell(draw)));
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
