import type { SoundAttributes } from '../core/catalogue.ts';

/** How well readings agree with the truth. Every share and R² is over the tracks that have the truth in question. */
export interface EncoderQuality {
  /** Tracks compared: with annotated sound, with a known factor. */
  readonly annotated: number;
  readonly known: number;
  /** Share of tempi within 4 %; and also counting half, double, third and triple tempo. */
  readonly tempoAccuracy1: number;
  readonly tempoAccuracy2: number;
  /** Mean key score: 1 right, 0.5 a fifth off, 0.3 relative, 0.2 parallel. */
  readonly keyScore: number;
  readonly energyR2: number;
  readonly brightnessR2: number;
  readonly envelopeR2: number;
  readonly oddEvenR2: number;
  readonly modulationR2: number;
  /** Of the factors, over all their dimensions: 1 - Σ|y - z|² / Σ|y - ȳ|², weighted by how well each is known. */
  readonly embeddingR2: number;
}

interface Truth {
  readonly sound?: SoundAttributes | undefined;
  readonly factor?: Float32Array | undefined;
  readonly weight?: number | undefined;
}

interface Reading extends SoundAttributes {
  readonly embedding: Float32Array;
}

/** Compare readings with what is known of the same tracks. NaN where nothing is known. */
export function encoderQuality(readings: readonly Reading[], truths: readonly Truth[]): EncoderQuality {
  const sounds = readings.flatMap((heard, i) => {
    const sound = truths[i]?.sound;
    return sound ? [{ heard, sound }] : [];
  });
  const share = (isRight: (pair: (typeof sounds)[number]) => number): number =>
    sounds.reduce((total, pair) => total + isRight(pair), 0) / sounds.length;
  const r2Of = (value: (sound: SoundAttributes) => number): number =>
    rSquared(
      sounds.map(({ sound }) => value(sound)),
      sounds.map(({ heard }) => value(heard)),
    );
  const tempoIs = (factors: readonly number[]): number =>
    share(({ heard, sound }) => Number(factors.some((f) => isTempo(heard.tempoBpm * f, sound.tempoBpm))));
  return {
    annotated: sounds.length,
    known: readings.filter((_, i) => truths[i]?.factor).length,
    tempoAccuracy1: tempoIs([1]),
    tempoAccuracy2: tempoIs([1, 2, 1 / 2, 3, 1 / 3]),
    keyScore: share(({ heard, sound }) => keyScore(heard.key, sound.key)),
    energyR2: r2Of((s) => s.energy),
    brightnessR2: r2Of((s) => s.timbre[0]),
    envelopeR2: r2Of((s) => s.timbre[1]),
    oddEvenR2: r2Of((s) => s.timbre[2]),
    modulationR2: r2Of((s) => s.timbre[3]),
    embeddingR2: embeddingR2(readings, truths),
  };
}

/** Within 4 %, the tolerance of Gouyon et al. (2006). */
const isTempo = (heard: number, truth: number): boolean => Math.abs(heard / truth - 1) <= 0.04;

/** The score of MIREX's audio key detection for keys 0–23. */
export function keyScore(heard: number, truth: number): number {
  if (heard === truth) return 1;
  const isMinor = truth & 1;
  const interval = ((heard >> 1) - (truth >> 1) + 12) % 12;
  if ((heard & 1) === isMinor) return interval === 5 || interval === 7 ? 0.5 : 0;
  const relative = isMinor ? 3 : 9;
  return interval === relative ? 0.3 : interval === 0 ? 0.2 : 0;
}

/** 1 - Σ(y - z)² / Σ(y - ȳ)² */
export function rSquared(truth: readonly number[], heard: readonly number[]): number {
  const mean = truth.reduce((total, y) => total + y, 0) / truth.length;
  const spread = truth.reduce((total, y) => total + (y - mean) ** 2, 0);
  const error = truth.reduce((total, y, i) => total + (y - (heard[i] ?? Number.NaN)) ** 2, 0);
  return 1 - error / spread;
}

function embeddingR2(readings: readonly Reading[], truths: readonly Truth[]): number {
  const pairs = readings.flatMap(({ embedding }, i) => {
    const { factor, weight = 1 } = truths[i] ?? {};
    return factor ? [{ embedding, factor, weight }] : [];
  });
  const [first] = pairs;
  if (!first) return Number.NaN;
  let error = 0;
  let spread = 0;
  const total = pairs.reduce((sum, { weight }) => sum + weight, 0);
  for (let d = 0; d < first.factor.length; d++) {
    const mean = pairs.reduce((sum, { factor, weight }) => sum + weight * (factor[d] ?? 0), 0) / total;
    for (const { embedding, factor, weight } of pairs) {
      error += weight * ((factor[d] ?? 0) - (embedding[d] ?? 0)) ** 2;
      spread += weight * ((factor[d] ?? 0) - mean) ** 2;
    }
  }
  return 1 - error / spread;
}
