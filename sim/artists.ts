import type { Streams } from '../engine/core/random.ts';
import { columnOf } from './columns.ts';
import { bell } from './exact.ts';
import type { Releases } from './releases.ts';
import { inUnits } from './units.ts';

/** What is true of artists and of how famous their tracks are. Hidden from the engine. */
export interface Artists {
  /** One per artist. */
  readonly scene: Uint8Array;
  /** The artist's scene, one per track. */
  readonly trackScene: Uint8Array;
  /** One per track in 1/4096, mean 0, variance 1: half is the artist's name, half the track's own luck. */
  readonly fame: Int16Array;
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
  const tracks = releases.artist.length;
  const trackScene = columnOf('uint8', tracks);
  const fame = columnOf('int16', tracks);
  for (let t = 0; t < tracks; t++) {
    const artist = releases.artist[t]!;
    trackScene[t] = scene[artist]!;
    fame[t] = inUnits(half * (name[artist]! + bell(streams('fame', t))));
  }
  return { scene, trackScene, fame };
}
