import { describe, expect, it } from 'vitest';
import { input } from '../../../engine/audio/graph.ts';
import { keyClasses, keyNames, tempoClasses } from '../../../engine/audio/labels.ts';
import { musicalDescription, musicalNumbers, musicalRow } from '../../../engine/audio/musical.ts';
import { createStreams, normalFrom } from '../../../engine/core/random.ts';
import { evaluate } from './float64.ts';

const draw = createStreams('musical')('values', 0);
/** ln p of chance probabilities over the classes. */
const logProbabilities = (classes: number): Float32Array => {
  const logits = Array.from({ length: classes }, () => 3 * normalFrom(draw));
  const total = Math.log(logits.reduce((sum, x) => sum + Math.exp(x), 0));
  return Float32Array.from(logits, (x) => x - total);
};
/** ln p where one class is certain. */
const certain = (classes: number, at: number): Float32Array =>
  Float32Array.from({ length: classes }, (_, i) => (i === at ? 0 : -100));

describe('the musical description', () => {
  it('is the same in the graph and outside', () => {
    const rows = Array.from({ length: 4 }, () => ({
      tempo: logProbabilities(tempoClasses),
      key: logProbabilities(keyClasses),
      attributes: Float32Array.from({ length: 5 }, () => normalFrom(draw)),
    }));
    const flat = (part: keyof (typeof rows)[0]): number[] => rows.flatMap((row) => [...row[part]]);
    const inGraph = evaluate(
      musicalDescription(input('tempo', [4, tempoClasses]), input('key', [4, keyClasses]), input('attributes', [4, 5])),
      new Map(['tempo', 'key', 'attributes'].map((part) => [part, flat(part as keyof (typeof rows)[0])])),
    );
    const outside = rows.flatMap(({ tempo, key, attributes }) => [...musicalRow(tempo, key, attributes)]);
    expect(inGraph).toHaveLength(4 * musicalNumbers);
    outside.forEach((value, i) => {
      expect(value).toBeCloseTo(inGraph[i]!, 5);
    });
  });

  it('puts a fifth nearer than a semitone, and a key where its relative is', () => {
    const placeOf = (name: string): Float32Array =>
      musicalRow(certain(tempoClasses, 0), certain(keyClasses, keyNames.indexOf(name)), new Float32Array(5)).subarray(
        6,
        11,
      );
    const apart = (a: string, b: string, from = 0): number =>
      Math.hypot(
        ...placeOf(a)
          .subarray(from)
          .map((v, i) => v - placeOf(b).subarray(from)[i]!),
      );
    expect(apart('C major', 'G major')).toBeLessThan(0.5 * apart('C major', 'C# major'));
    expect(apart('C major', 'A minor', 3)).toBeLessThan(1e-6);
    expect(apart('Eb major', 'C minor', 3)).toBeLessThan(1e-6);
    expect(apart('C major', 'C minor', 3)).toBeGreaterThan(1);
  });
});
