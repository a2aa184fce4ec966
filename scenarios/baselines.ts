import type { Draw } from '../engine/core/random.ts';
import { below, type Streams } from '../engine/core/random.ts';
import type { BoundName } from './schema.ts';
import type { OracleLists, Rankings } from './scoring/ranking-figures.ts';
import type { Panel } from './scoring/segments.ts';

/** The state of an arm that a bound is scored on. */
export interface BoundState {
  readonly day: number;
  readonly panel: Panel;
  readonly trackCount: number;
  readonly oracle: OracleLists;
  /** Plays of each track so far, in this arm. */
  readonly plays: Float64Array;
  hasHeard(listener: number, track: number): boolean;
}

/** As deep as any score looks, whatever the arms' lists hold. */
const length = 200;

/** What a bound would serve the panel: a ranking without heard tracks, never fed back into listening. */
export function rankBound(bound: BoundName, state: BoundState, streams: Streams): Rankings {
  switch (bound) {
    case 'oracle':
      return state.oracle.tracks.map((tracks) => tracks.subarray(0, length));
    case 'popular': {
      const byPlays = [...Array(state.trackCount).keys()].sort(
        (a, b) => (state.plays[b] ?? 0) - (state.plays[a] ?? 0) || a - b,
      );
      return unheardOf(byPlays, state);
    }
    case 'random':
      return [...state.panel.listeners].map((listener) => {
        const unheard = range(state.trackCount).filter((track) => !state.hasHeard(listener, track));
        return sampleWithout(unheard, streams('random bound', listener, state.day));
      });
  }
}

function unheardOf(order: readonly number[], state: BoundState): Rankings {
  return [...state.panel.listeners].map((listener) => {
    const ranking = new Uint32Array(Math.min(length, order.length));
    let n = 0;
    for (const track of order) {
      if (n === ranking.length) break;
      if (!state.hasHeard(listener, track)) ranking[n++] = track;
    }
    return ranking.slice(0, n);
  });
}

/** `length` items without replacement, uniformly: the head of a Fisher–Yates shuffle. Reorders `items`. */
function sampleWithout(items: Uint32Array, draw: Draw): Uint32Array {
  const n = Math.min(length, items.length);
  for (let i = 0; i < n; i++) {
    const j = i + below(items.length - i, draw);
    const swapped = items[i] ?? 0;
    items[i] = items[j] ?? 0;
    items[j] = swapped;
  }
  return items.slice(0, n);
}

const range = (n: number): Uint32Array => Uint32Array.from({ length: n }, (_, i) => i);
