import type { SoundAttributes } from '../../engine/core/catalogue.ts';
import { type Matrix, rowOf, zeros } from '../../engine/core/matrix.ts';
import { normalFrom, type Streams } from '../../engine/core/random.ts';
import { phi } from '../../sim/families/phi.ts';

/** Factors of which it is known how much the sound tells, all [tracks × dim]. */
export interface PlantedTargets {
  /** What the encoder is to learn; every dimension has variance 1. */
  readonly targets: Matrix;
  /** The part that follows from the sound: nobody can predict more. */
  readonly acoustic: Matrix;
}

/**
 * y = √s·a + √(1 − s)·noise, a = W·φ(sound) with every dimension standardised over these tracks, W and noise normal.
 *
 * @param share s: share of the variance that the sound tells. W and the noise are the same for every share.
 */
export function plantTargets(
  sounds: readonly SoundAttributes[],
  dim: number,
  share: number,
  streams: Streams,
): PlantedTargets {
  const features = phi({
    tempoBpm: Float32Array.from(sounds, ({ tempoBpm }) => tempoBpm),
    key: Uint8Array.from(sounds, ({ key }) => key),
    energy: Float32Array.from(sounds, ({ energy }) => energy),
    timbre: Float32Array.from(sounds.flatMap(({ timbre }) => [...timbre])),
  });
  const n = sounds.length;
  const [targets, acoustic] = [zeros(n, dim), zeros(n, dim)];
  const noise = sounds.map((_, track) => streams('planted noise', track));
  for (let d = 0; d < dim; d++) {
    const draw = streams('planted map', d);
    const w = Float64Array.from({ length: features.cols }, () => normalFrom(draw));
    const raw = Float64Array.from({ length: n }, (_, t) =>
      rowOf(features, t).reduce((sum, value, i) => sum + value * w[i]!, 0),
    );
    const mean = raw.reduce((sum, value) => sum + value, 0) / n;
    const deviation = Math.sqrt(raw.reduce((sum, value) => sum + (value - mean) ** 2, 0) / n);
    for (let t = 0; t < n; t++) {
      const told = (Math.sqrt(share) * (raw[t]! - mean)) / deviation;
      rowOf(acoustic, t)[d] = told;
      rowOf(targets, t)[d] = told + Math.sqrt(1 - share) * normalFrom(noise[t]!);
    }
  }
  return { targets, acoustic };
}
