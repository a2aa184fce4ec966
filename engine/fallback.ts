import { foldInUser } from './als/fold-in.ts';
import { layOut } from './blend/slots.ts';
import { regionCharts } from './charts.ts';
import type { Catalogue } from './core/catalogue.ts';
import type { Streams } from './core/random.ts';
import type { SimTime } from './core/time.ts';
import type { Generation } from './generation.ts';
import type { InteractionLedger } from './interactions/weigh.ts';
import type { EngineOptions } from './options.ts';
import type { ServedSlate } from './served-slate.ts';
import { createSlateMaker, type SlateMaker } from './slate-maker.ts';

/** Share of a chart's positions that are drawn from its tracks at random: a stranger's taste has to be found out. */
const chartExploration = 0.2;

/** Answers for listeners who have no list in the cache. */
export interface Fallback {
  serve(listener: number, time: SimTime): ServedSlate;
}

/**
 * A listener who has picked or played something is folded in against the generation, at once, with everything observed
 * so far; one who has not gets the charts of their market, part of them in random order.
 */
export function createFallback(
  generation: Generation,
  catalogue: Catalogue,
  ledger: InteractionLedger,
  options: EngineOptions,
  streams: Streams,
): Fallback {
  let maker: SlateMaker | undefined;
  const charts = new Map<number, Uint32Array>();
  const chartsOf = (region: number): Uint32Array => {
    const known = charts.get(region) ?? regionCharts(generation, catalogue, region, options.slate.length);
    charts.set(region, known);
    return known;
  };
  return {
    serve(listener, time) {
      const { history, heard, interactions } = ledger.ofUser(listener, time, generation.tracks.rows);
      const draw = streams('fallback slate', listener, time);
      if (history.rows.length > 0) {
        maker ??= createSlateMaker(generation, catalogue, options, streams);
        const factor = foldInUser(history, generation.tracks, generation.gram, options.als);
        const { tracks, propensity } = maker.makeFor({ factor, heard, interactions }, draw);
        return { tracks, propensity, generation: generation.number };
      }
      const best = chartsOf(catalogue.listeners[listener]?.region ?? 0);
      const epsilonSlots = Math.round(chartExploration * best.length);
      const slate = layOut(best, new Uint32Array(), { ...options.slate, slots: 0, epsilonSlots }, draw);
      return { ...slate, generation: generation.number };
    },
  };
}
