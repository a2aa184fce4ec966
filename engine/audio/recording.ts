import { type Waveform, waveformSamples } from '../core/catalogue.ts';
import { type Matrix, rowOf, zeros } from '../core/matrix.ts';
import { type Encoder, type Predictions, readingOf, type SoundReading } from './encoder.ts';

/**
 * Cut a recording of any length into waveforms of 6.144 s.
 *
 * A shorter one is played again from its start until the window is full: loops stay in time, and the level, which
 * tells the energy, stays what it is; silence at the end would halve it. A longer one is cut into windows side by side, the last
 * one ending where the recording ends.
 *
 * @param samples mono, 8 kHz, at least one.
 */
export function windowsOf(samples: Float32Array): Waveform[] {
  if (samples.length === 0) throw new Error('A recording without samples has no windows');
  if (samples.length < waveformSamples) return [repeat(samples)];
  const count = Math.ceil(samples.length / waveformSamples);
  return Array.from({ length: count }, (_, i) => {
    const start = Math.min(i * waveformSamples, samples.length - waveformSamples);
    return samples.slice(start, start + waveformSamples);
  });
}

function repeat(samples: Float32Array): Waveform {
  const waveform = new Float32Array(waveformSamples);
  for (let at = 0; at < waveformSamples; at += samples.length) {
    waveform.set(samples.subarray(0, Math.min(samples.length, waveformSamples - at)), at);
  }
  return waveform;
}

/** What the encoder hears in a whole recording: log-probabilities, attributes and embedding averaged over its windows. */
export async function readRecording(encoder: Encoder, samples: Float32Array): Promise<SoundReading> {
  const predictions = await encoder.predict(windowsOf(samples));
  const pooled: Predictions = {
    tempo: meanRow(predictions.tempo),
    key: meanRow(predictions.key),
    attributes: meanRow(predictions.attributes),
    embedding: meanRow(predictions.embedding),
  };
  return readingOf(pooled, 0);
}

function meanRow(m: Matrix): Matrix {
  const mean = zeros(1, m.cols);
  for (let r = 0; r < m.rows; r++) {
    const row = rowOf(m, r);
    for (let i = 0; i < m.cols; i++) mean.data[i]! += row[i]! / m.rows;
  }
  return mean;
}
