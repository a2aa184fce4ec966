import type { SoundAttributes } from '../engine/core/catalogue.ts';
import type { Draw, Streams } from '../engine/core/random.ts';
import { bell } from './exact.ts';
import type { Releases } from './releases.ts';

/** How every track truly sounds: one row per track. Hidden, but for the annotated share and what the waveform tells. */
export interface Sounds {
  readonly tempoBpm: Float32Array;
  /** Tonic · 2 + minor, as in {@link SoundAttributes}. */
  readonly key: Uint8Array;
  readonly energy: Float32Array;
  /** Row-major [tracks × 4]: brightness, envelope, oddEven, modulation. */
  readonly timbre: Float32Array;
}

/** Sounds that artists have in common; which one is independent of the scene, so that the dial for the sound is exact. */
const styleCount = 10;
/** Of the variance of every attribute: style, artist, track. The three add up to 1. Set by hand. */
const styleShare = 0.4;
const artistShare = 0.35;
const trackShare = 0.25;

/** Tempo, energy and timbre as standard normal-ish coordinates; the key has none. */
const coordinates = 6;

export const slowestBpm = 60;
export const fastestBpm = 190;

/** Draw the sound of every track around its artist's, and the artist's around a style's. */
export function drawSounds(releases: Releases, streams: Streams): Sounds {
  const tracks = releases.artist.length;
  const sounds: Sounds = {
    tempoBpm: new Float32Array(tracks),
    key: new Uint8Array(tracks),
    energy: new Float32Array(tracks),
    timbre: new Float32Array(tracks * 4),
  };
  const styles = Array.from({ length: styleCount }, (_, s) => bells(streams('style', s)));
  const artists = Array.from({ length: releases.artists }, (_, a) => {
    const draw = streams('artist-sound', a);
    const style = styles[Math.floor(draw() * styleCount)]!;
    return { centre: mix(style, bells(draw), styleShare, artistShare), minorShare: draw() };
  });
  for (let t = 0; t < tracks; t++) {
    const artist = artists[releases.artist[t]!]!;
    const draw = streams('track-sound', t);
    const own = bells(draw);
    const z = artist.centre.map((value, c) => value + Math.sqrt(trackShare) * own[c]!);
    sounds.tempoBpm[t] = between(112 + 26 * z[0]!, slowestBpm, fastestBpm);
    sounds.energy[t] = between(0.5 + 0.24 * z[1]!, 0, 1);
    for (let c = 0; c < 4; c++) sounds.timbre[t * 4 + c] = between(0.5 + 0.24 * z[2 + c]!, 0, 1);
    sounds.key[t] = 2 * Math.floor(draw() * 12) + (draw() < 0.2 + 0.6 * artist.minorShare ? 1 : 0);
  }
  return sounds;
}

/** The true sound of one track. */
export const soundOf = (sounds: Sounds, track: number): SoundAttributes => ({
  tempoBpm: sounds.tempoBpm[track]!,
  key: sounds.key[track]!,
  energy: sounds.energy[track]!,
  timbre: [
    sounds.timbre[track * 4]!,
    sounds.timbre[track * 4 + 1]!,
    sounds.timbre[track * 4 + 2]!,
    sounds.timbre[track * 4 + 3]!,
  ],
});

const bells = (draw: Draw): number[] => Array.from({ length: coordinates }, () => bell(draw));

const mix = (a: readonly number[], b: readonly number[], shareA: number, shareB: number): number[] =>
  a.map((value, c) => Math.sqrt(shareA) * value + Math.sqrt(shareB) * b[c]!);

const between = (value: number, low: number, high: number): number => Math.min(high, Math.max(low, value));
