import type { Matrix } from '../../engine/core/matrix.ts';
import { normalFrom, type Streams } from '../../engine/core/random.ts';
import { selectBest } from '../../engine/retrieval/select.ts';
import { scoreAll } from '../../engine/retrieval/top-n.ts';

/** Listeners who ask; their tastes are drawn evenly in all directions. */
const listeners = 200;

/**
 * Of the tenth of the tracks that a listener would like best, the share that is in the tenth which `predicted` puts first; mean
 * over 200 listeners. Chance is 0.1.
 *
 * @param truth     where the tracks are [tracks × dim].
 * @param predicted where they are taken to be [tracks × dim].
 */
export function coldRecall(truth: Matrix, predicted: Matrix, streams: Streams): number {
  const k = Math.max(1, Math.round(truth.rows / 10));
  const all = Uint32Array.from({ length: truth.rows }, (_, track) => track);
  const best = (x: Float32Array, Y: Matrix): Uint32Array =>
    selectBest(all, scoreAll(x, Y, new Float32Array(Y.rows)), k);
  const x = new Float32Array(truth.cols);
  let found = 0;
  for (let listener = 0; listener < listeners; listener++) {
    const draw = streams('cold listener', listener);
    for (let d = 0; d < x.length; d++) x[d] = normalFrom(draw);
    const liked = new Set(best(x, truth));
    found += best(x, predicted).filter((track) => liked.has(track)).length;
  }
  return found / (listeners * k);
}
