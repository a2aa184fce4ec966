import { type Draw, normalFrom } from '../../engine/core/random.ts';

/**
 * What happens to a recording after it is played, in place: an equaliser, background noise, and the level it is
 * released at, which carries the energy but not exactly (σ = 2 dB):
 *
 *     level = -30 + 18·energy + 2·N(0, 1)   dB relative to full scale, root mean square
 *
 * The signal-to-noise ratio is 8-38 dB, the noise between white and low-passed.
 */
export function master(signal: Float32Array, energy: number, noise: () => number, draw: Draw): void {
  const tilt = (draw() - 0.5) * 0.5;
  const noiseDb = -(8 + 30 * draw());
  const darkness = draw();
  const levelDb = -30 + 18 * energy + 2 * normalFrom(draw);

  equalise(signal, tilt);
  const loudness = Math.sqrt(meanSquare(signal)) || 1e-9;
  const gain = 10 ** (levelDb / 20) / loudness;
  // Uniform noise in [-1, 1) has the root mean square 1/√3 ≈ 1/1.7.
  const noiseGain = 1.7 * loudness * 10 ** (noiseDb / 20);
  let dark = 0;
  for (let i = 0; i < signal.length; i++) {
    const white = noise();
    dark = 0.9 * dark + 0.3 * white;
    const sample = gain * (signal[i]! + noiseGain * (darkness * dark + (1 - darkness) * white));
    signal[i] = Math.max(-0.98, Math.min(0.98, sample));
  }
}

/** y[i] = x[i] - tilt·x[i-1]: a little darker (tilt < 0) or brighter (tilt > 0) than played. */
function equalise(signal: Float32Array, tilt: number): void {
  let last = 0;
  for (let i = 0; i < signal.length; i++) {
    const sample = signal[i]!;
    signal[i] = sample - tilt * last;
    last = sample;
  }
}

function meanSquare(signal: Float32Array): number {
  let sum = 0;
  for (let i = 0; i < signal.length; i++) sum += signal[i]! ** 2;
  return sum / signal.length;
}
