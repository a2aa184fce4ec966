import { type BlendedSlate, blendScratch, blendSlate, type TrackEvidence } from './blend/blend-slate.ts';
import { createColdSlates } from './cold-slate.ts';
import type { Catalogue } from './core/catalogue.ts';
import { rowOf } from './core/matrix.ts';
import type { Draw, Streams } from './core/random.ts';
import { secondsPerDay } from './core/time.ts';
import type { Generation } from './generation.ts';
import type { EngineOptions } from './options.ts';
import { scoreAll } from './retrieval/top-n.ts';

/** A track counts as new for so many days after its release. */
const newDays = 7;

/** One listener as a list is made for them. */
export interface Asker {
  readonly listener: number;
  /** x [k]: from training or folded in; all zeros when nothing is known. */
  readonly factor: Float32Array;
  readonly heard: Uint32Array;
  /** Plays, saves and picks so far. */
  readonly interactions: number;
}

/** Makes lists against one generation. */
export interface SlateMaker {
  /** The list of a listener whom the generation knows. */
  make(listener: number): BlendedSlate;
  /** The list of anybody with a factor. */
  makeFor(asker: Asker, draw: Draw): BlendedSlate;
}

/** @returns lists are valid until the next call only in their scratch, never in what is returned. */
export function createSlateMaker(
  generation: Generation,
  catalogue: Catalogue,
  options: EngineOptions,
  streams: Streams,
): SlateMaker {
  const { users, tracks, sound, evidence } = generation;
  const known = trackEvidence(generation, catalogue);
  const scratch = blendScratch(tracks.rows);
  const collaborative = new Float32Array(tracks.rows);
  const audio = new Float32Array(tracks.rows);
  const coldSlate = createColdSlates(generation, catalogue, options.slate);
  const makeFor = ({ listener, factor, heard, interactions }: Asker, draw: Draw): BlendedSlate => {
    if (factor.every((x) => x === 0)) return { ...coldSlate(listener, heard, draw), collaborativeShare: 0 };
    scoreAll(factor, tracks, collaborative);
    if (sound) scoreAll(factor, sound.embeddings, audio);
    return blendSlate(
      { collaborative, audio: sound ? audio : undefined, heard, interactions },
      known,
      options,
      draw,
      scratch,
    );
  };
  return {
    makeFor,
    make: (listener) =>
      makeFor(
        {
          listener,
          factor: rowOf(users, listener),
          heard: evidence.heard.indices.subarray(evidence.heard.indptr[listener], evidence.heard.indptr[listener + 1]),
          interactions: evidence.interactions[listener] ?? 0,
        },
        streams('slate', listener, generation.number),
      ),
  };
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
