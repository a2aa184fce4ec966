import { selectBest } from '../../engine/retrieval/select.ts';
import type { Truth } from '../../sim/truth.ts';

/** What a listener truly likes best, best first; ties by index. */
export interface Favourites {
  readonly tracks: Uint32Array;
  /** u(listener, track) of each. */
  readonly utilities: Float64Array;
}

/**
 * The truly best tracks of every listener, of all that ever come out in the run. Where taste does not drift they are ranked
 * once for all nights and arms of a world, and a night only passes over what is not out yet or was heard. 12 bytes a
 * listener and track ranked.
 */
export class TrueFavourites {
  readonly #truth: Pick<Truth, 'utilities'>;
  readonly #depth: number;
  readonly #known = new Map<number, Favourites>();
  readonly #utilities: Float64Array;
  /** Every track. */
  readonly #tracks: Uint32Array;

  /**
   * @param trackCount tracks that are ranked: all that ever come out.
   * @param depth      how many are ranked at first; a listener of whom more are asked for has twice as many ranked.
   */
  constructor(truth: Pick<Truth, 'utilities'>, trackCount: number, depth = 512) {
    this.#truth = truth;
    this.#depth = depth;
    this.#utilities = new Float64Array(trackCount);
    this.#tracks = Uint32Array.from(this.#utilities.keys());
  }

  /** The first `length` favourites that `isOpen` lets through; fewer where there are fewer. */
  best(listener: number, length: number, isOpen: (track: number) => boolean): Favourites {
    for (;;) {
      const { tracks, utilities } = this.#known.get(listener) ?? this.#rank(listener, this.#depth);
      const places: number[] = [];
      for (let place = 0; place < tracks.length && places.length < length; place++) {
        if (isOpen(tracks[place]!)) places.push(place);
      }
      if (places.length === length || tracks.length === this.#utilities.length) {
        return {
          tracks: Uint32Array.from(places, (place) => tracks[place]!),
          utilities: Float64Array.from(places, (place) => utilities[place]!),
        };
      }
      this.#rank(listener, 2 * tracks.length);
    }
  }

  /** Ranks the `depth` best tracks of a listener and keeps them. */
  #rank(listener: number, depth: number): Favourites {
    const all = this.#utilities;
    this.#truth.utilities(listener, all.length, all);
    const tracks = selectBest(this.#tracks, all, depth);
    const favourites = { tracks, utilities: Float64Array.from(tracks, (track) => all[track]!) };
    this.#known.set(listener, favourites);
    return favourites;
  }
}
