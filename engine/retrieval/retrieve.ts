import type { TrackIndex, Watch } from '../als/kernel.ts';
import type { Matrix } from '../core/matrix.ts';
import type { Csr } from '../interactions/csr.ts';
import type { Filter, TopBlock } from './top-n.ts';

/** The lists of listeners first … first + lengths.length − 1. */
export interface ListenerBlock extends TopBlock {
  readonly first: number;
}

/**
 * The n best tracks of every listener, block by block in order: lists of 300M listeners never lie in memory together. The
 * next block is made while the caller works on the last.
 *
 * @param users  X [listeners × k].
 * @param filter what to leave out; `heard` [listeners × tracks].
 * @param listenersPerBlock memory is two blocks of n · 8 bytes a listener.
 * @throws DubplateError NOT_FINITE naming the listener; INTERRUPTED.
 */
export async function* retrieveAll(
  index: TrackIndex,
  users: Matrix,
  n: number,
  filter: Filter<Csr> = {},
  { listenersPerBlock = 8192, ...watch }: Watch & { readonly listenersPerBlock?: number } = {},
): AsyncGenerator<ListenerBlock> {
  const blockFrom = async (first: number): Promise<ListenerBlock> => {
    const last = Math.min(users.rows, first + listenersPerBlock);
    const block = await index.topN(
      rowsOf(users, first, last),
      n,
      { ...filter, heard: rowsBetween(filter.heard, first, last) },
      {
        ...watch,
        onRows: (rows) => watch.onRows?.(first + rows),
      },
    );
    return { first, ...block };
  };
  let next = users.rows > 0 ? blockFrom(0) : undefined;
  while (next) {
    const block: ListenerBlock = await next;
    const after = block.first + block.lengths.length;
    next = after < users.rows ? blockFrom(after) : undefined;
    next?.catch(() => {}); // it is awaited after the caller is done with this block, if ever
    yield block;
  }
}

const rowsOf = (m: Matrix, first: number, last: number): Matrix => ({
  rows: last - first,
  cols: m.cols,
  data: first === last ? new Float32Array(0) : m.data.subarray(first * m.cols, last * m.cols),
});

const rowsBetween = (m: Csr | undefined, first: number, last: number): Csr | undefined =>
  m && { ...m, rows: last - first, indptr: m.indptr.subarray(first, last + 1) };
