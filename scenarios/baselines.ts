import { listensToSound } from '../engine/blend/trust.ts';
import type { Draw } from '../engine/core/random.ts';
import { below, type Streams } from '../engine/core/random.ts';
import { type RankingBound, rankingBounds, type Scenario } from './schema.ts';
import type { HeardLists } from './scoring/heard.ts';
import { longest, type OracleLists, type Rankings } from './scoring/ranking-figures.ts';
import type { Panel } from './scoring/segments.ts';

/** The state of an arm that a bound is scored on. */
export interface BoundState extends HeardLists {
  readonly day: number;
  readonly panel: Panel;
  readonly trackCount: number;
  readonly oracle: OracleLists;
  /** Plays of each track so far, in this arm. */
  readonly plays: Float64Array;
}

/** Bounds are scored once: on the state of the first arm, but `trueSound` on that of the first arm that listens to sound. */
export function boundsByArm({ arms, bounds }: Scenario): ReadonlyMap<string, readonly RankingBound[]> {
  const first = Object.keys(arms)[0];
  const listening = Object.keys(arms).find((arm) => listensToSound(arms[arm]!.blend));
  return new Map(
    Object.keys(arms).map((arm) => [
      arm,
      rankingBounds.filter((bound) => bounds.includes(bound) && arm === (bound === 'trueSound' ? listening : first)),
    ]),
  );
}

/** What a bound would serve the panel: a ranking without heard tracks, never fed back into listening. */
export function rankBound(bound: Exclude<RankingBound, 'trueSound'>, state: BoundState, streams: Streams): Rankings {
  switch (bound) {
    case 'oracle':
      return state.oracle.tracks.map((tracks) => tracks.subarray(0, longest));
    case 'popular': {
      const byPlays = [...Array(state.trackCount).keys()].sort(
        (a, b) => (state.plays[b] ?? 0) - (state.plays[a] ?? 0) || a - b,
      );
      return unheardOf(byPlays, state);
    }
    case 'random':
      return [...state.panel.listeners].map((listener) => {
        const heard = state.heardBy(listener).filter((track) => track < state.trackCount);
        const draw = streams('random bound', listener, state.day);
        return sampleWithout(state.trackCount - heard.length, draw).map((n) => nthUnheard(n, heard));
      });
  }
}

function unheardOf(order: readonly number[], state: BoundState): Rankings {
  return [...state.panel.listeners].map((listener) => {
    const ranking = new Uint32Array(Math.min(longest, order.length));
    let n = 0;
    for (const track of order) {
      if (n === ranking.length) break;
      if (!state.hasHeard(listener, track)) ranking[n++] = track;
    }
    return ranking.slice(0, n);
  });
}

/**
 * {@link longest} numbers below n without replacement, uniformly: the head of a Fisher–Yates shuffle of 0 … n − 1, of which only
 * what was moved is written down.
 */
function sampleWithout(n: number, draw: Draw): Uint32Array {
  const moved = new Map<number, number>();
  return Uint32Array.from({ length: Math.min(longest, n) }, (_, i) => {
    const j = i + below(n - i, draw);
    const drawn = moved.get(j) ?? j;
    moved.set(j, moved.get(i) ?? i);
    return drawn;
  });
}

/** The n-th track, from 0, that is not among `heard`, which is ascending. */
function nthUnheard(n: number, heard: Uint32Array): number {
  // heard[i] − i unheard tracks come before heard[i].
  let low = 0;
  let high = heard.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((heard[middle] ?? 0) - middle <= n) low = middle + 1;
    else high = middle;
  }
  return n + low;
}
