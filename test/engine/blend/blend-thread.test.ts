import { afterAll, describe, expect, it } from 'vitest';
import { createBlender, type TrackEvidence } from '../../../engine/blend/blend-slate.ts';
import { BlendThread, isDrawless } from '../../../engine/blend/blend-thread.ts';
import { createStreams, type Draw, normalFrom } from '../../../engine/core/random.ts';
import { type BlendOptions, engineOptionsSchema } from '../../../engine/options.ts';

const [listeners, n] = [5, 400];
const streams = createStreams('thread');
const normals = (length: number, draw: Draw): Float32Array => Float32Array.from({ length }, () => normalFrom(draw));
const never: Draw = () => {
  throw new Error('nothing should be drawn');
};
const catalogue = (released: number): TrackEvidence => {
  const plays = Uint32Array.from({ length: n }, (_, t) => (t * 7) % 40);
  return {
    isReleased: Uint8Array.from({ length: n }, (_, t) => (t < released ? 1 : 0)),
    isNew: Uint8Array.from(plays, (count) => (count < 3 ? 1 : 0)),
    plays,
    artistPlays: plays,
    recentPlays: Float64Array.from(plays),
  };
};
const block = (seed: number) => {
  const draw = streams('block', seed);
  return {
    collaborative: normals(listeners * n, draw),
    audio: normals(listeners * n, draw),
    heard: Array.from({ length: listeners }, (_, i) => Uint32Array.from({ length: 30 * i }, (_, t) => 2 * t)),
    interactions: Array.from({ length: listeners }, (_, i) => i),
  };
};

describe('a thread that blends', () => {
  const thread = new BlendThread();
  afterAll(() => thread.close());

  it('gives the lists that are blended here, block after block', async () => {
    const states: readonly (readonly [number, BlendOptions, number])[] = [
      [n, { kind: 'byEvidence', halfTrust: 20, mostTrust: 1 }, 0],
      [n - 100, { kind: 'fixed', trust: 0.4 }, 7],
    ];
    for (const [released, blend, slots] of states) {
      const options = engineOptionsSchema.parse({ blend, slate: { slots, length: 60 } });
      const tracks = catalogue(released);
      const blender = createBlender(tracks, options);
      const answers = await Promise.all([0, 1, 2].map((seed) => thread.blend({ tracks, options, ...block(seed) })));
      for (const [seed, lists] of answers.entries()) {
        const { collaborative, audio, heard, interactions } = block(seed);
        for (let i = 0; i < listeners; i++) {
          const of = (scores: Float32Array): Float32Array => scores.subarray(i * n, (i + 1) * n);
          const scores = { collaborative: of(collaborative), audio: of(audio), heard: heard[i]! };
          expect(lists[i]).toEqual(blender.blend({ ...scores, interactions: interactions[i]! }, never));
        }
      }
    }
  });

  it('says when it fails, and is not for lists that chance has a part in', async () => {
    const isFree = (options: object): boolean => isDrawless(engineOptionsSchema.parse(options));
    expect(isFree({})).toBe(true);
    expect(isFree({ slate: { epsilonSlots: 1 } })).toBe(false);
    expect(isFree({ degrade: { randomSlots: 0.1 } })).toBe(false);
    const task = (slate: object) => ({
      tracks: catalogue(n),
      options: engineOptionsSchema.parse({ slate }),
      ...block(0),
    });
    await expect(thread.blend(task({ epsilonSlots: 3 }))).rejects.toThrow('asked for a draw');
    expect(await thread.blend(task({}))).toHaveLength(listeners);
  });

  it('blends every block against what came with it, whoever else asks in between', async () => {
    const bases = [n, n - 150].map((released) => ({
      tracks: catalogue(released),
      options: engineOptionsSchema.parse({}),
    }));
    const answers = await Promise.all([0, 1, 0, 1].map((which) => thread.blend({ ...bases[which]!, ...block(1) })));
    expect(answers[2]).toEqual(answers[0]);
    expect(answers[3]).toEqual(answers[1]);
    expect(answers[1]).not.toEqual(answers[0]);
  });
});
