import { sampleRateHz } from '../../engine/core/catalogue.ts';
import type { Drum } from './patterns.ts';
import type { Hit } from './score.ts';

interface DrumSound {
  /** What sounds the same at every stroke. */
  readonly tone: Float32Array;
  /** Loudness of the noise in it, sample by sample. */
  readonly rattle: Float32Array;
  /** Whether the noise is differenced, which leaves its high part only. */
  readonly isBright: boolean;
}

const samples = (lengthS: number, at: (timeS: number) => number): Float32Array =>
  Float32Array.from({ length: Math.round(lengthS * sampleRateHz) }, (_, i) => at(i / sampleRateHz));

/** A sine that falls from 155 to 45 Hz; its phase is the integral of 45 + 110·exp(-t/τ). */
const kickTone = (t: number, tau = 0.02): number =>
  0.8 * Math.sin(2 * Math.PI * (45 * t + 110 * tau * (1 - Math.exp(-t / tau)))) * Math.exp(-t / 0.06);

const kit: Readonly<Record<Drum, DrumSound>> = {
  kick: { tone: samples(0.18, kickTone), rattle: new Float32Array(0), isBright: false },
  snare: {
    tone: samples(0.14, (t) => 0.18 * Math.sin(2 * Math.PI * 185 * t) * Math.exp(-t / 0.04)),
    rattle: samples(0.14, (t) => 0.36 * Math.exp(-t / 0.04)),
    isBright: false,
  },
  hat: { tone: new Float32Array(0), rattle: samples(0.05, (t) => 0.25 * Math.exp(-t / 0.013)), isBright: true },
};

/** Add the strokes to `out`, each `gain` times as loud as written. */
export function playDrums(hits: readonly Hit[], gain: number, noise: () => number, out: Float32Array): void {
  for (const hit of hits) {
    const { tone, rattle, isBright } = kit[hit.drum];
    const start = Math.round(hit.startS * sampleRateHz);
    const amplitude = hit.amplitude * gain;
    let last = 0;
    const end = Math.min(Math.max(tone.length, rattle.length), out.length - start);
    for (let i = Math.max(0, -start); i < end; i++) {
      let sample = i < tone.length ? tone[i]! : 0;
      if (i < rattle.length) {
        const white = noise();
        sample += rattle[i]! * (isBright ? white - last : white);
        last = white;
      }
      out[start + i]! += amplitude * sample;
    }
  }
}
