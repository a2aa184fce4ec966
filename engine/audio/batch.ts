import { type Waveform, waveformSamples } from '../core/catalogue.ts';
import { below, type Draw } from '../core/random.ts';
import { type EmbeddingSpace, type Example, factorWeight, standardiseFactor } from './examples.ts';
import { attributeNames, attributesOf, keyClasses, tempoClasses, tempoTarget } from './labels.ts';
import type { Values } from './session.ts';

/** Share of all examples that are annotated, and mean weight of their factors. */
export interface KnownShares {
  readonly annotated: number;
  readonly factors: number;
}

export const knownShares = (examples: readonly Example[]): KnownShares => ({
  annotated: examples.filter(({ sound }) => sound).length / examples.length,
  factors: examples.reduce((total, example) => total + factorWeight(example), 0) / examples.length,
});

/** The inputs of one step of training, by name; rows without a truth have weight 0 for it. */
export const batchInputs = (rows: number, dim: number) => ({
  waveform: [rows, waveformSamples],
  tempo: [rows, tempoClasses],
  key: [rows, keyClasses],
  attributes: [rows, attributeNames.length],
  embedding: [rows, dim],
  annotatedWeight: [rows, 1],
  factorWeight: [rows, 1],
});

/**
 * Fill the inputs of one step. Every waveform begins at a chance sample, its end joined to its beginning, and half of them are
 * upside down: neither can be heard. A row counts 1/(rows · share of known rows), so that over an epoch every truth counts
 * the same.
 */
export function fillBatch(
  examples: readonly Example[],
  space: EmbeddingSpace,
  shares: KnownShares,
  draw: Draw,
): Record<string, Values> {
  const rows = examples.length;
  const shapes = batchInputs(rows, space.mean.length);
  const data = Object.fromEntries(
    Object.entries(shapes).map(([name, [, cols]]) => [name, new Float32Array(rows * cols!)]),
  ) as Record<keyof typeof shapes, Float32Array>;
  examples.forEach((example, row) => {
    const rowOf = (name: keyof typeof shapes): Float32Array => {
      const cols = shapes[name][1]!;
      return data[name].subarray(row * cols, (row + 1) * cols);
    };
    turn(example.waveform(), below(waveformSamples, draw), draw() < 0.5, rowOf('waveform'));
    if (example.sound) {
      data.annotatedWeight[row] = 1 / (rows * shares.annotated);
      tempoTarget(example.sound.tempoBpm, rowOf('tempo'));
      rowOf('key')[example.sound.key] = 1;
      rowOf('attributes').set(attributesOf(example.sound).map((value) => 2 * value - 1));
    }
    if (example.factor && shares.factors > 0) {
      data.factorWeight[row] = factorWeight(example) / (rows * shares.factors);
      standardiseFactor(example.factor, space, rowOf('embedding'));
    }
  });
  return Object.fromEntries(
    Object.entries(shapes).map(([name, shape]) => [name, { data: data[name as keyof typeof shapes], shape }]),
  );
}

function turn(waveform: Waveform, start: number, isUpsideDown: boolean, out: Float32Array): void {
  out.set(waveform.subarray(start), 0);
  out.set(waveform.subarray(0, start), waveform.length - start);
  if (isUpsideDown) for (let i = 0; i < out.length; i++) out[i] = -out[i]!;
}
