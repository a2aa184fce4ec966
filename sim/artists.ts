import type { Streams } from '../engine/core/random.ts';
import { bell } from './exact.ts';
import type { Releases } from './releases.ts';

/** What is true of artists and of how famous their tracks are. Hidden from the engine. */
export interface Artists {
  /** One per artist. */
  readonly scene: Uint8Array;
  /** One per track, mean 0, variance 1: half is the artist's name, half the track's own luck. */
  readonly fame: Float32Array;
}

export function drawArtists(releases: Releases, scenes: number, streams: Streams): Artists {
  const scene = new Uint8Array(releases.artists);
  const name = new Float64Array(releases.artists);
  for (let a = 0; a < releases.artists; a++) {
    const draw = streams('artist', a);
    scene[a] = Math.floor(draw() * scenes);
    name[a] = bell(draw);
  }
  const half = Math.sqrt(0.5);
  const fame = Float32Array.from(
    releases.artist,
    (artist, t) => half * name[artist]! + half * bell(streams('fame', t)),
  );
  return { scene, fame };
}
