import type { Draw } from '../core/random.ts';
import type { EngineOptions } from '../options.ts';
import { selectBest } from '../retrieval/select.ts';
import { evidenceOf } from './one-scale.ts';
import { layOut, type Slate, spoil } from './slots.ts';
import { rankingOf } from './trust.ts';

/** What is known of the tracks, the same for every listener of a refresh; all [tracks]. */
export interface TrackEvidence {
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
  /** What lists depend on: where one side is trusted alone, nobody needs the other. */
  readonly reads: 'no scores' | 'collaborative scores' | 'audio scores' | 'both scores';
  /** What collaborative scores are worth: see `Blending.evidence`. */
  readonly evidence: Uint8Array;
  /**
   * Trust in the collaborative scores of some listeners, of whom the numbers of plays, saves and picks are given: [tracks] where
   * it is the same for all, else [listeners × tracks].
   */
  trustOf(interactions: readonly number[]): Float32Array;
  /**
   * The list of one listener from their best candidates, found elsewhere.
   * @param best    `slate.length` of them, best first; fewer where there are fewer.
   * @param bestNew those released in the last 7 days, as many as are reserved a slot; read only where slots are reserved.
   * @param trust   in the collaborative score of each track, for this listener [tracks].
   */
  layOut(best: Uint32Array, bestNew: Uint32Array, heard: Uint32Array, trust: Float32Array, draw: Draw): BlendedSlate;
  /** The list of a listener of whom no score is known: the most played of late. */
  charts(heard: Uint32Array, draw: Draw): BlendedSlate;
}

/**
 * Lists against one state of the catalogue: candidates are the tracks that the listener has not heard;
 *
 *     score = trust · collaborative + (1 − trust) · audio, both and the result on one scale: see `blendScores`
 *
 * then slots are laid out, and spoilt where `degrade` says so. Where trust is 0 or 1 for all tracks the trusted scores rank as
 * they are. A list has `slate.length` tracks, fewer where there are fewer candidates. Ties go to the lower row. What is the
 * same for all listeners is computed here, once; memory is taken once and holds nothing between lists.
 */
export function createBlender(
  tracks: TrackEvidence,
  options: Pick<EngineOptions, 'blend' | 'slate' | 'degrade'>,
): Blender {
  const { length } = options.slate;
  const size = tracks.isNew.length;
  const ranking = rankingOf(options.blend);
  const recentPlays = Float32Array.from(tracks.recentPlays);
  const noTrust = new Float32Array(size);
  const candidates = candidateFinder(size);

  const trusts = (interactions: readonly number[]): Float32Array => {
    if (ranking.by === 'charts') return noTrust;
    const trust = new Float32Array(interactions.length * size);
    const evidence = { userInteractions: 0, trackPlays: 0, artistPlays: 0 };
    for (const [i, count] of interactions.entries()) {
      evidence.userInteractions = count;
      for (let track = 0; track < size; track++) {
        evidence.trackPlays = tracks.plays[track]!;
        evidence.artistPlays = tracks.artistPlays[track]!;
        trust[i * size + track] = ranking.trust(evidence);
      }
    }
    return trust;
  };
  const isPersonal = ranking.by === 'scores' && ranking.isPersonal;
  const sameTrust = isPersonal ? noTrust : trusts([0]);

  function finish(best: Uint32Array, bestNew: Uint32Array, heard: Uint32Array, trust: Float32Array, draw: Draw) {
    const slate = layOut(best, bestNew, options.slate, draw);
    const { randomSlots } = options.degrade;
    const isSpoilt = randomSlots > 0 ? spoil(slate.tracks, candidates(heard), randomSlots, draw) : undefined;
    let collaborative = 0;
    for (let position = 0; position < slate.tracks.length; position++) {
      if (!isSpoilt?.[position] && trust[slate.tracks[position]!]! > 0.5) collaborative += 1;
    }
    return { ...slate, collaborativeShare: slate.tracks.length === 0 ? 0 : collaborative / slate.tracks.length };
  }

  return {
    reads: ranking.by === 'charts' ? 'no scores' : isPersonal ? 'both scores' : readsWith(sameTrust),
    evidence: evidenceOf(tracks.plays),
    trustOf: (interactions) => (isPersonal ? trusts(interactions) : sameTrust),
    layOut: finish,
    charts(heard, draw) {
      const rows = candidates(heard);
      const isNew = (track: number): boolean => tracks.isNew[track] === 1;
      const best = selectBest(rows, recentPlays, length);
      return finish(best, selectBest(rows.filter(isNew), recentPlays, length), heard, noTrust, draw);
    },
  };
}

function readsWith(trust: Float32Array): Blender['reads'] {
  if (trust.every((share) => share === 1)) return 'collaborative scores';
  return trust.every((share) => share === 0) ? 'audio scores' : 'both scores';
}

/** The rows of all tracks but those heard, ascending; overwritten by the next answer. */
function candidateFinder(tracks: number): (heard: Uint32Array) => Uint32Array {
  const isOut = new Uint8Array(tracks);
  const rows = new Uint32Array(tracks);
  return (heard) => {
    for (const track of heard) isOut[track] = 1;
    let count = 0;
    for (let track = 0; track < tracks; track++) {
      rows[count] = track;
      count += 1 - isOut[track]!;
    }
    for (const track of heard) isOut[track] = 0;
    return rows.subarray(0, count);
  };
}
