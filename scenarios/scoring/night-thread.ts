import { SideThread } from '../../engine/core/side-thread.ts';
import { createWorld, type World, type WorldSpan } from '../../sim/world.ts';
import { createNightScorer, type Night, type NightFigures } from './night.ts';

/** Scores nights, in the order they are given. */
export interface NightScorer {
  score(night: Night): Promise<NightFigures>;
  close(): Promise<void>;
}

/** What the other thread makes the same world from. */
interface WorldSpec {
  readonly options: World['options'];
  readonly span: WorldSpan;
  readonly seed: string;
}

/** Below so many pairs of listener and track, another thread would cost more than it saves. */
const worthThread = 4e6;

/**
 * A scorer of the nights of one world. Scores are needed by nobody until the day is over: in a large world another thread
 * works them out while the day is lived. It makes the world anew, so that only what happened has to be sent.
 *
 * @param fewestPairs of listener and track that make a world large.
 */
export function openNightScorer(world: World, seed: string, fewestPairs = worthThread): NightScorer {
  const { listeners, tracks } = world.catalogue;
  if (listeners.length * tracks.length < fewestPairs) {
    const score = createNightScorer(world, seed);
    return { score: async (night) => score(night), close: async () => {} };
  }
  const { options, family, historyDays, days } = world;
  const spec: WorldSpec = { options, span: { seed: world.seed, family, historyDays, days }, seed };
  const thread = new SideThread<Night, NightFigures>(new URL(import.meta.url), spec);
  return {
    score: (night) => thread.ask(night),
    close: () => thread.close(),
  };
}

/** Runs on the other thread. */
export const respond = ({ options, span, seed }: WorldSpec) => createNightScorer(createWorld(options, span), seed);
