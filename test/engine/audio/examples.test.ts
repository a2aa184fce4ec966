import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { chooseForEpoch, type Example, splitByGroup } from '../../../engine/audio/examples.ts';
import { createStreams } from '../../../engine/core/random.ts';

const sound = { tempoBpm: 120, key: 0, energy: 0.5, timbre: [0, 0, 0, 0] } as const;
const example = (isAnnotated: boolean, i: number): Example => ({
  waveform: () => new Float32Array(0),
  group: String(i),
  ...(isAnnotated ? { sound } : {}),
});

describe('the artists kept back', () => {
  const streams = createStreams('split');
  const catalogue = (artists: number): Example[] =>
    Array.from({ length: 3 * artists }, (_, i) => ({
      waveform: () => new Float32Array(0),
      group: `artist ${Math.floor(i / 3)}`,
    }));
  const artistsOf = (examples: readonly Example[]): Set<string> => new Set(examples.map(({ group }) => group));

  it('are a tenth, whole artists, and at most 200 tracks', () => {
    for (const [artists, least, most] of [
      [200, 30, 90],
      [5000, 190, 200],
    ] as const) {
      const { train, validate } = splitByGroup(catalogue(artists), streams);
      expect(train.length + validate.length).toBe(3 * artists);
      expect(validate.length).toBeGreaterThanOrEqual(least);
      expect(validate.length).toBeLessThanOrEqual(most);
      expect([...artistsOf(validate)].filter((artist) => artistsOf(train).has(artist))).toEqual([]);
    }
    expect(splitByGroup(catalogue(33), streams).validate).toEqual([]);
  });

  it('were never learnt from before, however the catalogue has grown', () => {
    const learnt = new Set<string>();
    for (const artists of [50, 100, 400, 1000, 1500, 4000]) {
      const { train, validate } = splitByGroup(catalogue(artists), streams);
      expect([...artistsOf(validate)].filter((artist) => learnt.has(artist))).toEqual([]);
      for (const artist of artistsOf(train)) learnt.add(artist);
    }
  });
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
