import { neighbourhoodOf, poolsOf, trackFromPart } from './attention.ts';
import type { Library } from './library.ts';
import { pairWord } from './pair.ts';
import { favouriteScenes } from './people.ts';
import type { Stage } from './stage.ts';
import type { Truth } from './truth.ts';

/**
 * Favourites from before the log: each is one of three tracks that were talked about then, the one liked best on the day that the
 * listener arrived. Which of the three takes two bits; the tracks themselves follow from the listener's number.
 */
export const olderFavourites = 16;
const candidates = 3;

/** Choose all favourites of a listener; where nothing was out yet there are none, whatever is written. */
export function chooseOlder(stage: Stage, truth: Truth, { older }: Library, listener: number): void {
  if (stage.memories.released === 0) return;
  let choices = 0;
  for (let n = 0; n < olderFavourites; n++) {
    let best = 0;
    let most = -0x8000_0000;
    for (let c = 0; c < candidates; c++) {
      const score = truth.score(listener, candidateAt(stage, listener, n, c));
      if (score <= most) continue;
      most = score;
      best = c;
    }
    choices |= best << (2 * n);
  }
  older[listener] = choices;
}

/** Favourite number `n`; some track must have been out before the log. */
export const olderFavourite = (stage: Stage, { older }: Library, listener: number, n: number): number =>
  candidateAt(stage, listener, n, (older[listener]! >>> (2 * n)) & 3);

/** Each number comes from another part of the pools, so from another time: they are different tracks. */
function candidateAt(stage: Stage, listener: number, n: number, candidate: number): number {
  const { memories } = stage;
  const word = pairWord(stage.keys.older, listener, candidates * n + candidate);
  const pools = poolsOf(memories, neighbourhoodOf(memories, listener));
  return trackFromPart(memories, pools + poolFor(stage, listener, word), n, word);
}

/** Where the low byte of a word looks for music: a third everywhere, a third in the dearest scene, the rest in the others. */
export function poolFor({ people }: Stage, listener: number, word: number): number {
  const where = word & 255;
  if (where < 85) return 0;
  const favourite = where < 171 ? 0 : where < 222 ? 1 : 2;
  return 1 + people.scenes[listener * favouriteScenes + favourite]!;
}
