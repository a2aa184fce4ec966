import type { ArtistId, TrackId, UserId } from './ids.ts';
import type { SimTime } from './time.ts';

/** What anybody may know about a track. How it is loved is not in here. */
export interface Track {
  readonly id: TrackId;
  readonly artist: ArtistId;
  readonly releasedAt: SimTime;
  readonly durationMs: number;
}

/** What the service knows about a listener who has signed up. */
export interface Listener {
  readonly id: UserId;
  readonly signedUpAt: SimTime;
  /** Small whole number: the market that charts are made for. */
  readonly region: number;
}

/** What an editor wrote down about the sound of a track; only a share of the catalogue is annotated. */
export interface SoundAttributes {
  /** Beats per minute, > 0. */
  readonly tempoBpm: number;
  /** 0–23: tonic pitch class (C = 0) · 2 + (minor ? 1 : 0). */
  readonly key: number;
  /** 0 calm – 1 intense. */
  readonly energy: number;
  /** Each 0–1: brightness, envelope (plucked 0 – swelling 1), odd harmonics only, vibrato and tremolo. */
  readonly timbre: readonly [brightness: number, envelope: number, oddEven: number, modulation: number];
}

/** The waveform of a track: mono samples in [-1, 1] at 8 kHz, 49,152 of them (6.144 s). */
export type Waveform = Float32Array;
export const sampleRateHz = 8000;
export const waveformSamples = 49_152;

/**
 * Everything about listeners and tracks that the engine may see: the wall between the world and the recommender.
 * Lists only grow; the index of a listener or track never changes.
 */
export interface Catalogue {
  readonly listeners: readonly Listener[];
  readonly tracks: readonly Track[];
  /** The sound of a track; asked for only once it is released. */
  waveform(track: number): Waveform;
  /** What an editor noted, or undefined for most of the catalogue. */
  annotation(track: number): SoundAttributes | undefined;
}
