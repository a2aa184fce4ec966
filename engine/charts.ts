import type { Catalogue } from './core/catalogue.ts';
import type { Generation } from './generation.ts';
import { topN } from './retrieval/top-n.ts';

/**
 * The charts of one market: tracks by the summed weight of its listeners, best first; ties by row.
 *
 *     c(t) = Σ r(u, t)        over the listeners u of the region
 *
 * @param region the market; one without listeners gets the charts of all.
 * @returns all rows of the catalogue; tracks that nobody played come last.
 */
export function regionCharts(generation: Generation, catalogue: Catalogue, region: number): Uint32Array {
  const { weights } = generation.evidence;
  const scores = new Float64Array(weights.cols);
  let listeners = 0;
  for (let user = 0; user < weights.rows; user++) {
    if (catalogue.listeners[user]?.region !== region) continue;
    listeners++;
    for (let at = weights.indptr[user] ?? 0; at < (weights.indptr[user + 1] ?? 0); at++) {
      const track = weights.indices[at] ?? 0;
      scores[track] = (scores[track] ?? 0) + (weights.weights[at] ?? 0);
    }
  }
  const charts = listeners > 0 ? Float32Array.from(scores) : Float32Array.from(generation.evidence.recentPlays);
  return topN(charts, weights.cols).rows;
}
