import { type Matrix, rowOf, zeros } from '../../engine/core/matrix.ts';
import type { Sounds } from '../sounds.ts';

const tempoCentres = [75, 100, 125, 155];
const root3 = Math.sqrt(3);
/** Cosines of the twelve steps around the circle of fifths, exactly. */
const cosines = [1, root3 / 2, 0.5, 0, -0.5, -root3 / 2, -1, -root3 / 2, -0.5, 0, 0.5, root3 / 2];

export const phiLength = tempoCentres.length + 12;

/** 1 at the centre, one half `width` away: a bump of plain arithmetic. */
export const bump = (value: number, centre: number, width: number): number => {
  const z = (value - centre) / width;
  return 1 / (1 + z * z);
};

/**
 * φ(sound) [tracks × 16]: nonlinear features of how tracks sound, in which `latent` taste is linear. Four tempo bumps; the
 * place on the circle of fifths (two) and the mode; energy and its square; four of timbre; three products.
 */
export function phi(sounds: Sounds): Matrix {
  const features = zeros(sounds.tempoBpm.length, phiLength);
  for (let t = 0; t < features.rows; t++) {
    const tempo = sounds.tempoBpm[t]!;
    const energy = sounds.energy[t]! - 0.5;
    const [brightness, envelope, oddEven, modulation] = [0, 1, 2, 3].map((c) => sounds.timbre[t * 4 + c]! - 0.5);
    const tonic = sounds.key[t]! >> 1;
    // Seven semitones are one step around the circle.
    const step = (tonic * 7) % 12;
    rowOf(features, t).set([
      ...tempoCentres.map((centre) => bump(tempo, centre, 15)),
      cosines[step]!,
      cosines[(step + 9) % 12]!,
      sounds.key[t]! & 1,
      energy,
      energy * energy,
      brightness!,
      envelope!,
      oddEven!,
      modulation!,
      energy * brightness!,
      envelope! * modulation!,
      energy * bump(tempo, 125, 30),
    ]);
  }
  return features;
}
