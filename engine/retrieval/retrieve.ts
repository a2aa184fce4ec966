import { checkHeard, checkSearch, checkWhole } from '../als/check-kernel-input.ts';
import type { Kernel, TrackIndex, Watch } from '../als/kernel.ts';
import type { Matrix } from '../core/matrix.ts';
import type { SparsePattern } from '../interactions/csr.ts';
import { aboutListener, type Filter, type TopBlock } from './top-n.ts';

/** The lists of listeners first … first + lengths.length − 1. */
export interface ListenerBlock extends TopBlock {
  readonly first: number;
}

/** How many tracks there must be for knowing the listeners to pay. */
const manyTracks = 1 << 15;

/** Makes tracks ready to be retrieved for these listeners. @throws as {@link Kernel.prepareIndex}. */
export function prepareRetrieval(kernel: Kernel, users: Matrix, tracks: Matrix): Promise<TrackIndex> {
  return kernel.prepareIndex(tracks, tracks.rows >= manyTracks ? users : undefined);
}

/**
 * The n best tracks of every listener, block by block in order: lists of 300M listeners never lie in memory together. The
 * next block is made while the caller works on the last; a caller who breaks off stops it.
 *
 * @param users  X [listeners × k].
 * @param n      a whole number from 1.
 * @param filter what to leave out; `heard` [listeners × tracks].
 * @param listenersPerBlock from 1; memory is two blocks of n · 8 bytes a listener.
 * @throws DubplateError NOT_FINITE naming the listener, by the row in `users`; INVALID_INPUT when shapes or ids do not fit;
 *   INTERRUPTED.
 */
export async function* retrieveAll(
  index: TrackIndex,
  users: Matrix,
  n: number,
  filter: Filter<SparsePattern> = {},
  { listenersPerBlock = 8192, ...watch }: Watch & { readonly listenersPerBlock?: number } = {},
): AsyncGenerator<ListenerBlock> {
  checkSearch(users, n, filter, index.tracks);
  checkWhole('listenersPerBlock', listenersPerBlock);
  const stop = new AbortController();
  const onAbort = (): void => stop.abort();
  const blockFrom = async (first: number): Promise<ListenerBlock> => {
    const last = Math.min(users.rows, first + listenersPerBlock);
    if (filter.heard) checkHeard(filter.heard, first, last); // the index sees a block, and would name its rows
    const heard = rowsBetween(filter.heard, first, last);
    const onRows = (rows: number): void => watch.onRows?.(first + rows);
    const block = await index
      .topN(rowsOf(users, first, last), n, { ...filter, heard }, { onRows, signal: stop.signal })
      .catch((error) => {
        throw aboutListener(error, (row) => first + row);
      });
    return { first, ...block };
  };
  if (watch.signal?.aborted) stop.abort();
  watch.signal?.addEventListener('abort', onAbort);
  let next = users.rows > 0 ? blockFrom(0) : undefined;
  try {
    while (next) {
      const block: ListenerBlock = await next;
      const after = block.first + block.lengths.length;
      next = after < users.rows ? blockFrom(after) : undefined;
      next?.catch(() => {}); // it is awaited after the caller is done with this block, if ever
      yield block;
    }
  } finally {
    watch.signal?.removeEventListener('abort', onAbort);
    stop.abort();
    await next?.catch(() => {}); // until then its threads are busy
  }
}

const rowsOf = (m: Matrix, first: number, last: number): Matrix => ({
  rows: last - first,
  cols: m.cols,
  data: first === last ? new Float32Array(0) : m.data.subarray(first * m.cols, last * m.cols),
});

const rowsBetween = (m: SparsePattern | undefined, first: number, last: number): SparsePattern | undefined =>
  m && { ...m, rows: last - first, indptr: m.indptr.subarray(first, last + 1) };
