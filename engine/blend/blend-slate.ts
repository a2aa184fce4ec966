import type { Draw } from '../core/random.ts';
import type { EngineOptions } from '../options.ts';
import { selectBest } from '../retrieval/select.ts';
import { agreementOf, audioOnCollaborativeScale, mix, scaleScratch } from './one-scale.ts';
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

/** Makes lists; `draw` decides epsilon slots and spoilt slots and is not used without them. */
export interface Blender {
  /** What lists depend on. Where it is the collaborative scores alone, {@link Blender.layOut} needs only the best of them. */
  readonly reads: 'no scores' | 'collaborative scores' | 'both scores';
  /** The list of one listener from all their scores. */
  blend(listener: ListenerScores, draw: Draw): BlendedSlate;
  /**
   * The same list from the best candidates by collaborative score, found elsewhere.
   * @param best    `slate.length` of them, best first; fewer where there are fewer.
   * @param bestNew those released in the last 7 days, as many as are reserved a slot; read only where slots are reserved.
   */
  layOut(best: Uint32Array, bestNew: Uint32Array, heard: Uint32Array, draw: Draw): BlendedSlate;
}

/**
 * Lists against one state of the catalogue: candidates are the released tracks that the listener has not heard;
 *
 *     score = trust · collaborative + (1 − trust) · audio, both and the result on one scale: see {@link mix}
 *
 * then slots are laid out, and spoilt where `degrade` says so. Where trust is 0 or 1 for all candidates the trusted
 * scores rank as they are, and without an encoder the collaborative ones do. A listener whose factor is zero, since nothing
 * is known of them, scores 0 everywhere: they get the charts.
 *
 * A list has `slate.length` tracks, fewer where there are fewer candidates. Ties go to the lower row. What is the same for
 * all listeners is computed here, once; memory is taken once and holds nothing between lists. Cost of a list O(tracks).
 */
export function createBlender(
  tracks: TrackEvidence,
  options: Pick<EngineOptions, 'blend' | 'slate' | 'degrade'>,
): Blender {
  const { length, slots } = options.slate;
  const size = tracks.isReleased.length;
  const ranking = rankingOf(options.blend);
  const scorer = createScorer(tracks, ranking);
  const isCandidate = tracks.isReleased.slice();
  const candidateRows = new Uint32Array(size);

  function findCandidates(heard: Uint32Array): Uint32Array {
    for (const track of heard) isCandidate[track] = 0;
    let count = 0;
    for (let track = 0; track < size; track++) {
      candidateRows[count] = track;
      count += isCandidate[track]!;
    }
    for (const track of heard) isCandidate[track] = tracks.isReleased[track]!;
    return candidateRows.subarray(0, count);
  }

  function finish(
    best: Uint32Array,
    bestNew: Uint32Array,
    candidates: () => Uint32Array,
    trust: Scored['trust'],
    draw: Draw,
  ): BlendedSlate {
    const slate = layOut(best, bestNew, options.slate, draw);
    const { randomSlots } = options.degrade;
    const isSpoilt = randomSlots > 0 ? spoil(slate.tracks, candidates(), randomSlots, draw) : undefined;
    let collaborative = 0;
    for (let position = 0; position < slate.tracks.length; position++) {
      if (!isSpoilt?.[position] && trust(slate.tracks[position]!) > 0.5) collaborative += 1;
    }
    return { ...slate, collaborativeShare: slate.tracks.length === 0 ? 0 : collaborative / slate.tracks.length };
  }

  return {
    reads:
      ranking.by === 'charts'
        ? 'no scores'
        : options.blend.kind === 'collaborative'
          ? 'collaborative scores'
          : 'both scores',
    blend(listener, draw) {
      const candidates = findCandidates(listener.heard);
      const { scores, trust } = scorer(candidates, listener);
      const isNew = (track: number): boolean => tracks.isNew[track] === 1;
      const best = selectBest(candidates, scores, length);
      const bestNew = slots > 0 ? selectBest(candidates.filter(isNew), scores, Math.ceil(length / slots)) : nothing;
      return finish(best, bestNew, () => candidates, trust, draw);
    },
    layOut: (best, bestNew, heard, draw) => finish(best, bestNew, () => findCandidates(heard), all, draw),
  };
}

const nothing = new Uint32Array(0);

/** What candidates are ranked by, right at the candidates only, and how much of it is collaborative. */
interface Scored {
  readonly scores: Float32Array;
  trust(track: number): number;
}

const all = (): number => 1;
const none = (): number => 0;

function createScorer(
  tracks: TrackEvidence,
  ranking: Ranking,
): (candidates: Uint32Array, listener: ListenerScores) => Scored {
  const size = tracks.isReleased.length;
  const charts: Scored = { scores: Float32Array.from(tracks.recentPlays), trust: none };
  if (ranking.by === 'charts') return () => charts;
  const mixed = new Float32Array(size);
  const audioScores = new Float32Array(size);
  const scratch = scaleScratch(size);
  const shares = new Float32Array(size);
  const trust = (track: number): number => shares[track]!;
  const shareTrust = (userInteractions: number): void => {
    const evidence = { userInteractions, trackPlays: 0, artistPlays: 0 };
    for (let track = 0; track < size; track++) {
      evidence.trackPlays = tracks.plays[track]!;
      evidence.artistPlays = tracks.artistPlays[track]!;
      shares[track] = ranking.trust(evidence);
    }
  };
  if (!ranking.isPersonal) shareTrust(0);
  return (candidates, { collaborative, audio, interactions }) => {
    if (isZero(candidates, collaborative)) return charts;
    if (audio === undefined) return { scores: collaborative, trust: all };
    if (ranking.isPersonal) shareTrust(interactions);
    if (isConstant(candidates, shares, 1)) return { scores: collaborative, trust: all };
    if (isConstant(candidates, shares, 0)) return { scores: audio, trust: none };
    const known = audioOnCollaborativeScale(candidates, collaborative, audio, tracks.plays, scratch, audioScores);
    const agreement = agreementOf(known, collaborative, audioScores);
    for (let i = 0; i < candidates.length; i++) {
      const track = candidates[i]!;
      mixed[track] = mix(shares[track]!, collaborative[track]!, audioScores[track]!, agreement);
    }
    return { scores: mixed, trust };
  };
}

const isZero = (rows: Uint32Array, scores: Float32Array): boolean => isConstant(rows, scores, 0);

function isConstant(rows: Uint32Array, values: Float32Array, value: number): boolean {
  for (let i = 0; i < rows.length; i++) if (values[rows[i]!] !== value) return false;
  return true;
}
