import { describe, expect, it } from 'vitest';
import { waveformSamples } from '../../../engine/core/catalogue.ts';
import { digestOf } from '../../../engine/core/digest.ts';
import { createWaveformStore, makeAhead, mostKept, type SharedWaveforms } from '../../../sim/audio/waveform-store.ts';
import { worldOptionsSchema } from '../../../sim/options.ts';
import { createWorld } from '../../../sim/world.ts';

const span = { seed: '1/0', family: 'latent', historyDays: 3, days: 1 } as const;
const worldOf = (tracks: number) => createWorld(worldOptionsSchema.parse({ tracks, releasesPerDay: 5 }), span);

describe('waveforms', () => {
  it('are the same made ahead on another thread as made when asked for', async () => {
    const world = worldOf(600);
    const asked = createWaveformStore(world.sounds, '1/0 latent');
    const end = world.prefetchWaveforms();
    // Some are there already, some are just being made, most are made here.
    for (let round = 0; round < 3; round++) {
      for (const track of [0, 1, 2, 40, 599]) {
        expect(digestOf(world.catalogue.waveform(track))).toBe(digestOf(asked.waveform(track)));
      }
    }
    await end();
    expect(digestOf(world.catalogue.waveform(3))).toBe(digestOf(asked.waveform(3)));
  });

  it('are made ahead for every slot that is free, and for no other', () => {
    const world = worldOf(12);
    const slots = 4;
    const shared: SharedWaveforms = {
      samples: new Int16Array(new SharedArrayBuffer(slots * waveformSamples * 2)),
      state: Int32Array.of(0, -1, 3, 0, 0),
    };
    makeAhead({ ...shared, sounds: world.sounds, seed: '1/0 latent' });
    expect([...shared.state]).toEqual([1, -1, 3, 4, 0]);
    const slot = (track: number) => shared.samples.subarray(track * waveformSamples, (track + 1) * waveformSamples);
    expect(digestOf(Float32Array.from(slot(3), (sample) => sample / 32_767))).toBe(
      digestOf(world.catalogue.waveform(3)),
    );
    expect(slot(2).every((sample) => sample === 0)).toBe(true);
  });

  it('are the same when a catalogue is larger than what is kept', () => {
    const { sounds } = worldOf(12);
    const many = mostKept + 12;
    const repeat = <A extends Float32Array | Uint8Array>(values: A, width = 1): A =>
      values.constructor === Float32Array
        ? (Float32Array.from({ length: many * width }, (_, i) => values[i % (12 * width)]!) as A)
        : (Uint8Array.from({ length: many * width }, (_, i) => values[i % (12 * width)]!) as A);
    const store = createWaveformStore(
      {
        ...sounds,
        tempoBpm: repeat(sounds.tempoBpm),
        key: repeat(sounds.key),
        energy: repeat(sounds.energy),
        timbre: repeat(sounds.timbre, 4),
      },
      'many',
    );
    const digest = (track: number): string => digestOf(store.waveform(track));
    const [first, other] = [digest(3), digest(3 + mostKept)]; // share a slot
    expect(other).not.toBe(first);
    expect(digest(3)).toBe(first);
    expect(digest(3 + mostKept)).toBe(other);
  });
});
