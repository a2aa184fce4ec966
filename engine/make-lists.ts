import { inBatches } from './cache/batches.ts';
import type { ListenerSlate } from './cache/slate-store.ts';
import type { Streams } from './core/random.ts';
import type { Generation } from './generation.ts';
import { knownAsker, type SlateMaker } from './slate-maker.ts';

/** A list of the night, and the share of its slots whose score came mostly from ALS. */
export interface MadeList extends ListenerSlate {
  readonly collaborativeShare: number;
}

/**
 * Makes the lists of listeners whom the generation knows, block by block, only as fast as they are taken; later blocks are worked
 * on off the main thread meanwhile. The list of a listener is the same whenever it is made, and whoever else is asked for.
 *
 * @returns blocks of at most `maker.blockSize` lists, in the order of the listeners. Three blocks are held at most.
 */
export async function* makeLists(
  listeners: Iterable<number>,
  generation: Generation,
  maker: SlateMaker,
  streams: Streams,
): AsyncGenerator<MadeList[]> {
  const blocks = inBatches(listeners, maker.blockSize);
  const begin = () => {
    const { value, done } = blocks.next();
    if (done) return undefined;
    const block: readonly number[] = value;
    const prepared = maker.prepare(block.map((listener) => knownAsker(generation, listener, streams)));
    prepared.catch(() => {}); // looked at when its turn comes, which an earlier failure may prevent
    return { block, prepared };
  };
  // Two blocks ahead: one is being scored, one being blended on another thread.
  const ahead = [begin(), begin()];
  for (let next = ahead.shift(); next; next = ahead.shift()) {
    const listAt = await next.prepared;
    ahead.push(begin());
    yield next.block.map((listener, i) => {
      const { tracks, propensity, collaborativeShare } = listAt(i);
      return { listener, tracks, propensity, collaborativeShare };
    });
  }
}
