import { below, type Draw } from '../core/random.ts';
import type { SlateOptions } from '../options.ts';

/** An ordered list of track rows and, for each position, the probability that the policy shows that track there. */
export interface Slate {
  readonly tracks: Uint32Array;
  readonly propensity: Float32Array;
}

/**
 * Lay out a list: every `slots`-th position goes to the best remaining new release while there are any, all others to the
 * best remaining track; then `epsilonSlots` positions, spread evenly, are filled by drawing without replacement from the
 * same tracks, and the rest closes up around them in the same manner.
 *
 * Each drawn position shows each of the C tracks of the list with probability 1/C exactly: its propensity. The other
 * positions follow without chance from what was drawn; theirs is 1.
 *
 * @param best    candidates, best first; at least `length` of them where there are that many.
 * @param bestNew candidates released in the last 7 days, best first; only read when `slots` > 0.
 * @param draw    `epsilonSlots` draws are taken.
 */
export function layOut(
  best: Uint32Array,
  bestNew: Uint32Array,
  options: Pick<SlateOptions, 'length' | 'slots' | 'epsilonSlots'>,
  draw: Draw,
): Slate {
  const length = Math.min(options.length, best.length);
  if (options.slots === 0 && options.epsilonSlots === 0) {
    return { tracks: best.slice(0, length), propensity: new Float32Array(length).fill(1) };
  }
  const tracks = fill(new Map(), length, best, bestNew, options.slots);
  const propensity = new Float32Array(length).fill(1);
  const drawn = Math.min(options.epsilonSlots, length);
  if (drawn === 0) return { tracks, propensity };

  const pool = tracks.slice();
  const fixed = new Map<number, number>();
  for (let i = 0; i < drawn; i++) {
    const from = i + below(length - i, draw);
    const track = pool[from]!;
    pool[from] = pool[i]!;
    const position = Math.floor(((i + 0.5) * length) / drawn);
    fixed.set(position, track);
    propensity[position] = 1 / length;
  }
  const listed = new Set(tracks);
  const isListed = (track: number): boolean => listed.has(track);
  return {
    tracks: fill(fixed, length, orderedWithin(best, bestNew, tracks), bestNew.filter(isListed), options.slots),
    propensity,
  };
}

/**
 * Spoil a list on purpose: each position independently, with probability `share`, holds a uniformly drawn track that is
 * not in the list instead. Quality falls by a known cause, which shows whether a gate notices.
 *
 * @param unheard the rows to draw from; those in the list are passed over.
 * @param draw    one draw per position and one more per spoilt position.
 * @returns which positions were spoilt [positions], 1 or 0; `tracks` is changed in place.
 */
export function spoil(tracks: Uint32Array, unheard: Uint32Array, share: number, draw: Draw): Uint8Array {
  const isSpoilt = new Uint8Array(tracks.length);
  if (share === 0) return isSpoilt;
  const listed = new Set(tracks);
  const pool = unheard.filter((track) => !listed.has(track));
  let left = pool.length;
  for (let position = 0; position < tracks.length; position++) {
    if (draw() >= share || left === 0) continue;
    const from = below(left, draw);
    tracks[position] = pool[from]!;
    pool[from] = pool[--left]!;
    isSpoilt[position] = 1;
  }
  return isSpoilt;
}

/** Positions without a fixed track are filled in order; every `slots`-th from the new releases while they last. */
function fill(
  fixed: ReadonlyMap<number, number>,
  length: number,
  best: Uint32Array,
  bestNew: Uint32Array,
  slots: number,
): Uint32Array {
  const tracks = new Uint32Array(length);
  const taken = new Set(fixed.values());
  let next = 0;
  let nextNew = 0;
  for (let position = 0; position < length; position++) {
    const isReserved = slots > 0 && (position + 1) % slots === 0;
    let track = fixed.get(position);
    if (track === undefined && isReserved) {
      while (nextNew < bestNew.length && taken.has(bestNew[nextNew]!)) nextNew += 1;
      track = bestNew[nextNew];
    }
    if (track === undefined) {
      while (taken.has(best[next]!)) next += 1;
      track = best[next]!;
    }
    taken.add(track);
    tracks[position] = track;
  }
  return tracks;
}

/** The tracks of a list, best first: those of `best`, then new releases that only a reserved position brought in. */
function orderedWithin(best: Uint32Array, bestNew: Uint32Array, tracks: Uint32Array): Uint32Array {
  const listed = new Set(tracks);
  const ordered = new Set<number>();
  for (const track of best) if (listed.has(track)) ordered.add(track);
  for (const track of bestNew) if (listed.has(track)) ordered.add(track);
  return Uint32Array.from(ordered);
}
