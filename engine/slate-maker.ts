import type { Kernel, TrackIndex } from './als/kernel.ts';
import { withArtistEvidence } from './blend/artist-evidence.ts';
import { type BlendedSlate, createBlender, type TrackEvidence } from './blend/blend-slate.ts';
import { type BlendThread, isDrawless } from './blend/blend-thread.ts';
import { createColdSlates } from './cold-slate.ts';
import type { Catalogue } from './core/catalogue.ts';
import { type Matrix, rowOf, zeros } from './core/matrix.ts';
import type { Draw, Streams } from './core/random.ts';
import { secondsPerDay } from './core/time.ts';
import type { Generation } from './generation.ts';
import type { SparsePattern } from './interactions/csr.ts';
import type { EngineOptions } from './options.ts';
import { prepareRetrieval } from './retrieval/retrieve.ts';
import { aboutListener, listOf, scoreAll } from './retrieval/top-n.ts';

/** A track counts as new for so many days after its release. */
const newDays = 7;

/** Below so many pairs of listener and track to blend at once, another thread would cost more than it saves. */
const worthThread = 1e6;

/** Of the lists of a large block. */
const shareHere = 0.4;

/** One listener as a list is made for them. */
export interface Asker {
  readonly listener: number;
  /** x [k]: from training or folded in; all zeros when nothing is known. */
  readonly factor: Float32Array;
  /** Rows of tracks played or skipped, ascending. */
  readonly heard: Uint32Array;
  /** Plays, saves and picks so far. */
  readonly interactions: number;
  readonly draw: Draw;
}

/** A listener whom the generation knows, as it asks for the list of the night. */
export function knownAsker({ number, users, evidence }: Generation, listener: number, streams: Streams): Asker {
  const { indptr, indices } = evidence.heard;
  return {
    listener,
    factor: rowOf(users, listener),
    heard: indices.subarray(indptr[listener], indptr[listener + 1]),
    interactions: evidence.interactions[listener] ?? 0,
    draw: streams('slate', listener, number),
  };
}

/** Makes lists against one generation. */
export interface SlateMaker {
  /** Askers to prepare at once: what is held for them, up to four 4-byte scores for each track, stays below 256 MB. */
  readonly blockSize: number;
  /**
   * Scores tracks for some askers at once, off the main thread.
   * @returns makes the list of asker i; every list once, in any order.
   */
  prepare(askers: readonly Asker[]): Promise<(i: number) => BlendedSlate>;
}

/**
 * Where the collaborative scores decide alone, lists are retrieved; where sound has a say, every track is scored.
 *
 * @param fewestPairs of listener and track in a block that `thread` has a part in.
 */
export async function createSlateMaker(
  generation: Generation,
  catalogue: Catalogue,
  options: EngineOptions,
  kernel: Kernel,
  thread: BlendThread,
  fewestPairs = worthThread,
): Promise<SlateMaker> {
  const { tracks } = generation;
  const sound = contentVectors(generation, catalogue, options.blend);
  const evidence = trackEvidence(generation, catalogue);
  const blender = createBlender(evidence, options);
  const coldSlate = createColdSlates(generation, catalogue, options.slate);
  const { length, slots } = options.slate;

  type List = (i: number, asker: Asker) => BlendedSlate;

  async function retrieved(askers: readonly Asker[], index: TrackIndex): Promise<List> {
    const X = factorsOf(askers, tracks.cols);
    const heard = heardOf(askers, tracks.rows);
    const best = await index.topN(X, length, { heard });
    const bestNew =
      slots > 0 ? await index.topN(X, Math.ceil(length / slots), { heard, allow: evidence.isNew }) : undefined;
    return (i, asker) => {
      const { rows, scores } = listOf(best, i);
      // Perhaps every candidate scores 0: that is for the blender to see.
      if (scores[0] === 0) {
        const collaborative = scoreAll(asker.factor, tracks, new Float32Array(tracks.rows));
        return blender.blend({ ...asker, collaborative, audio: undefined }, asker.draw);
      }
      return blender.layOut(rows, bestNew ? listOf(bestNew, i).rows : nothing, asker.heard, asker.draw);
    };
  }

  const { blend, slate, degrade } = options;
  async function scored(askers: readonly Asker[]): Promise<List> {
    const X = factorsOf(askers, tracks.cols);
    const [collaborative, audio] = await Promise.all([
      kernel.scoreBlock(X, tracks),
      sound && kernel.scoreBlock(X, sound),
    ]);
    const scoresOf = (block: Float32Array, i: number): Float32Array =>
      block.subarray(i * tracks.rows, (i + 1) * tracks.rows);
    const list: List = (i, asker) =>
      blender.blend(
        { ...asker, collaborative: scoresOf(collaborative, i), audio: audio && scoresOf(audio, i) },
        asker.draw,
      );
    if (!audio || !isDrawless(options) || askers.length * tracks.rows < fewestPairs) return list;
    // More than half of a large block is blended on another thread while the block before is worked on here: lists are
    // written here too.
    const here = Math.floor(askers.length * shareHere);
    const there = await thread.blend({
      tracks: evidence,
      options: { blend, slate, degrade },
      collaborative: collaborative.slice(here * tracks.rows),
      audio: audio.slice(here * tracks.rows),
      heard: askers.slice(here).map(({ heard }) => heard.slice()),
      interactions: askers.slice(here).map(({ interactions }) => interactions),
    });
    return (i, asker) => (i < here ? list(i, asker) : there[i - here]!);
  }

  const charted: List = (_, asker) =>
    blender.blend({ ...asker, collaborative: new Float32Array(0), audio: undefined }, asker.draw);

  const index =
    blender.reads === 'collaborative scores' || (blender.reads === 'both scores' && !sound)
      ? await prepareRetrieval(kernel, generation.users, tracks)
      : undefined;
  const listsFor = async (askers: readonly Asker[]): Promise<List> => {
    if (blender.reads === 'no scores') return charted;
    return index ? retrieved(askers, index) : scored(askers);
  };
  return {
    blockSize: Math.max(1, Math.min(mostAtOnce, Math.floor(mostScores / Math.max(1, tracks.rows)))),
    async prepare(askers) {
      const list = await listsFor(askers).catch((error) => {
        throw aboutListener(error, (i) => askers[i]!.listener);
      });
      return (i) => {
        const asker = askers[i]!;
        if (isKnown(asker.factor)) return list(i, asker);
        return { ...coldSlate(asker.listener, asker.heard, asker.draw), collaborativeShare: 0 };
      };
    },
  };
}

/** What the content of each track says of its factor [tracks × k]; undefined where nobody has listened. */
function contentVectors(
  { tracks, sound, evidence }: Generation,
  catalogue: Catalogue,
  blend: EngineOptions['blend'],
): Matrix | undefined {
  if (!sound || blend.kind !== 'withArtist') return sound?.embeddings;
  return withArtistEvidence({
    factors: tracks,
    fans: evidence.fans,
    embeddings: sound.embeddings,
    isTaught: sound.isTaught,
    artists: Array.from({ length: tracks.rows }, (_, track) => trackOf(catalogue, track).artist),
  }).vectors;
}

const mostAtOnce = 512;
const mostScores = 2 ** 24;

const nothing = new Uint32Array(0);

function isKnown(factor: Float32Array): boolean {
  for (let i = 0; i < factor.length; i++) if (factor[i] !== 0) return true;
  return false;
}

/** X [askers × k]. */
function factorsOf(askers: readonly Asker[], k: number): Matrix {
  const X = zeros(askers.length, k);
  for (const [i, { factor }] of askers.entries()) rowOf(X, i).set(factor);
  return X;
}

/** What each asker has heard [askers × tracks]. */
function heardOf(askers: readonly Asker[], tracks: number): SparsePattern {
  const indptr = new Uint32Array(askers.length + 1);
  for (const [i, { heard }] of askers.entries()) indptr[i + 1] = indptr[i]! + heard.length;
  const indices = new Uint32Array(indptr[askers.length]!);
  for (const [i, { heard }] of askers.entries()) indices.set(heard, indptr[i]);
  return { rows: askers.length, cols: tracks, indptr, indices };
}

function trackEvidence({ tracks, evidence, builtAt }: Generation, catalogue: Catalogue): TrackEvidence {
  const isNew = new Uint8Array(tracks.rows);
  const artistPlays = new Float64Array(tracks.rows);
  const playsOf = new Map<string, number>();
  for (let track = 0; track < tracks.rows; track++) {
    const { artist, releasedAt } = trackOf(catalogue, track);
    isNew[track] = releasedAt >= builtAt - newDays * secondsPerDay ? 1 : 0;
    playsOf.set(artist, (playsOf.get(artist) ?? 0) + (evidence.plays[track] ?? 0));
  }
  for (let track = 0; track < tracks.rows; track++)
    artistPlays[track] = playsOf.get(trackOf(catalogue, track).artist) ?? 0;
  return {
    isReleased: new Uint8Array(tracks.rows).fill(1), // the catalogue holds nothing else
    isNew,
    plays: evidence.plays,
    artistPlays,
    recentPlays: evidence.recentPlays,
  };
}

function trackOf(catalogue: Catalogue, track: number) {
  const found = catalogue.tracks[track];
  if (!found) throw new Error(`no track ${track} in the catalogue`);
  return found;
}
