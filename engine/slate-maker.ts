import type { Kernel, TrackIndex, TrackScores } from './als/kernel.ts';
import { withArtistEvidence } from './blend/artist-evidence.ts';
import { type BlendedSlate, createBlender, type TrackEvidence } from './blend/blend-slate.ts';
import { createColdSlates } from './cold-slate.ts';
import type { Catalogue } from './core/catalogue.ts';
import { type Matrix, rowOf, zeros } from './core/matrix.ts';
import type { Draw, Streams } from './core/random.ts';
import { secondsPerDay } from './core/time.ts';
import type { Generation } from './generation.ts';
import type { SparsePattern } from './interactions/csr.ts';
import type { EngineOptions } from './options.ts';
import { prepareRetrieval } from './retrieval/retrieve.ts';
import { selectBest } from './retrieval/select.ts';
import { aboutListener, listOf, type Ranked, type TopBlock } from './retrieval/top-n.ts';

/** A track counts as new for so many days after its release. */
const newDays = 7;

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
  /** Askers to prepare at once: what is held for them, two 4-byte scores for each track, stays below 256 MB. */
  readonly blockSize: number;
  /**
   * Scores tracks for some askers at once, off the main thread.
   * @returns makes the list of asker i; every list once, in any order.
   */
  prepare(askers: readonly Asker[]): Promise<(i: number) => BlendedSlate>;
}

/** Where one side's scores decide alone, lists are retrieved by them; where both have a say, every track is scored twice. */
export async function createSlateMaker(
  generation: Generation,
  catalogue: Catalogue,
  options: EngineOptions,
  kernel: Kernel,
): Promise<SlateMaker> {
  const { tracks } = generation;
  const sound = contentVectors(generation, catalogue, options.blend);
  const evidence = trackEvidence(generation, catalogue);
  const blender = createBlender(evidence, options);
  const coldSlate = createColdSlates(generation, catalogue, options.slate);
  const { length, slots } = options.slate;
  const reserved = slots > 0 ? Math.ceil(length / slots) : 0;
  const newTracks = Uint32Array.from(evidence.isNew.keys()).filter((track) => evidence.isNew[track] === 1);
  const ofAsker = <A extends Float32Array>(values: A, i: number) =>
    values.subarray(i * tracks.rows, (i + 1) * tracks.rows);

  const mostAskers = Math.max(1, Math.min(mostAtOnce, Math.floor(mostScores / Math.max(1, tracks.rows))));
  /** Memory of scores that nobody needs any more: a block is worked on while others are prepared. */
  const spare: ReturnType<typeof scoreMemory>[] = [];

  /** By inner products with one kind of vectors. */
  async function retrieved(askers: readonly Asker[], index: TrackIndex, trust: Float32Array): Promise<Found> {
    const X = factorsOf(askers, tracks.cols);
    const heard = heardOf(askers, tracks.rows);
    const best = await index.topN(X, length, { heard });
    const bestNew = reserved > 0 ? await index.topN(X, reserved, { heard, allow: evidence.isNew }) : undefined;
    return { best, bestNew: (i) => (bestNew ? listOf(bestNew, i).rows : nothing), trust: () => trust };
  }

  /** By two scores of every track. */
  async function blended(askers: readonly Asker[], byFactor: TrackScores, bySound: TrackScores): Promise<Found> {
    const X = factorsOf(askers, tracks.cols);
    const memory = spare.pop() ?? scoreMemory(mostAskers * tracks.rows);
    const scores = await byFactor.of(X, memory.collaborative.subarray(0, X.rows * tracks.rows));
    const audio = await bySound.of(X, memory.audio.subarray(0, X.rows * tracks.rows));
    const trust = blender.trustOf(askers.map(({ interactions }) => interactions));
    const blending = { trust, evidence: blender.evidence };
    const best = await kernel.blendBlock(scores, audio, blending, length, heardOf(askers, tracks.rows));
    const bestNew = askers.map((_, i) => {
      const own = ofAsker(scores, i);
      const unheard = reserved > 0 ? newTracks.filter((track) => own[track]! > Number.NEGATIVE_INFINITY) : nothing;
      return selectBest(unheard, own, reserved);
    });
    spare.push(memory);
    return {
      best,
      bestNew: (i) => bestNew[i]!,
      trust: (i) => (trust.length === tracks.rows ? trust : ofAsker(trust, i)),
    };
  }

  const find = await finder();
  /** How lists are found; undefined where they are the charts. */
  async function finder(): Promise<((askers: readonly Asker[]) => Promise<Found>) | undefined> {
    if (blender.reads === 'no scores') return undefined;
    if (sound && blender.reads === 'both scores') {
      const byFactor = await kernel.prepareScores(tracks);
      const bySound = await kernel.prepareScores(sound);
      return (askers) => blended(askers, byFactor, bySound);
    }
    const bySound = sound && blender.reads === 'audio scores';
    const index = await prepareRetrieval(kernel, generation.users, bySound ? sound : tracks);
    const trust = new Float32Array(tracks.rows).fill(bySound ? 0 : 1);
    return (askers) => retrieved(askers, index, trust);
  }

  return {
    blockSize: mostAskers,
    async prepare(askers) {
      const found = await find?.(askers).catch((error) => {
        throw aboutListener(error, (i) => askers[i]!.listener);
      });
      return (i) => {
        const { listener, factor, heard, draw } = askers[i]!;
        if (!isKnown(factor)) return { ...coldSlate(listener, heard, draw), collaborativeShare: 0 };
        if (!found || saysNothing(listOf(found.best, i))) return blender.charts(heard, draw);
        return blender.layOut(listOf(found.best, i).rows, found.bestNew(i), heard, found.trust(i), draw);
      };
    },
  };
}

/** What a search brought back for some askers, by their number. */
interface Found {
  readonly best: TopBlock;
  /** The best tracks released in the last 7 days, as many as are reserved a slot. */
  bestNew(i: number): Uint32Array;
  /** In the collaborative score of each track [tracks]. */
  trust(i: number): Float32Array;
}

/** Whether all that is listed scores 0, which is the order of the rows and nothing else. */
const saysNothing = ({ scores }: Ranked): boolean => scores[0] === 0 && scores.at(-1) === 0;

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

const scoreMemory = (scores: number) => ({
  collaborative: new Float32Array(scores),
  audio: new Float32Array(scores),
});

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
