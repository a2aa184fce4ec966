import type { Draw } from '../core/random.ts';
import type { EngineOptions } from '../options.ts';
import { topN } from '../retrieval/top-n.ts';
import { agreementOf, audioOnCollaborativeScale, mix, type ScaleScratch, scaleScratch } from './one-scale.ts';
import { layOut, type Slate, spoil } from './slots.ts';
import { type Ranking, rankingOf } from './trust.ts';

/** What one listener brings: a score per track from each side, and what they have heard. */
export interface ListenerScores {
  /** Inner products with the collaborative track factors [tracks]. */
  readonly collaborative: Float32Array;
  /** Inner products with the embeddings predicted from sound [tracks]; undefined while there is no encoder. */
  readonly audio: Float32Array | undefined;
  /** Rows of tracks played or skipped. */
  readonly heard: Uint32Array;
  /** Plays, saves and picks so far. */
  readonly interactions: number;
}

/** What is known of the tracks, the same for every listener of a refresh; all [tracks]. */
export interface TrackEvidence {
  readonly isReleased: Uint8Array;
  /** Released in the last 7 days. */
  readonly isNew: Uint8Array;
  readonly plays: ArrayLike<number>;
  /** Plays of all tracks of the artist. */
  readonly artistPlays: ArrayLike<number>;
  /** Decayed plays: the charts. */
  readonly recentPlays: ArrayLike<number>;
}

export interface BlendedSlate extends Slate {
  /** Share of positions whose score came mostly (more than half) from the collaborative side. */
  readonly collaborativeShare: number;
}

/** Working memory for one catalogue size, used again for every listener; holds nothing between calls. */
export interface BlendScratch extends ScaleScratch {
  readonly isCandidate: Uint8Array;
  readonly isNewCandidate: Uint8Array;
  readonly candidates: Uint32Array;
  readonly scores: Float32Array;
  readonly audioScores: Float32Array;
  readonly trust: Float32Array;
}

export const blendScratch = (tracks: number): BlendScratch => ({
  ...scaleScratch(tracks),
  isCandidate: new Uint8Array(tracks),
  isNewCandidate: new Uint8Array(tracks),
  candidates: new Uint32Array(tracks),
  scores: new Float32Array(tracks),
  audioScores: new Float32Array(tracks),
  trust: new Float32Array(tracks),
});

/**
 * The list of one listener: candidates are the released tracks that they have not heard;
 *
 *     score = trust · collaborative + (1 − trust) · audio, both and the result on one scale: see {@link mix}
 *
 * then slots are laid out, and spoilt where `degrade` says so. Where trust is 0 or 1 for all candidates the trusted
 * scores rank as they are, and without an encoder the collaborative ones do. A listener whose factor is zero, since nothing
 * is known of them, scores 0 everywhere: they get the charts.
 *
 * @param draw    decides epsilon slots and spoilt slots; not used without them.
 * @param scratch from {@link blendScratch}; without it, memory is taken anew.
 * @returns `slate.length` tracks, fewer where there are fewer candidates. Ties go to the lower row. Pure but for the scratch.
 */
export function blendSlate(
  listener: ListenerScores,
  tracks: TrackEvidence,
  options: Pick<EngineOptions, 'blend' | 'slate' | 'degrade'>,
  draw: Draw,
  scratch: BlendScratch = blendScratch(tracks.isReleased.length),
): BlendedSlate {
  const candidates = findCandidates(listener, tracks, scratch);
  const scores = scoreCandidates(candidates, listener, tracks, rankingOf(options.blend), scratch);
  const { length, slots } = options.slate;
  const best = topN(scores, length, { allow: scratch.isCandidate }).rows;
  const bestNew =
    slots > 0 ? topN(scores, Math.ceil(length / slots), { allow: scratch.isNewCandidate }).rows : new Uint32Array(0);
  const slate = layOut(best, bestNew, options.slate, draw);
  const isSpoilt = spoil(slate.tracks, candidates, options.degrade.randomSlots, draw);
  let collaborative = 0;
  for (const [position, track] of slate.tracks.entries()) {
    if (!isSpoilt[position] && scratch.trust[track]! > 0.5) collaborative += 1;
  }
  return { ...slate, collaborativeShare: slate.tracks.length === 0 ? 0 : collaborative / slate.tracks.length };
}

function findCandidates(listener: ListenerScores, tracks: TrackEvidence, scratch: BlendScratch): Uint32Array {
  const { isCandidate, isNewCandidate } = scratch;
  isCandidate.set(tracks.isReleased);
  for (const track of listener.heard) isCandidate[track] = 0;
  let length = 0;
  for (let track = 0; track < isCandidate.length; track++) {
    if (isCandidate[track]) scratch.candidates[length++] = track;
    isNewCandidate[track] = isCandidate[track]! & tracks.isNew[track]!;
  }
  return scratch.candidates.subarray(0, length);
}

/** Scores of the candidates, left in the scratch with the trust behind them; other tracks hold leftovers. */
function scoreCandidates(
  candidates: Uint32Array,
  listener: ListenerScores,
  tracks: TrackEvidence,
  ranking: Ranking,
  scratch: BlendScratch,
): Float32Array {
  const { scores, trust, audioScores } = scratch;
  const { collaborative, audio } = listener;
  const isUnknown = candidates.every((track) => collaborative[track] === 0);
  if (ranking.by === 'charts' || isUnknown) {
    for (const track of candidates) {
      scores[track] = tracks.recentPlays[track]!;
      trust[track] = 0;
    }
    return scores;
  }
  const evidence = { userInteractions: listener.interactions, trackPlays: 0, artistPlays: 0 };
  let least = 1;
  let most = 0;
  for (const track of candidates) {
    evidence.trackPlays = tracks.plays[track]!;
    evidence.artistPlays = tracks.artistPlays[track]!;
    const share = audio ? ranking.trust(evidence) : 1;
    trust[track] = share;
    least = Math.min(least, share);
    most = Math.max(most, share);
  }
  if (audio === undefined || least === 1) return collaborative;
  if (most === 0) return audio;
  audioOnCollaborativeScale(candidates, collaborative, audio, tracks.plays, scratch, audioScores);
  const agreement = agreementOf(candidates, collaborative, audioScores, tracks.plays);
  for (const track of candidates) {
    scores[track] = mix(trust[track]!, collaborative[track]!, audioScores[track]!, agreement);
  }
  return scores;
}
