import type { SoundAttributes } from '../core/catalogue.ts';

/** The tempo axis: 44 classes from 55 to 196 beats per minute, each 3 % above the one before. */
export const tempoClasses = 44;
export const lowestTempoBpm = 55;
export const tempoStep = 1.03;

/** Position of a tempo on the axis, in classes; not whole. */
const positionOf = (tempoBpm: number): number => Math.log(tempoBpm / lowestTempoBpm) / Math.log(tempoStep);
const tempoAt = (position: number): number => lowestTempoBpm * tempoStep ** position;

/** The tempi of the classes, beats per minute. */
export const tempoAxis: readonly number[] = Array.from({ length: tempoClasses }, (_, i) => tempoAt(i));

/**
 * What the tempo head should say: a bell of σ = 0.7 classes (2 %) around the true tempo, adding up to 1. A tempo off the
 * axis is taken to its end.
 */
export function tempoTarget(tempoBpm: number, target: Float32Array): void {
  const centre = Math.max(0, Math.min(tempoClasses - 1, positionOf(tempoBpm)));
  let total = 0;
  for (let i = 0; i < tempoClasses; i++) total += Math.exp(-0.5 * ((i - centre) / 0.7) ** 2);
  for (let i = 0; i < tempoClasses; i++) target[i] = Math.exp(-0.5 * ((i - centre) / 0.7) ** 2) / total;
}

/** The tempo that log-probabilities over the axis speak for: the best class and two on each side, averaged. */
export function tempoOf(logProbabilities: ArrayLike<number>): number {
  const best = argmax(logProbabilities);
  let weight = 0;
  let position = 0;
  for (let i = Math.max(0, best - 2); i <= Math.min(tempoClasses - 1, best + 2); i++) {
    const p = Math.exp(logProbabilities[i] ?? Number.NEGATIVE_INFINITY);
    weight += p;
    position += p * i;
  }
  return tempoAt(position / weight);
}

export const keyClasses = 24;
const tonics = ['C', 'C#', 'D', 'Eb', 'E', 'F', 'F#', 'G', 'Ab', 'A', 'Bb', 'B'];

/** Names of the keys 0–23: tonic·2 + (minor ? 1 : 0). */
export const keyNames: readonly string[] = tonics.flatMap((tonic) => [`${tonic} major`, `${tonic} minor`]);

export const attributeNames = ['energy', 'brightness', 'envelope', 'oddEven', 'modulation'] as const;

/** The five attributes in the order of {@link attributeNames}, 0–1. */
export const attributesOf = (sound: SoundAttributes): readonly number[] => [sound.energy, ...sound.timbre];

/** Index of the largest value, the first of equals. */
export function argmax(values: ArrayLike<number>): number {
  let best = 0;
  for (let i = 1; i < values.length; i++) if ((values[i] ?? 0) > (values[best] ?? 0)) best = i;
  return best;
}
