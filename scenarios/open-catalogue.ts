import type { Catalogue, Listener, SoundAttributes, Track, Waveform } from '../engine/core/catalogue.ts';
import { type EventColumns, noTrack } from '../engine/core/events.ts';

/**
 * What the engine sees of a world's catalogue at any moment: listeners who have signed up, tracks that are out. It grows
 * as the clock moves and never shrinks; the sound of a track that is not out yet is refused.
 */
export class OpenCatalogue implements Catalogue {
  readonly listeners: Listener[] = [];
  readonly tracks: Track[] = [];
  readonly #world: Catalogue;

  constructor(world: Catalogue) {
    this.#world = world;
  }

  /** Lets in the first so many listeners and tracks. */
  admit(listenerCount: number, trackCount: number): void {
    for (const listener of this.#world.listeners.slice(this.listeners.length, listenerCount))
      this.listeners.push(listener);
    for (const track of this.#world.tracks.slice(this.tracks.length, trackCount)) this.tracks.push(track);
  }

  /** Lets in everybody and everything that events speak of: who signs up today, what comes out today. */
  admitFrom(events: EventColumns): void {
    let listeners = 0;
    let tracks = 0;
    for (let row = 0; row < events.length; row++) {
      listeners = Math.max(listeners, (events.user[row] ?? 0) + 1);
      const track = events.track[row] ?? noTrack;
      if (track !== noTrack) tracks = Math.max(tracks, track + 1);
    }
    this.admit(listeners, tracks);
  }

  waveform(track: number): Waveform {
    this.#checkOut(track);
    return this.#world.waveform(track);
  }

  annotation(track: number): SoundAttributes | undefined {
    this.#checkOut(track);
    return this.#world.annotation(track);
  }

  #checkOut(track: number): void {
    if (track >= this.tracks.length)
      throw new Error(`track ${track} is not out: the engine asked for its sound too early`);
  }
}
