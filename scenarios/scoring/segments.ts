import type { Catalogue } from '../../engine/core/catalogue.ts';
import type { Streams } from '../../engine/core/random.ts';
import { type SimTime, secondsPerDay } from '../../engine/core/time.ts';
import { type Segment, segments } from '../schema.ts';

const newUserDays = 3;
const newTrackDays = 7;
/** Most listeners of each kind whose lists are scored. */
export const panelSize = 2000;

/** Who and what belongs to which segment at one refresh: facts of sign-up and release that no arm can change. */
export interface Segmentation {
  /** Listeners and tracks that exist at the refresh are those with smaller indices. */
  readonly listenerCount: number;
  readonly trackCount: number;
  isNewUser(listener: number): boolean;
  isNewTrack(track: number): boolean;
}

/**
 * A listener is new for 3 days after sign-up, a track for 7 days after release, counted back from the refresh.
 * @param catalogue as the engine sees it at the refresh: it may grow afterwards.
 */
export function segmentsAt(refreshAt: SimTime, catalogue: Pick<Catalogue, 'listeners' | 'tracks'>): Segmentation {
  const listenerCount = catalogue.listeners.length;
  const trackCount = catalogue.tracks.length;
  return {
    listenerCount,
    trackCount,
    isNewUser: (listener) =>
      listener >= listenerCount || catalogue.listeners[listener]!.signedUpAt >= refreshAt - newUserDays * secondsPerDay,
    // What comes out during the day is new too, though the refresh did not know it.
    isNewTrack: (track) =>
      track >= trackCount || catalogue.tracks[track]!.releasedAt >= refreshAt - newTrackDays * secondsPerDay,
  };
}

/** Whether a pair counts in a segment, given which of the two is new. */
export function pairIsIn(segment: Segment, isNewUser: boolean, isNewTrack: boolean): boolean {
  switch (segment) {
    case 'all':
      return true;
    case 'newUser':
      return isNewUser;
    case 'newTrack':
      return isNewTrack;
    case 'newUserNewTrack':
      return isNewUser && isNewTrack;
    case 'warm':
      return !isNewUser && !isNewTrack;
  }
}

/** The listeners whose lists are scored, per segment, in index order. */
export interface Panel {
  /** Everybody on any of the panels. */
  readonly listeners: Uint32Array;
  /** Whether listener number i of `listeners` is on the panel of this segment. */
  isOn(segment: Segment, i: number): boolean;
}

/**
 * At most `size` listeners each of everybody, of the new and of the established. Who is chosen is keyed by the listener:
 * the same in every arm, and the same on every day that the listener belongs to the segment and there is room. A smaller
 * panel is part of a larger one.
 */
export function choosePanel(segmentation: Segmentation, streams: Streams, size = panelSize): Panel {
  const everybody = [...Array(segmentation.listenerCount).keys()];
  const priority = everybody.map((listener) => streams('panel', listener)());
  const pick = (group: number[]): Set<number> =>
    new Set(group.length <= size ? group : group.sort((a, b) => priority[a]! - priority[b]! || a - b).slice(0, size));
  const all = pick([...everybody]);
  const fresh = pick(everybody.filter((listener) => segmentation.isNewUser(listener)));
  const established = pick(everybody.filter((listener) => !segmentation.isNewUser(listener)));
  const listeners = Uint32Array.from(everybody.filter((u) => all.has(u) || fresh.has(u) || established.has(u)));
  const groupOf: Record<Segment, Set<number>> = {
    all,
    newTrack: all,
    newUser: fresh,
    newUserNewTrack: fresh,
    warm: established,
  };
  return { listeners, isOn: (segment, i) => groupOf[segment].has(listeners[i]!) };
}

/** A running mean per segment. */
export class SegmentMeans {
  readonly #sums = new Map<Segment, { sum: number; n: number }>(segments.map((s) => [s, { sum: 0, n: 0 }]));

  add(segment: Segment, value: number): void {
    const cell = this.#sums.get(segment);
    if (!cell) throw new Error(`no segment ${segment}`);
    cell.sum += value;
    cell.n += 1;
  }

  /** The segments that anything was added to. */
  *[Symbol.iterator](): Iterator<{ segment: Segment; value: number; n: number }> {
    for (const [segment, { sum, n }] of this.#sums) if (n > 0) yield { segment, value: sum / n, n };
  }
}
