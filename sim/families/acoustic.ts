import { rowOf, zeros } from '../../engine/core/matrix.ts';
import { bell, pairBell } from '../exact.ts';
import { favouriteScenes, sceneWeights } from '../people.ts';
import type { CreateFamily, Ingredients } from './family.ts';
import { bump } from './phi.ts';

/** Of the hidden part: belonging to the artist's scene, and a liking for this very artist. They add up to 1. */
const loyaltyShare = 0.45;
/** Of an ideal's variance: what people of one scene have in common. */
const commonShare = 0.65;

/** Columns of the ideals: where the listener's sweet spots lie, and how much each attribute counts. */
const ideal = { tempo: 0, energy: 1, brightness: 2, envelope: 3, minor: 4, weights: 5 } as const;
const columns = 9;

/**
 * Sweet spots: a listener has an ideal tempo, energy, brightness and envelope, and likes what comes near; near in tempo
 * and energy together counts extra. Who the artist is makes the rest.
 *
 *     sound(l, t)  = Σₐ wₗₐ·b(a) + b(tempo)·b(energy) + mₗ·minor     b(a) = 1 / (1 + ((aₜ − idealₗₐ) / widthₐ)²)
 *     hidden(l, t) = belonging(l, scene) + loyalty(l, artist)
 *
 * Favours whoever hears: the sound part has high rank over listeners and tracks, and loyalty to an artist says nothing
 * about others.
 */
export const acoustic: CreateFamily = (ingredients) => {
  const { sounds, releases, artists, options } = ingredients;
  const ideals = drawIdeals(ingredients);
  const belonging = drawBelonging(ingredients);
  const loyalty = pairBell(ingredients.streams('loyalty', 0));
  return {
    sound: (listener, track) => {
      const at = listener * columns;
      const own = ideals.data;
      const tempo = bump(sounds.tempoBpm[track]!, own[at + ideal.tempo]!, 14);
      const energy = bump(sounds.energy[track]!, own[at + ideal.energy]!, 0.15);
      const brightness = bump(sounds.timbre[track * 4]!, own[at + ideal.brightness]!, 0.15);
      const envelope = bump(sounds.timbre[track * 4 + 1]!, own[at + ideal.envelope]!, 0.15);
      const minor = own[at + ideal.minor]! * (sounds.key[track]! & 1);
      const w = at + ideal.weights;
      const alone = own[w]! * tempo + own[w + 1]! * energy + own[w + 2]! * brightness + own[w + 3]! * envelope;
      return alone + tempo * energy + minor;
    },
    hidden: (listener, track) => {
      const artist = releases.artist[track]!;
      const member = belonging.data[listener * options.scenes + artists.scene[artist]!]!;
      return Math.sqrt(1 - loyaltyShare) * member + Math.sqrt(loyaltyShare) * loyalty(listener, artist);
    },
    matrices: { sound_ideals: ideals, scene_belonging: belonging },
  };
};

function drawIdeals({ options, people, streams }: Ingredients) {
  const common = zeros(options.scenes, columns);
  for (let s = 0; s < options.scenes; s++) {
    const draw = streams('scene-ideal', s);
    rowOf(common, s).set(Float32Array.from({ length: columns }, () => bell(draw)));
  }
  const ideals = zeros(people.chronotype.length, columns);
  for (let l = 0; l < ideals.rows; l++) {
    const draw = streams('ideal', l);
    const ours = rowOf(common, people.scenes[l * favouriteScenes]!);
    const z = ours.map((c) => Math.sqrt(commonShare) * c + Math.sqrt(1 - commonShare) * bell(draw));
    const row = rowOf(ideals, l);
    row[ideal.tempo] = 112 + 24 * z[ideal.tempo]!;
    for (const attribute of [ideal.energy, ideal.brightness, ideal.envelope])
      row[attribute] = 0.5 + 0.24 * z[attribute]!;
    row[ideal.minor] = 0.2 * z[ideal.minor]!;
    for (let w = ideal.weights; w < columns; w++) row[w] = Math.max(0.2, 1 + 0.4 * z[w]!);
  }
  return ideals;
}

/** [listeners × scenes], about variance 1 along each row: favourite scenes stand out from a personal opinion of each. */
function drawBelonging({ options, people, streams }: Ingredients) {
  const belonging = zeros(people.chronotype.length, options.scenes);
  for (let l = 0; l < belonging.rows; l++) {
    const draw = streams('belonging', l);
    const row = rowOf(belonging, l);
    for (let s = 0; s < options.scenes; s++) row[s] = 0.4 * bell(draw);
    for (let n = 0; n < favouriteScenes; n++) {
      row[people.scenes[l * favouriteScenes + n]!]! += 4 * sceneWeights[n]!;
    }
  }
  return belonging;
}
