import type { Waveform } from '../../engine/core/catalogue.ts';

/** Level of a waveform: its mean square in decibels below full scale. */
const level = (waveform: Waveform): number => {
  let sum = 0;
  for (let i = 0; i < waveform.length; i++) sum += waveform[i]! * waveform[i]!;
  return 10 * Math.log10(sum / waveform.length + 1e-12);
};

/**
 * What the level alone says of the energy: least squares of energy on level. An encoder that hears must do better.
 * @returns the prediction for a waveform.
 */
export function energyFromLevel(
  tracks: readonly { readonly waveform: () => Waveform; readonly energy: number }[],
): (waveform: Waveform) => number {
  const levels = tracks.map(({ waveform }) => level(waveform()));
  const mean = levels.reduce((sum, x) => sum + x, 0) / levels.length;
  const energy = tracks.reduce((sum, track) => sum + track.energy, 0) / tracks.length;
  let [together, spread] = [0, 0];
  levels.forEach((x, i) => {
    together += (x - mean) * (tracks[i]!.energy - energy);
    spread += (x - mean) ** 2;
  });
  const slope = spread > 0 ? together / spread : 0;
  return (waveform) => energy + slope * (level(waveform) - mean);
}
