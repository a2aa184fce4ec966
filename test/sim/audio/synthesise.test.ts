import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type SoundAttributes, sampleRateHz, waveformSamples } from '../../../engine/core/catalogue.ts';
import { digestOf } from '../../../engine/core/digest.ts';
import { createStreams } from '../../../engine/core/random.ts';
import { scales } from '../../../sim/audio/patterns.ts';
import { compose } from '../../../sim/audio/score.ts';
import { synthesise } from '../../../sim/audio/synthesise.ts';
import { drawVoices, playNote } from '../../../sim/audio/voices.ts';

const streams = createStreams('synthesise tests');
const unit = fc.double({ min: 0, max: 1, noNaN: true });
const sounds: fc.Arbitrary<SoundAttributes> = fc.record({
  tempoBpm: fc.double({ min: 55, max: 200, noNaN: true }),
  key: fc.integer({ min: 0, max: 23 }),
  energy: unit,
  timbre: fc.tuple(unit, unit, unit, unit),
});
const plain: SoundAttributes = { tempoBpm: 100, key: 0, energy: 0.5, timbre: [0.5, 0.5, 0.5, 0] };

const levelDb = (samples: Float32Array): number =>
  10 * Math.log10(samples.reduce((sum, v) => sum + v * v, 0) / samples.length);

/** Amplitude of one frequency, by correlating with it. */
function amplitudeAt(samples: Float32Array, hz: number): number {
  let [c, s] = [0, 0];
  for (let i = 0; i < samples.length; i++) {
    const hann = 0.5 - 0.5 * Math.cos((2 * Math.PI * i) / samples.length);
    c += hann * samples[i]! * Math.cos((2 * Math.PI * hz * i) / sampleRateHz);
    s += hann * samples[i]! * Math.sin((2 * Math.PI * hz * i) / sampleRateHz);
  }
  return Math.hypot(c, s) / samples.length;
}

describe('synthesise', () => {
  it('gives 49,152 samples within ±0.98, the same for the same sound and draws', () => {
    fc.assert(
      fc.property(sounds, fc.nat(), (sound, actor) => {
        const first = synthesise(sound, streams('waveform', actor));
        expect(first.length).toBe(waveformSamples);
        expect(first.every((v) => Math.abs(v) <= 0.98001)).toBe(true);
        expect(first.some((v) => v !== 0)).toBe(true);
        expect(digestOf(synthesise(sound, streams('waveform', actor)))).toBe(digestOf(first));
      }),
      { numRuns: 20 },
    );
  });

  it('gives another performance of the same sound for other draws', () => {
    const [a, b] = [0, 1].map((actor) => synthesise(plain, streams('waveform', actor)));
    const correlation =
      a!.reduce((sum, v, i) => sum + v * b![i]!, 0) / (waveformSamples * 10 ** ((levelDb(a!) + levelDb(b!)) / 20));
    expect(Math.abs(correlation)).toBeLessThan(0.5);
  });

  it('is released at -30 + 18·energy dB, give or take 2 dB', () => {
    for (const energy of [0, 0.5]) {
      const off = Array.from(
        { length: 60 },
        (_, i) => levelDb(synthesise({ ...plain, energy }, streams('level', i))) - (-30 + 18 * energy),
      );
      const mean = off.reduce((sum, v) => sum + v, 0) / off.length;
      const deviation = Math.sqrt(off.reduce((sum, v) => sum + (v - mean) ** 2, 0) / off.length);
      expect(Math.abs(mean)).toBeLessThan(1); // 60 draws of σ = 2 leave ±0.26; noise and clipping the rest
      expect(deviation).toBeGreaterThan(1.4);
      expect(deviation).toBeLessThan(2.7);
    }
  });

  it('has more energy in its upper half as brightness grows, all else equal', () => {
    const share = (brightness: number): number => {
      let total = 0;
      for (let i = 0; i < 10; i++) {
        const w = synthesise({ ...plain, timbre: [brightness, 0.5, 0.5, 0] }, streams('bright', i));
        const slope = Float32Array.from(w, (v, t) => v - (w[t - 1] ?? 0));
        total += levelDb(slope) - levelDb(w);
      }
      return total / 10;
    };
    expect(share(1)).toBeGreaterThan(share(0) + 2);
  });
});

describe('compose', () => {
  it('keeps nine notes in ten in the scale of the key, and every chord in it', () => {
    fc.assert(
      fc.property(sounds, fc.nat(), (sound, actor) => {
        const { notes } = compose(sound, 60, streams('score', actor));
        const tonic = sound.key >> 1;
        const inScale = ({ pitch }: { pitch: number }): boolean =>
          scales[sound.key & 1]!.includes((pitch - tonic + 120) % 12);
        expect(notes.filter(({ part }) => part === 'chord').every(inScale)).toBe(true);
        expect(notes.filter(inScale).length / notes.length).toBeGreaterThan(0.9);
      }),
      { numRuns: 50 },
    );
  });

  it('strikes on the grid of its own tempo and of no other', () => {
    /** Length of the mean phase vector of the strokes against a period: 1 all in step, 0 anyhow. */
    const inStep = (tempoBpm: number, against: number): number => {
      let total = 0;
      for (let actor = 0; actor < 30; actor++) {
        const { hits } = compose({ ...plain, tempoBpm }, 30, streams('beat', actor));
        const sum = hits.reduce(
          ([c, s], { startS }) => {
            const phase = (2 * Math.PI * startS * against) / 60;
            return [c + Math.cos(phase * 2), s + Math.sin(phase * 2)] as [number, number]; // eighths
          },
          [0, 0] as [number, number],
        );
        total += Math.hypot(...sum) / hits.length / 30;
      }
      return total;
    };
    for (const tempo of [70, 120, 180]) {
      expect(inStep(tempo, tempo)).toBeGreaterThan(0.5);
      expect(inStep(tempo, tempo * 1.07)).toBeLessThan(0.2);
    }
  });

  it('plays more notes and strokes the more energy it has', () => {
    const events = (energy: number): number => {
      const { notes, hits } = compose({ ...plain, energy }, 60, streams('busy', 1));
      return notes.length + hits.length;
    };
    expect(events(0.9)).toBeGreaterThan(1.2 * events(0.1));
  });
});

describe('playNote', () => {
  /** A3 (220 Hz) for 2 s with the given timbre. */
  const play = (timbre: SoundAttributes['timbre']): Float32Array => {
    const out = new Float32Array(2 * sampleRateHz);
    const voices = { ...drawVoices(timbre, streams('voices', 1)), tuning: 1 };
    playNote({ startS: 0, lengthS: 1.9, pitch: 57, amplitude: 1, part: 'melody' }, voices, streams('note', 1), out);
    return out;
  };

  it('sounds at the pitch written', () => {
    const note = play([0.2, 0.8, 0.5, 0]);
    expect(amplitudeAt(note, 220)).toBeGreaterThan(20 * amplitudeAt(note, 233));
  });

  it('loses its even partials, and only those, as oddEven grows', () => {
    const [full, odd] = [play([0.8, 0.8, 0, 0]), play([0.8, 0.8, 1, 0])];
    const even = (w: Float32Array): number => amplitudeAt(w, 440) / amplitudeAt(w, 220);
    const third = (w: Float32Array): number => amplitudeAt(w, 660) / amplitudeAt(w, 220);
    expect(even(odd)).toBeLessThan(0.2 * even(full));
    expect(third(odd)).toBeGreaterThan(0.5 * third(full));
  });

  it('is plucked when the envelope is 0 and swells when it is 1', () => {
    const early = (w: Float32Array): number => levelDb(w.subarray(0, 400)) - levelDb(w.subarray(4000, 8000));
    expect(early(play([0.5, 0, 0.5, 0]))).toBeGreaterThan(early(play([0.5, 1, 0.5, 0])) + 10);
  });

  it('trembles only with modulation', () => {
    const wobble = (w: Float32Array): number => {
      const levels = Array.from({ length: 20 }, (_, i) => levelDb(w.subarray(3000 + 400 * i, 3400 + 400 * i)));
      const steps = levels.slice(1).map((v, i) => Math.abs(v - levels[i]!));
      return steps.reduce((sum, v) => sum + v, 0) / steps.length;
    };
    expect(wobble(play([0.5, 1, 0.5, 1]))).toBeGreaterThan(2 * wobble(play([0.5, 1, 0.5, 0])));
  });
});
