import { layOut, type Slate } from './blend/slots.ts';
import { regionCharts } from './charts.ts';
import type { Catalogue } from './core/catalogue.ts';
import type { Draw } from './core/random.ts';
import type { Generation } from './generation.ts';
import type { SlateOptions } from './options.ts';

/** Share of a chart's positions that are drawn from its tracks at random: a stranger's taste has to be found out. */
const chartExploration = 0.2;

/**
 * Lists for listeners of whom nothing is known: the charts of their market without what they have heard, part of them in
 * random order.
 */
export function createColdSlates(
  generation: Generation,
  catalogue: Catalogue,
  options: SlateOptions,
): (listener: number, heard: Uint32Array, draw: Draw) => Slate {
  const charts = new Map<number, Uint32Array>();
  return (listener, heard, draw) => {
    const region = catalogue.listeners[listener]?.region ?? 0;
    const chart = charts.get(region) ?? regionCharts(generation, catalogue, region);
    charts.set(region, chart);
    const isHeard = new Set(heard);
    // The charts rank the whole catalogue; the list is full soon.
    const unheard = chart.subarray(0, options.length + isHeard.size).filter((track) => !isHeard.has(track));
    const best = unheard.subarray(0, options.length);
    const epsilonSlots = Math.round(chartExploration * best.length);
    return layOut(best, new Uint32Array(), { length: options.length, slots: 0, epsilonSlots }, draw);
  };
}
