import { type Waveform, waveformSamples } from '../core/catalogue.ts';
import { type Matrix, rowOf } from '../core/matrix.ts';
import type { Piece } from './decode.ts';
import { type Encoder, type Predictions, readingOf, type SoundReading } from './encoder.ts';
import { OnsetCounter } from './onsets.ts';

/** What the encoder hears in a whole recording. */
export interface RecordingReading extends SoundReading {
  readonly durationMs: number;
  /** Whether there is a pulse at all; without one, as in silence or a single stroke, `tempoBpm` means nothing. */
  readonly hasTempo: boolean;
}

/**
 * Cut a recording of any length, which comes in pieces, into waveforms of 6.144 s. Two of them are in memory.
 *
 * A shorter one is played again from its start until the window is full: loops stay in time, and the level, which
 * tells the energy, stays what it is; silence at the end would halve it. A longer one is cut into windows side by side, the last
 * one ending where the recording ends.
 *
 * @param pieces mono, 8 kHz, together at least one sample.
 */
export async function* windowsOf(pieces: AsyncIterable<Float32Array>): AsyncGenerator<Waveform> {
  // The window that waits for its successor, so that the last may reach back into it, and what there is of that.
  const held = new Float32Array(2 * waveformSamples);
  let filled = 0;
  for await (const piece of pieces) {
    for (let at = 0; at < piece.length; ) {
      const count = Math.min(piece.length - at, held.length - filled);
      held.set(piece.subarray(at, at + count), filled);
      at += count;
      filled += count;
      if (filled < held.length) continue;
      yield held.slice(0, waveformSamples);
      held.copyWithin(0, waveformSamples);
      filled = waveformSamples;
    }
  }
  if (filled === 0) throw new Error('A recording without samples has no windows');
  if (filled < waveformSamples) yield repeat(held.subarray(0, filled));
  else yield held.slice(0, waveformSamples);
  if (filled > waveformSamples) yield held.slice(filled - waveformSamples, filled);
}

function repeat(samples: Float32Array): Waveform {
  const waveform = new Float32Array(waveformSamples);
  for (let at = 0; at < waveformSamples; at += samples.length) {
    waveform.set(samples.subarray(0, Math.min(samples.length, waveformSamples - at)), at);
  }
  return waveform;
}

/** Windows that are heard together. */
const windowsAtOnce = 16;

/** What the encoder hears in a recording: log-probabilities, attributes and embedding averaged over its windows. */
export async function readRecording(
  encoder: Pick<Encoder, 'predict'>,
  recording: AsyncIterable<Piece>,
): Promise<RecordingReading> {
  let durationMs = 0;
  const onsets = new OnsetCounter();
  const samples = async function* () {
    for await (const piece of recording) {
      durationMs += piece.durationMs;
      onsets.hear(piece.samples);
      yield piece.samples;
    }
  };
  const sums = new Map<keyof Predictions, Float64Array>();
  let count = 0;
  let windows: Waveform[] = [];
  const hear = async (): Promise<void> => {
    const predictions = await encoder.predict(windows);
    for (const [name, rows] of Object.entries(predictions) as [keyof Predictions, Matrix][]) {
      const sum = sums.get(name) ?? new Float64Array(rows.cols);
      sums.set(name, sum);
      for (let r = 0; r < rows.rows; r++) {
        const row = rowOf(rows, r);
        for (let i = 0; i < rows.cols; i++) sum[i]! += row[i]!;
      }
    }
    count += windows.length;
    windows = [];
  };
  for await (const window of windowsOf(samples())) {
    windows.push(window);
    if (windows.length === windowsAtOnce) await hear();
  }
  if (windows.length > 0) await hear();
  const mean = (name: keyof Predictions): Matrix => {
    const sum = sums.get(name)!;
    return { rows: 1, cols: sum.length, data: Float32Array.from(sum, (value) => value / count) };
  };
  const pooled = {
    tempo: mean('tempo'),
    key: mean('key'),
    attributes: mean('attributes'),
    embedding: mean('embedding'),
  };
  return { ...readingOf(pooled, 0), durationMs, hasTempo: onsets.hasPulse };
}
