import { existsSync, readFileSync } from 'node:fs';
import { writeFileAtomic } from '../core/files.ts';
import type { AdamState } from './adam.ts';
import type { Losses } from './losses.ts';
import { type OnnxConstant, readOnnx, writeOnnx } from './onnx-file.ts';
import type { Weight, WeightValues } from './weights.ts';

/** Where a training stands between two epochs, but for the weights themselves. */
export interface Checkpoint {
  readonly history: readonly Losses[];
  /** Loss on the validation examples after each epoch; empty where there are none. */
  readonly validated: readonly number[];
  readonly adam: AdamState | undefined;
  /** The weights of the best epoch so far. */
  readonly best: WeightValues | undefined;
}

/** Writes a training to a file of the ONNX format without a graph: tensors by name, numbers in the metadata. */
export function writeCheckpoint(path: string, key: string, weights: readonly Weight[], state: Checkpoint): void {
  const constants: OnnxConstant[] = [];
  const add = (kind: string, values: WeightValues | undefined): void => {
    for (const { name, shape } of weights) {
      const data = values?.get(name);
      if (data) constants.push({ name: `${kind} ${name}`, shape, data });
    }
  };
  add('weight', new Map(weights.map(({ name, data }) => [name, data])));
  add('mean', state.adam?.mean);
  add('square', state.adam?.square);
  add('best', state.best);
  const { history, validated, adam } = state;
  const metadata = { key, state: JSON.stringify({ history, validated, steps: adam?.steps ?? 0 }) };
  writeFileAtomic(path, writeOnnx({ nodes: [], constants, inputs: [], outputs: [], metadata }));
}

/**
 * Reads what {@link writeCheckpoint} wrote, the weights into `weights`.
 * @returns undefined where there is no such file, or one of another training.
 */
export function readCheckpoint(path: string, key: string, weights: readonly Weight[]): Checkpoint | undefined {
  if (!existsSync(path)) return undefined;
  const { constants, metadata } = readOnnx(readFileSync(path));
  if (metadata.key !== key || metadata.state === undefined) return undefined;
  const tensors = new Map(constants.map(({ name, data }) => [name, data]));
  const all = (kind: string): WeightValues => {
    const found = weights.flatMap(({ name }) => {
      const data = tensors.get(`${kind} ${name}`);
      return data instanceof Float32Array ? [[name, data] as const] : [];
    });
    return new Map(found);
  };
  for (const { name, data } of weights) data.set(all('weight').get(name)!);
  const { history, validated, steps } = JSON.parse(metadata.state);
  const best = all('best');
  return {
    history,
    validated,
    adam: { steps, mean: all('mean'), square: all('square') },
    best: best.size > 0 ? best : undefined,
  };
}
