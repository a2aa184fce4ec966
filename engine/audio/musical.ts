import { concat, constant, exp, matmul, type Tensor } from './graph.ts';
import { attributeNames, keyClasses, tempoClasses } from './labels.ts';

/**
 * What a musician would note of a piece, as 16 numbers in which liking is nearly linear: how fast (6 overlapping ranges of
 * tempo), where on the circle of fifths its tonic and its scale lie (2 each), minor or not, and the five attributes. With
 * a thousand known factors these few are learnt better than the hundreds that the network hears.
 *
 * Both tables are applied to probabilities, so an unsure reading lies between the readings it wavers between.
 */
const tempoRanges = 6;
const keyNumbers = 5;
export const musicalNumbers = tempoRanges + keyNumbers + attributeNames.length;

/** Bells evenly spaced on the tempo axis, each reaching into its neighbours [44 × 6]. */
const rangeOfTempo = Float32Array.from({ length: tempoClasses * tempoRanges }, (_, i) => {
  const spacing = (tempoClasses - 1) / (tempoRanges - 1);
  const distance = Math.floor(i / tempoRanges) / spacing - (i % tempoRanges);
  return Math.exp(-0.5 * (distance / 0.8) ** 2);
});

/** Of each key: its tonic and, for minor, its relative major's, on the circle of fifths; 1 for minor [24 × 5]. */
const placeOfKey = Float32Array.from(
  Array.from({ length: keyClasses }, (_, key) => {
    const tonic = key >> 1;
    const minor = key & 1;
    const fifths = (pitchClass: number): number => (((pitchClass * 7) % 12) * Math.PI) / 6;
    const scale = fifths(tonic + 3 * minor);
    return [Math.cos(fifths(tonic)), Math.sin(fifths(tonic)), minor, Math.cos(scale), Math.sin(scale)];
  }).flat(),
);

/**
 * The description in the graph.
 * @param tempo ln p [N × 44]; @param key ln p [N × 24]; @param attributes [N × 5].
 * @returns [N × 16].
 */
export const musicalDescription = (tempo: Tensor, key: Tensor, attributes: Tensor): Tensor =>
  concat(
    [
      matmul(exp(tempo), constant(rangeOfTempo, [tempoClasses, tempoRanges], 'musical.tempo')),
      matmul(exp(key), constant(placeOfKey, [keyClasses, keyNumbers], 'musical.key')),
      attributes,
    ],
    1,
  );

/** The same for one row outside the graph [16]. */
export const musicalRow = (tempo: Float32Array, key: Float32Array, attributes: Float32Array): Float32Array =>
  Float32Array.from([
    ...through(tempo, rangeOfTempo, tempoRanges),
    ...through(key, placeOfKey, keyNumbers),
    ...attributes,
  ]);

/** Σ p(c) · table[c] over the classes. */
function through(logProbabilities: Float32Array, table: Float32Array, width: number): Float64Array {
  const out = new Float64Array(width);
  for (let c = 0; c < logProbabilities.length; c++) {
    const p = Math.exp(logProbabilities[c]!);
    for (let i = 0; i < width; i++) out[i]! += p * table[c * width + i]!;
  }
  return out;
}
