import { type SoundAttributes, sampleRateHz, type Waveform, waveformSamples } from '../../engine/core/catalogue.ts';
import type { Draw } from '../../engine/core/random.ts';
import { playDrums } from './drums.ts';
import { master } from './mastering.ts';
import { createNoise } from './noise.ts';
import { compose } from './score.ts';
import { drawVoices, playNote } from './voices.ts';

/**
 * The sound of a track: 6.144 s of a small band that plays in the given tempo, key, energy and timbre. Every quality is
 * audible, none is printed on the waveform: which pattern, chords, melody, tuning, balance, equaliser and noise it has is
 * chance. The same sound and the same draws give the same samples.
 *
 * @param sound tempo in beats per minute (made for 55–200), key 0–23, energy and timbre 0–1.
 * @param draw  a stream of the track's own; about 2,000 numbers are taken.
 * @returns 49,152 samples in [-0.98, 0.98] at 8 kHz.
 */
export function synthesise(sound: SoundAttributes, draw: Draw): Waveform {
  const waveform = new Float32Array(waveformSamples);
  const noise = createNoise(draw);
  const score = compose(sound, waveformSamples / sampleRateHz, draw);
  const voices = drawVoices(sound.timbre, draw);
  for (const note of score.notes) playNote(note, voices, draw, waveform);
  playDrums(score.hits, 0.5 + 0.7 * sound.energy, noise, waveform);
  master(waveform, sound.energy, noise, draw);
  return waveform;
}
