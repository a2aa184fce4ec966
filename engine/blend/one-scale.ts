/** A track has enough evidence for its collaborative scores to mean something from this many plays. */
export const enoughPlays = 5;

/** Below this many tracks with evidence, a distribution is not worth the name and the bar is lowered. */
export const fewestTracks = 20;

/** What is known of the tracks when the two scores of a listener are blended; all [tracks]. */
export interface Blending {
  /** Trust in the collaborative score, in [0, 1]. */
  readonly trust: Float32Array;
  /** What the collaborative score is worth: 2 from {@link enoughPlays} on, 1 from one play on, 0 before. */
  readonly evidence: Uint8Array;
}

export const evidenceOf = (plays: ArrayLike<number>): Uint8Array =>
  Uint8Array.from(plays, (count) => (count >= enoughPlays ? 2 : count >= 1 ? 1 : 0));

/**
 * Blend the two scores of one listener into the first:
 *
 *     c ← mix(trust, c, audio on the collaborative scale)
 *
 * @param collaborative [tracks]; overwritten at the candidates.
 * @param audio         [tracks].
 * @param candidates    rows that may be listed, ascending.
 * @see audioOnCollaborativeScale, agreementOf, mix. Kernels keep to this but for rounding.
 */
export function blendScores(
  collaborative: Float32Array,
  audio: Float32Array,
  candidates: Uint32Array,
  { trust, evidence }: Blending,
): void {
  if (candidates.length === 0) return;
  const known = candidatesWithEvidence(candidates, evidence);
  const onScale = audioOnCollaborativeScale(candidates, known, collaborative, audio);
  const agreement = agreementOf(known, collaborative, (track) => onScale(audio[track]!));
  for (let i = 0; i < candidates.length; i++) {
    const track = candidates[i]!;
    collaborative[track] = mix(trust[track]!, collaborative[track]!, onScale(audio[track]!), agreement);
  }
}

/** Distributions are counted in so many equal bins, from the lowest score to the highest. */
export const bins = 2048;

/**
 * Put a listener's audio scores on the scale of their collaborative scores: an audio score becomes the same quantile of the
 * collaborative scores.
 *
 *     audioOnScale(s) = Q(F(s))
 *
 * F is the distribution function of the audio scores of all candidates, Q the quantile function of the collaborative scores of
 * those with evidence: the score of a track that nobody played says nothing, it is near 0 because its factor is. Whatever
 * share of the candidates is new, the same share of the high quantiles goes to new tracks: a new track that sounds right
 * stands level with a known one that is loved as much. Raw scores would not do: an embedding predicted from sound is shrunk
 * towards the mean, and would never rank.
 *
 * Both are counted in {@link bins}, between whose edges they run straight: the ends are met exactly, and where scores are
 * few, as near the best, a bin holds one or none. Sorting would take several times as long. Where all audio scores are equal,
 * they become the middle of the range.
 *
 * @param known the candidates with evidence, one at least.
 * @returns for audio scores of candidates.
 */
export function audioOnCollaborativeScale(
  candidates: Uint32Array,
  known: Uint32Array,
  collaborative: Float32Array,
  audio: Float32Array,
): (score: number) => number {
  const sounding = distribution(candidates, audio);
  const liked = distribution(known, collaborative);
  if (sounding.perUnit === 0) return () => (liked.least + liked.most) / 2;
  const scale = new Float32Array(bins + 2);
  const width = (liked.most - liked.least) / bins;
  const perCandidate = known.length / candidates.length;
  let below = 0; // of the candidates, below this edge
  let passed = 0; // of the known, below the bin that is looked at
  let bin = 0;
  for (let edge = 0; edge <= bins; edge++) {
    const wanted = below * perCandidate;
    while (bin < bins - 1 && passed + liked.counts[bin]! < wanted) passed += liked.counts[bin++]!;
    const inside = liked.counts[bin]! > 0 ? (wanted - passed) / liked.counts[bin]! : 0;
    scale[edge] = liked.least + width * (bin + Math.min(1, inside));
    if (edge < bins) below += sounding.counts[edge]!;
  }
  scale[bins + 1] = scale[bins]!; // read beside the last edge
  return (score) => {
    const place = (score - sounding.least) * sounding.perUnit;
    const edge = Math.floor(place);
    return scale[edge]! + (place - edge) * (scale[edge + 1]! - scale[edge]!);
  };
}

/** How many of the scores of some rows lie in each bin between the least and the most. */
function distribution(rows: Uint32Array, scores: Float32Array) {
  let least = Number.POSITIVE_INFINITY;
  let most = Number.NEGATIVE_INFINITY;
  for (let i = 0; i < rows.length; i++) {
    least = Math.min(least, scores[rows[i]!]!);
    most = Math.max(most, scores[rows[i]!]!);
  }
  const perUnit = most > least ? bins / (most - least) : 0;
  const counts = new Uint32Array(bins);
  for (let i = 0; i < rows.length; i++) {
    counts[Math.min(bins - 1, Math.floor((scores[rows[i]!]! - least) * perUnit))]! += 1;
  }
  return { least, most, perUnit, counts };
}

/** How a listener's two scores lie to each other. */
export interface Agreement {
  readonly mean: number;
  /** Correlation of collaborative and audio scores, in [-1, 1]; 1 where either does not vary. */
  readonly correlation: number;
}

/** So many known tracks at most, evenly spread, tell how a listener's scores lie to each other. */
const agreementTracks = 4096;

/**
 * @param known candidates with evidence, one at least.
 * @param audio of a track, on the scale of `collaborative`.
 */
export function agreementOf(
  known: Uint32Array,
  collaborative: Float32Array,
  audio: (track: number) => number,
): Agreement {
  const each = Math.floor((known.length - 1) / agreementTracks) + 1;
  let [n, c, a, cc, aa, ca] = [0, 0, 0, 0, 0, 0];
  for (let i = 0; i < known.length; i += each) {
    const x = collaborative[known[i]!]!;
    const y = audio(known[i]!);
    n += 1;
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

/** Those of the most evidence of which there are {@link fewestTracks}; all where there never are. */
function candidatesWithEvidence(candidates: Uint32Array, evidence: Uint8Array): Uint32Array {
  for (const least of [2, 1]) {
    const known = candidates.filter((track) => evidence[track]! >= least);
    if (known.length >= fewestTracks) return known;
  }
  return candidates;
}
