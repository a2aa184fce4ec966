import libsamplerate from '@alexanderolsen/libsamplerate-js';

/** Changes the rate of a mono signal that comes in pieces. */
export interface Resampler {
  /** What of the signal can be told so far. */
  push(piece: Float32Array): Float32Array;
  /** The rest: with it there are length · to/from samples, rounded up. */
  end(): Float32Array;
  close(): void;
}

/** Samples that are converted together. */
const atOnce = 1 << 16;

/** Longer than the filter reaches, in samples of the lower rate. */
const filterReach = 256;

/**
 * libsamplerate's band-limited sinc interpolation: what lies above half the new rate is taken out first (at least 90 dB down), so
 * it cannot fold back.
 */
export async function createResampler(fromHz: number, toHz: number): Promise<Resampler> {
  if (fromHz === toHz) return { push: (piece) => piece, end: () => new Float32Array(0), close: () => {} };
  const converterType = libsamplerate.ConverterType.SRC_SINC_FASTEST;
  const converter = await libsamplerate.create(1, fromHz, toHz, { converterType });
  let taken = 0;
  let given = 0;
  const convert = (signal: Float32Array, most: number): Float32Array => {
    const parts: Float32Array[] = [];
    for (let at = 0; at < signal.length; at += atOnce) {
      const part = converter.full(signal.slice(at, at + atOnce)).slice(); // it looks at the whole memory behind a view
      const kept = part.subarray(0, Math.max(0, most - given));
      given += kept.length;
      parts.push(kept);
    }
    return joined(parts);
  };
  return {
    push(piece) {
      taken += piece.length;
      return convert(piece, Number.POSITIVE_INFINITY);
    },
    end() {
      const silence = new Float32Array(Math.ceil(filterReach * Math.max(1, fromHz / toHz)));
      return convert(silence, Math.ceil((taken * toHz) / fromHz));
    },
    close: () => converter.destroy(),
  };
}

function joined(parts: readonly Float32Array[]): Float32Array {
  if (parts.length === 1) return parts[0]!;
  const whole = new Float32Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}
