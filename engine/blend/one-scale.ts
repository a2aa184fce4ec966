import { sortByScore } from '../retrieval/order.ts';

/** A track has enough evidence for its collaborative scores to mean something from this many plays. */
export const enoughPlays = 5;

/** Below this many tracks with evidence, a distribution is not worth the name and the bar is lowered. */
const fewestTracks = 20;

/** Working memory of {@link audioOnCollaborativeScale}; one per catalogue size, used again for every listener. */
export interface ScaleScratch {
  readonly known: Uint32Array;
  readonly byAudio: Uint32Array;
  /** The collaborative scores of `known`. */
  readonly scale: Float32Array;
}

export const scaleScratch = (tracks: number): ScaleScratch => ({
  known: new Uint32Array(tracks),
  byAudio: new Uint32Array(tracks),
  scale: new Float32Array(tracks),
});

/**
 * Put a listener's audio scores on the scale of their collaborative scores: the candidate at rank i by audio gets the same
 * quantile of the collaborative scores.
 *
 *     audioOnScale(t) = Q(1 − i / (m − 1))       i = 0 … m − 1 by (audio score descending, row ascending), m candidates
 *
 * Q is the quantile function (linear between order statistics) of the listener's collaborative scores over candidates
 * with evidence only: the score of a track that nobody played says nothing, it is near 0 because its factor is. The rank
 * runs over all candidates, so whatever share of them is new, the same share of the high quantiles goes to new tracks: a
 * new track that sounds right stands level with a known one that is loved as much. Raw scores would not do: an embedding
 * predicted from sound is shrunk towards the mean, and would never rank.
 *
 * @param candidates rows to be ranked, ascending: released and unheard.
 * @param plays      plays of every track. Where fewer than 20 candidates have {@link enoughPlays}, those with any play
 *   count, and where these are as few, all candidates.
 * @param out        [tracks]; written at the candidates only.
 * @returns the candidates with evidence, which set the scale, best first by collaborative score; in the scratch.
 */
export function audioOnCollaborativeScale(
  candidates: Uint32Array,
  collaborative: Float32Array,
  audio: Float32Array,
  plays: ArrayLike<number>,
  scratch: ScaleScratch,
  out: Float32Array,
): Uint32Array {
  const m = candidates.length;
  const known = candidatesWithEvidence(candidates, plays, scratch.known);
  sortByScore(known, collaborative);
  const byAudio = scratch.byAudio.subarray(0, m);
  byAudio.set(candidates);
  sortByScore(byAudio, audio);
  const { scale } = scratch;
  for (let i = 0; i < known.length; i++) scale[i] = collaborative[known[i]!]!;
  const top = known.length - 1;
  const step = m > 1 ? top / (m - 1) : 0;
  for (let i = 0; i < m; i++) {
    const position = top - i * step;
    const below = Math.max(0, Math.floor(position));
    const low = scale[top - below]!;
    const high = below < top ? scale[top - below - 1]! : low;
    out[byAudio[i]!] = low + (position - below) * (high - low);
  }
  return known;
}

/** How a listener's two scores lie to each other. */
export interface Agreement {
  readonly mean: number;
  /** Correlation of collaborative and audio scores, in [-1, 1]; 1 where either does not vary. */
  readonly correlation: number;
}

/**
 * @param known the rows to look at: candidates with evidence, see {@link audioOnCollaborativeScale}.
 * @param audio on the scale of `collaborative`.
 */
export function agreementOf(known: Uint32Array, collaborative: Float32Array, audio: Float32Array): Agreement {
  const n = known.length;
  if (n === 0) return { mean: 0, correlation: 1 };
  let [c, a, cc, aa, ca] = [0, 0, 0, 0, 0];
  for (let i = 0; i < n; i++) {
    const x = collaborative[known[i]!]!;
    const y = audio[known[i]!]!;
    c += x;
    a += y;
    cc += x * x;
    aa += y * y;
    ca += x * y;
  }
  const variances = (cc - (c * c) / n) * (aa - (a * a) / n);
  const correlation = variances > 0 ? (ca - (c * a) / n) / Math.sqrt(variances) : 1;
  return { mean: c / n, correlation: Math.max(-1, Math.min(1, correlation)) };
}

/**
 * Blend two scores of one scale so that the result keeps that scale whatever the trust. A plain mixture is narrower than
 * its parts, so tracks half trusted would be missing from both ends of the list:
 *
 *     s = μ + (t·(c − μ) + (1 − t)·(a − μ)) / √(t² + (1 − t)² + 2ρ·t·(1 − t))
 *
 * @param trust t in [0, 1]; 0 and 1 give the audio and the collaborative score themselves.
 */
export function mix(trust: number, collaborative: number, audio: number, { mean, correlation }: Agreement): number {
  const rest = 1 - trust;
  const spread = Math.sqrt(trust * trust + rest * rest + 2 * correlation * trust * rest);
  // Scores that contradict each other perfectly cancel out: nothing is known, so nothing is claimed.
  return spread > 1e-6 ? mean + (trust * (collaborative - mean) + rest * (audio - mean)) / spread : mean;
}

function candidatesWithEvidence(candidates: Uint32Array, plays: ArrayLike<number>, known: Uint32Array): Uint32Array {
  for (const bar of [enoughPlays, 1]) {
    let length = 0;
    for (let i = 0; i < candidates.length; i++) {
      known[length] = candidates[i]!;
      length += plays[candidates[i]!]! >= bar ? 1 : 0;
    }
    if (length >= fewestTracks) return known.subarray(0, length);
  }
  known.set(candidates);
  return known.subarray(0, candidates.length);
}
