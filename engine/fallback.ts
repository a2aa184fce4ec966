import type { Catalogue } from './core/catalogue.ts';
import type { Streams } from './core/random.ts';
import type { SimTime } from './core/time.ts';
import type { Generation } from './generation.ts';
import type { InteractionLedger } from './interactions/weigh.ts';
import type { EngineOptions } from './options.ts';
import type { ServedSlate } from './served-slate.ts';
import { createSlateMaker, type SlateMaker } from './slate-maker.ts';

/** Answers for listeners who have no list in the cache. */
export interface Fallback {
  serve(listener: number, time: SimTime): ServedSlate;
}

/**
 * A listener who has picked or played something is folded in against the generation, at once, with everything observed
 * so far; one who has not gets the charts of their market.
 */
export function createFallback(
  generation: Generation,
  catalogue: Catalogue,
  ledger: InteractionLedger,
  options: EngineOptions,
  streams: Streams,
): Fallback {
  let maker: SlateMaker | undefined;
  return {
    serve(listener, time) {
      maker ??= createSlateMaker(generation, catalogue, options, streams);
      const { history, heard, interactions } = ledger.ofUser(listener, time, generation.tracks.rows);
      const factor = generation.foldIn.one(history);
      const asker = { listener, factor, heard, interactions };
      const { tracks, propensity } = maker.makeFor(asker, streams('fallback slate', listener, time));
      return { tracks, propensity, generation: generation.number };
    },
  };
}
