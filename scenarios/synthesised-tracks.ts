import type { SoundAttributes, Waveform } from '../engine/core/catalogue.ts';
import { type Progress, silent } from '../engine/core/progress.ts';
import { below, type Draw, type Streams } from '../engine/core/random.ts';
import { synthesise } from '../sim/audio/synthesise.ts';

/** A track whose sound is known, since it was made to sound so. */
export interface SynthesisedTrack {
  readonly sound: SoundAttributes;
  readonly waveform: () => Waveform;
}

/**
 * Tracks of every sound: tempi evenly over their logarithm, all keys, energy and timbre evenly from 0 to 1. Track i depends on
 * the streams and `first + i` alone.
 */
export function synthesiseTracks(
  count: number,
  streams: Streams,
  { first = 0, progress = silent }: { readonly first?: number; readonly progress?: Progress } = {},
): SynthesisedTrack[] {
  return Array.from({ length: count }, (_, i) => {
    const sound = drawSound(streams('sound', first + i));
    const waveform = compact(synthesise(sound, streams('waveform', first + i)));
    progress('synthesising tracks', i + 1, count);
    return { waveform, sound };
  });
}

const drawSound = (draw: Draw): SoundAttributes => ({
  tempoBpm: 58 * (190 / 58) ** draw(),
  key: below(24, draw),
  energy: draw(),
  timbre: [draw(), draw(), draw(), draw()],
});

/** Kept at 16 bits: half the memory, and as good as a CD. Plain loops: this runs for every track of every batch. */
function compact(waveform: Waveform): () => Waveform {
  const stored = new Int16Array(waveform.length);
  for (let i = 0; i < stored.length; i++) stored[i] = Math.round((waveform[i] ?? 0) * 32_767);
  return () => {
    const samples = new Float32Array(stored.length);
    for (let i = 0; i < samples.length; i++) samples[i] = (stored[i] ?? 0) / 32_767;
    return samples;
  };
}
