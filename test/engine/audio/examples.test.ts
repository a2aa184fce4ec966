import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { chooseForEpoch, type Example } from '../../../engine/audio/examples.ts';
import { createStreams } from '../../../engine/core/random.ts';

const sound = { tempoBpm: 120, key: 0, energy: 0.5, timbre: [0, 0, 0, 0] } as const;
const example = (isAnnotated: boolean, i: number): Example => ({
  waveform: () => new Float32Array(0),
  group: String(i),
  ...(isAnnotated ? { sound } : {}),
});

describe('the tracks of an epoch', () => {
  it('are all there are, or as many as asked for, once each, others only when no annotated one is left', () => {
    const isAnnotated = fc.array(fc.boolean(), { minLength: 1, maxLength: 40 });
    fc.assert(
      fc.property(isAnnotated, fc.integer({ min: 1, max: 50 }), fc.nat(), (flags, most, seed) => {
        const examples = flags.map(example);
        const chosen = chooseForEpoch(examples, most, createStreams('epoch')('any', seed));
        expect(chosen).toHaveLength(Math.min(most, examples.length));
        expect(new Set(chosen).size).toBe(chosen.length);
        for (const one of chosen) expect(examples).toContain(one);
        const annotated = flags.filter(Boolean).length;
        expect(chosen.filter((one) => one.sound)).toHaveLength(Math.min(annotated, chosen.length));
      }),
    );
  });

  it('are others in another epoch', () => {
    const examples = Array.from({ length: 30 }, (_, i) => example(true, i));
    const epoch = (n: number) => chooseForEpoch(examples, 15, createStreams('epoch')('epoch', n)).map((e) => e.group);
    expect(epoch(0)).not.toEqual(epoch(1));
    expect(epoch(0)).toEqual(epoch(0));
  });
});
