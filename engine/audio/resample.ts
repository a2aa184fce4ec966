import libsamplerate from '@alexanderolsen/libsamplerate-js';

/**
 * Change the sample rate of a mono signal with libsamplerate's band-limited sinc interpolation: what lies above half the new rate is
 * taken out first (at least 90 dB down), so it cannot fold back.
 *
 * @returns about length · to/from samples; the last few may be missing where the filter runs out.
 */
export async function resample(signal: Float32Array, fromHz: number, toHz: number): Promise<Float32Array> {
  if (fromHz === toHz) return signal;
  const converterType = libsamplerate.ConverterType.SRC_SINC_FASTEST;
  const converter = await libsamplerate.create(1, fromHz, toHz, { converterType });
  try {
    return converter.simple(signal).slice();
  } finally {
    converter.destroy();
  }
}
