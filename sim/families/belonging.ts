import type { Key } from '../../engine/core/random.ts';
import { bellOf, pairWord } from '../pair.ts';
import { favouriteScenes, type People, sceneWeights } from '../people.ts';
import { inUnits } from '../units.ts';

/** What listeners make of scenes in 1/4096: a personal opinion of each, computed and not kept, and favourites that stand out. */
export function belongingTo(
  people: Pick<People, 'scenes'>,
  opinion: Key,
  { favourScale, opinionScale }: { readonly favourScale: number; readonly opinionScale: number },
): (listener: number, scene: number) => number {
  const favours = sceneWeights.map((weight) => inUnits(favourScale * weight));
  const scale = inUnits(opinionScale);
  return (listener, scene) => {
    let member = Math.floor((bellOf(pairWord(opinion, listener, scene)) * scale) / 4096);
    for (let n = 0; n < favouriteScenes; n++) {
      if (people.scenes[listener * favouriteScenes + n] === scene) member += favours[n]!;
    }
    return member;
  };
}
