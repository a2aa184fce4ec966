import type { ListenerSet } from './cache/listener-set.ts';
import type { ListenerSlate, SlateStore } from './cache/slate-store.ts';

/** Makes the lists of some listeners of a generation once more. */
export type MakeAgain = (listeners: Iterable<number>) => AsyncIterable<readonly ListenerSlate[]>;

/**
 * Verify a generation whose lists have been written, and publish it. A server that was lost on the way may have forgotten lists
 * (restarted without its data, or replaced by one that had not heard of the last of them): these, and no others, are made again
 * from the same factors and written again, until one server is found to hold all of them and is told so.
 *
 * @param makeAgain the lists of some listeners as they were made before, in blocks.
 * @param stage     runs the work of a stage, which may come more than once; for whoever charges costs.
 * @throws DubplateError CACHE_INCOMPLETE when lists are missing and the server was not lost; CACHE_UNREACHABLE when it stays away.
 */
export async function publishLists(
  generation: number,
  store: SlateStore,
  makeAgain: MakeAgain,
  stage: <T>(name: 'verify' | 'publish', work: () => Promise<T>) => Promise<T> = (_, work) => work(),
): Promise<void> {
  const verify = (): Promise<ListenerSet> => stage('verify', () => store.verify(generation));
  do {
    for (let lost = await verify(); lost.size > 0; lost = await verify()) {
      for await (const lists of makeAgain(lost)) await store.write(generation, lists);
    }
  } while (!(await stage('publish', () => store.publish(generation))));
}
