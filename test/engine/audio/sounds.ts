import { type SoundAttributes, sampleRateHz, type Waveform, waveformSamples } from '../../../engine/core/catalogue.ts';
import type { Draw } from '../../../engine/core/random.ts';

/**
 * A waveform whose qualities can be heard in the plainest way: clicks at the tempo, the triad of the key, brightness as the
 * strength of partials, energy as level. What the engine's tests learn from; it needs no simulated world.
 */
export function plainSound(sound: SoundAttributes, draw: Draw): Waveform {
  const waveform = new Float32Array(waveformSamples);
  const [tonic, isMinor] = [sound.key >> 1, sound.key & 1];
  const gain = 10 ** ((-30 + 18 * sound.energy) / 20);
  for (const interval of [0, isMinor ? 3 : 4, 7]) {
    const hz = 440 * 2 ** ((tonic + interval - 9) / 12);
    for (let h = 1; h * hz < 3800; h++) {
      const amplitude = 0.4 * h ** -(3 - 2.5 * sound.timbre[0]);
      const phase = 2 * Math.PI * draw();
      for (let i = 0; i < waveformSamples; i++) {
        waveform[i]! += amplitude * Math.sin((2 * Math.PI * h * hz * i) / sampleRateHz + phase);
      }
    }
  }
  const beat = (60 / sound.tempoBpm) * sampleRateHz;
  for (let at = draw() * beat; at < waveformSamples; at += beat) {
    for (let i = 0; i < 400 && at + i < waveformSamples; i++) {
      waveform[Math.floor(at) + i]! += 3 * Math.exp(-i / 100) * (2 * draw() - 1);
    }
  }
  return waveform.map((v) => Math.max(-1, Math.min(1, gain * (v + 0.01 * (2 * draw() - 1)))));
}

/** Attributes drawn evenly. */
export const drawSound = (draw: Draw): SoundAttributes => ({
  tempoBpm: 60 * 3 ** draw(),
  key: Math.floor(24 * draw()),
  energy: draw(),
  timbre: [draw(), draw(), draw(), draw()],
});
