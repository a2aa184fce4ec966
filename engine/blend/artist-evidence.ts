import { certaintyOf } from '../core/certainty.ts';
import { type Matrix, rowOf, zeros } from '../core/matrix.ts';

/** What is known of the tracks of one generation, all [tracks]. */
export interface ArtistEvidence {
  /** Y [tracks × k]: the collaborative factors. */
  readonly factors: Matrix;
  /** Of how many listeners each factor was made. */
  readonly fans: ArrayLike<number>;
  /** E [tracks × k]: where the sound puts each track. */
  readonly embeddings: Matrix;
  /** 1 where the encoder has learnt from the factor of a track: there E is nearer to Y than it is for new tracks. */
  readonly isTaught: ArrayLike<number>;
  readonly artists: readonly string[];
}

/** Below this certainty a track tells nothing about how far to trust artists. */
const certain = 1 / 3;

/** What h is chosen from; with the last, artists say nothing. */
const candidates = [0.125, 0.25, 0.5, 1, 2, 4, 8, 16, Number.POSITIVE_INFINITY];

/** Where nothing tells how far to trust artists. */
const usual = 2;

/**
 * Where the sound and the other tracks of its artist put a track together: what the sound leaves unexplained of the factors of
 * an artist's tracks is partly common to them all,
 *
 *     y = e + a + noise,   â = Σ wₛ(yₛ − eₛ) / (Σ wₛ + h) over the artist's other tracks s,   w = fans / (fans + 10)
 *     vector = e + (1 − w)·â
 *
 * which is the best linear prediction of the artist's effect a where h is the variance of the noise over that of the effect. h is
 * taken from a grid: the one that predicts best the factors of tracks that the encoder has not learnt from. A track's own
 * factor is not used: its plays speak through the collaborative score, and the more of them there are, the less its artist has to
 * say. Otherwise lists of the well-known would fill with the listener's own artists.
 *
 * @returns the vectors [tracks × k], and h; Infinity where artists say nothing.
 * @see Robinson (1991), That BLUP is a good thing. Cost O(tracks · k).
 */
export function withArtistEvidence(evidence: ArtistEvidence): { readonly vectors: Matrix; readonly h: number } {
  const { factors, embeddings, fans, isTaught } = evidence;
  const { rows, cols: k } = factors;
  const certainty = Float64Array.from({ length: rows }, (_, t) => certaintyOf(fans[t]!));
  const sums = sumsByArtist(evidence, certainty);
  const others = new Float64Array(k);
  /** Writes Σ w(y − e) over the other tracks of its artist; returns Σ w. */
  const othersOf = (track: number): number => {
    const sum = sums.get(evidence.artists[track]!)!;
    const w = certainty[track]!;
    const [y, e] = [rowOf(factors, track), rowOf(embeddings, track)];
    for (let i = 0; i < k; i++) others[i] = sum.residual[i]! - w * (y[i]! - e[i]!);
    return Math.max(0, sum.weight - w);
  };

  const errors = candidates.map(() => 0);
  for (let track = 0; track < rows; track++) {
    if (isTaught[track] === 1 || certainty[track]! < certain) continue;
    const weight = othersOf(track);
    if (weight === 0) continue;
    const [y, e] = [rowOf(factors, track), rowOf(embeddings, track)];
    for (const [at, h] of candidates.entries()) {
      let error = 0;
      for (let i = 0; i < k; i++) error += (y[i]! - e[i]! - others[i]! / (weight + h)) ** 2;
      errors[at]! += certainty[track]! * error;
    }
  }
  const least = Math.min(...errors);
  const h = least === 0 ? usual : candidates[errors.indexOf(least)]!;

  const vectors = zeros(rows, k);
  for (let track = 0; track < rows; track++) {
    const weight = othersOf(track);
    const [e, out] = [rowOf(embeddings, track), rowOf(vectors, track)];
    const share = weight === 0 ? 0 : (1 - certainty[track]!) / (weight + h);
    for (let i = 0; i < k; i++) out[i] = e[i]! + share * others[i]!;
  }
  return { vectors, h };
}

interface ArtistSum {
  /** Σ w(y − e) [k]. */
  readonly residual: Float64Array;
  /** Σ w. */
  weight: number;
}

function sumsByArtist(
  { artists, factors, embeddings }: ArtistEvidence,
  certainty: Float64Array,
): ReadonlyMap<string, ArtistSum> {
  const sums = new Map<string, ArtistSum>();
  for (let track = 0; track < factors.rows; track++) {
    const artist = artists[track]!;
    const sum = sums.get(artist) ?? { residual: new Float64Array(factors.cols), weight: 0 };
    sums.set(artist, sum);
    const w = certainty[track]!;
    const [y, e] = [rowOf(factors, track), rowOf(embeddings, track)];
    for (let i = 0; i < factors.cols; i++) sum.residual[i]! += w * (y[i]! - e[i]!);
    sum.weight += w;
  }
  return sums;
}
