import { foldInFlops } from './als/fold-in.ts';
import type { Streams } from './core/random.ts';
import type { SimTime } from './core/time.ts';
import type { Generation } from './generation.ts';
import type { Observations } from './observations.ts';
import type { ServedSlate } from './served-slate.ts';
import type { SlateMaker } from './slate-maker.ts';

/** Answers for listeners who are not served from the cache: a list for each, in order, and what that took. */
export type Fallback = (
  asking: readonly { readonly listener: number; readonly time: SimTime }[],
) => Promise<{ readonly lists: readonly ServedSlate[]; readonly flops: number }>;

/**
 * A listener who has picked or played something is folded in against the generation, at once, with everything observed
 * so far; one who has not gets the charts of their market.
 */
export function createFallback(
  generation: Generation,
  maker: SlateMaker,
  observations: Observations,
  streams: Streams,
): Fallback {
  return async (asking) => {
    const { tracks: Y, sound } = generation;
    const scoring = 2 * Y.rows * Y.cols * (sound ? 2 : 1); // every track, as at night
    let flops = 0;
    const askers = asking.map(({ listener, time }) => {
      const { history, heard, interactions } = observations.ofUser(listener, time, Y.rows);
      if (history.rows.length > 0) flops += foldInFlops(history.rows.length, Y.cols) + scoring;
      const draw = streams('fallback slate', listener, time);
      return { listener, factor: generation.foldIn.one(history), heard, interactions, draw };
    });
    const lists: ServedSlate[] = [];
    for (let from = 0; from < askers.length; from += maker.blockSize) {
      const block = askers.slice(from, from + maker.blockSize);
      const list = await maker.prepare(block);
      for (const i of block.keys()) {
        const { tracks, propensity } = list(i);
        lists.push({ tracks, propensity, generation: generation.number });
      }
    }
    return { lists, flops };
  };
}
