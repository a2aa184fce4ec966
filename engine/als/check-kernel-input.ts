import { DubplateError } from '../core/errors.ts';
import type { Matrix } from '../core/matrix.ts';
import type { Csr, InteractionMatrix, SparsePattern, SparseRow } from '../interactions/csr.ts';
import { checkListener, checkTrack, type Filter } from '../retrieval/top-n.ts';
import type { FoldIn, Kernel, TrackIndex, TrackScores } from './kernel.ts';

/** Matrices whose ids were found to be right. */
const known = new WeakSet<Csr>();

/**
 * A kernel that looks at its arguments before it works: C++ reads and writes memory by these numbers, TypeScript would answer
 * nonsense. Shapes cost O(1), ids a pass of 2-4 ns each; a matrix that is swept again and again is passed over once, for which
 * reason its entries must not change. Scoring takes a pass over the factors, of 1-2 ns a number.
 *
 * @throws DubplateError INVALID_INPUT from each method, naming what does not fit; see {@link Kernel} for NOT_FINITE.
 */
export function checkedKernel(kernel: Kernel): Kernel {
  checkWhole('threads', kernel.threads);
  return {
    ...kernel,

    async gramMatrix(Y) {
      checkMatrix('Y', Y);
      return kernel.gramMatrix(Y);
    },

    async halfSweep(entries, fixed, gram, solved, options, watch) {
      checkMatrix('fixed side', fixed);
      checkGram(gram, fixed.cols);
      checkMatrix('solved side', solved, { rows: entries.rows, cols: fixed.cols });
      checkEqual('columns of the entries', entries.cols, fixed.rows);
      if (options.solver === 'cg') checkWhole('cgSteps', options.cgSteps);
      checkStarts('entries', entries);
      checkWholeStarts('entries', entries);
      checkWeightCount('entries', entries);
      if (!known.has(entries)) checkIds(entries, solvedAndFixed);
      known.add(entries);
      return kernel.halfSweep(entries, fixed, gram, solved, options, watch);
    },

    async extrapolate(x, before, beta) {
      checkMatrix('x', x);
      checkMatrix('before', before, x);
      return kernel.extrapolate(x, before, beta);
    },

    async prepareFoldIn(Y, gram, options) {
      checkMatrix('Y', Y);
      checkGram(gram, Y.cols);
      return checkedFoldIn(await kernel.prepareFoldIn(Y, gram, options), Y.rows);
    },

    async prepareIndex(Y, usual) {
      checkMatrix('Y', Y);
      if (usual) checkMatrix('usual', usual, { rows: usual.rows, cols: Y.cols });
      return checkedIndex(await kernel.prepareIndex(Y, usual), Y.cols);
    },

    async prepareScores(Y) {
      checkMatrix('Y', Y);
      checkTrack(firstTooLong(Y));
      return checkedScores(await kernel.prepareScores(Y), Y.cols);
    },

    async blendBlock(collaborative, audio, blending, n, heard) {
      const { rows: listeners, cols: tracks } = heard;
      checkWhole('n', n);
      checkEqual('collaborative scores', collaborative.length, listeners * tracks);
      checkEqual('audio scores', audio.length, listeners * tracks);
      checkEqual('length of `evidence`', blending.evidence.length, tracks);
      const isPersonal = blending.trust.length !== tracks;
      checkEqual('length of `trust`', blending.trust.length, isPersonal ? listeners * tracks : tracks);
      checkStarts('`heard`', heard);
      checkHeard(heard);
      return kernel.blendBlock(collaborative, audio, blending, n, heard);
    },
  };
}

const checkedFoldIn = (foldIn: FoldIn, tracks: number): FoldIn => ({
  one(history) {
    checkHistory(history, tracks);
    return foldIn.one(history);
  },
  async all(histories, watch) {
    checkEqual('columns of the histories', histories.cols, tracks);
    checkStarts('histories', histories);
    checkWeightCount('histories', histories);
    checkIds(histories, solvedAndFixed);
    return foldIn.all(histories, watch);
  },
});

const checkedIndex = (index: TrackIndex, k: number): TrackIndex => ({
  tracks: index.tracks,
  async topN(X, n, filter, watch) {
    checkSearch(X, n, filter, index.tracks);
    checkEqual('columns of X', X.cols, k);
    if (filter?.heard) checkHeard(filter.heard);
    return index.topN(X, n, filter, watch);
  },
});

const checkedScores = (scores: TrackScores, k: number): TrackScores => ({
  tracks: scores.tracks,
  async of(X, out) {
    checkMatrix('X', X);
    checkEqual('columns of X', X.cols, k);
    checkListener(firstTooLong(X));
    if (out) checkEqual('numbers of `out`', out.length, X.rows * scores.tracks);
    return scores.of(X, out);
  },
});

/**
 * What training starts from: the same interactions from both sides, and factors that fit them. Cost O(entries + factors).
 * That `byTrack` holds the entries of `byUser` is seen from its shape and their number only.
 *
 * @throws DubplateError INVALID_INPUT naming what does not fit or the first id out of place; NOT_FINITE naming the first
 *   weight that is NaN, infinite or negative, or the first factor that is not finite.
 */
export function checkTraining(
  { byUser, byTrack }: InteractionMatrix,
  start: { readonly users: Matrix; readonly tracks: Matrix },
): void {
  checkMatrix('start factors of users', start.users, { rows: byUser.rows, cols: start.users.cols });
  checkMatrix('start factors of tracks', start.tracks, { rows: byUser.cols, cols: start.users.cols });
  checkEqual('rows of `byTrack`', byTrack.rows, byUser.cols);
  checkEqual('columns of `byTrack`', byTrack.cols, byUser.rows);
  for (const [name, entries, sides] of [
    ['`byUser`', byUser, { row: 'user', column: 'track' }],
    ['`byTrack`', byTrack, { row: 'track', column: 'user' }],
  ] as const) {
    checkStarts(name, entries);
    checkWholeStarts(name, entries);
    checkWeightCount(name, entries);
    checkIds(entries, sides);
    known.add(entries);
    checkWeights(entries, sides);
  }
  checkEqual('entries of `byTrack`', byTrack.indices.length, byUser.indices.length);
  checkFinite('user', start.users);
  checkFinite('track', start.tracks);
}

/** The shapes of a search for the n best of so many tracks, whatever their rank; O(1). @throws INVALID_INPUT. */
export function checkSearch(X: Matrix, n: number, { heard, allow }: Filter<SparsePattern> = {}, tracks: number): void {
  checkMatrix('X', X);
  checkWhole('n', n);
  if (allow) checkEqual('length of `allow`', allow.length, tracks);
  if (!heard) return;
  checkEqual('rows of `heard`', heard.rows, X.rows);
  checkEqual('columns of `heard`', heard.cols, tracks);
  checkStarts('`heard`', heard);
}

/** The ids that listeners first … last − 1 have heard. @throws INVALID_INPUT naming listener and track. */
export const checkHeard = (heard: SparsePattern, first = 0, last = heard.rows): void =>
  checkIds(heard, { row: 'listener', column: 'track' }, first, last);

/** A count, from 1. @throws INVALID_INPUT. */
export function checkWhole(what: string, found: number): void {
  if (Number.isSafeInteger(found) && found >= 1) return;
  throw new DubplateError('INVALID_INPUT', `${what}: found ${found}, expected a whole number from 1`, {
    hint: 'Counts are whole numbers; nothing is asked for by not asking.',
    details: { what, found },
  });
}

/** The first row whose norm is above 10¹⁸ or not a number; −1 when there is none. */
export function firstTooLong({ rows, cols, data }: Matrix): number {
  for (let row = 0; row < rows; row++) {
    let s0 = 0; // one sum would wait for itself
    let s1 = 0;
    let s2 = 0;
    let s3 = 0;
    const end = (row + 1) * cols;
    let i = row * cols;
    for (; i + 3 < end; i += 4) {
      const a = data[i]!;
      const b = data[i + 1]!;
      const c = data[i + 2]!;
      const d = data[i + 3]!;
      s0 += a * a;
      s1 += b * b;
      s2 += c * c;
      s3 += d * d;
    }
    for (; i < end; i++) s0 += data[i]! * data[i]!;
    if (!(Math.sqrt(s0 + s1 + s2 + s3) <= 1e18)) return row;
  }
  return -1;
}

/** What the rows and columns of a sparse matrix are called in messages. */
interface Sides {
  readonly row: string;
  readonly column: string;
}

const solvedAndFixed: Sides = { row: 'solved', column: 'fixed' };

function checkMatrix(name: string, m: Matrix, shape: Pick<Matrix, 'rows' | 'cols'> = m): void {
  const isCounted = Number.isSafeInteger(m.rows) && m.rows >= 0 && Number.isSafeInteger(m.cols) && m.cols >= 1;
  if (!isCounted) throw misfit(name, `${m.rows} × ${m.cols}`, 'whole numbers, and at least one column');
  if (m.rows !== shape.rows || m.cols !== shape.cols) {
    throw misfit(name, `${m.rows} × ${m.cols}`, `${shape.rows} × ${shape.cols}`);
  }
  checkEqual(`numbers in the ${m.rows} × ${m.cols} of ${name}`, m.data.length, m.rows * m.cols);
}

const checkGram = (gram: Float64Array, k: number): void => checkEqual('numbers in the Gram matrix', gram.length, k * k);

function checkEqual(what: string, found: number, expected: number): void {
  if (found !== expected) throw misfit(what, found, String(expected));
}

/** Rows may be some of a larger matrix: they need not begin at the first entry nor end at the last. */
function checkStarts(name: string, { rows, indptr, indices }: SparsePattern): void {
  checkEqual(`row starts of ${name}`, indptr.length, rows + 1);
  const end = indptr[rows]!;
  if (end > indices.length)
    throw misfit(`end of the last row of ${name}`, end, `at most its ${indices.length} entries`);
}

function checkWholeStarts(name: string, { rows, indptr, indices }: SparsePattern): void {
  checkEqual(`start of the first row of ${name}`, indptr[0]!, 0);
  checkEqual(`end of the last row of ${name}`, indptr[rows]!, indices.length);
}

const checkWeightCount = (name: string, { weights, indices }: Csr): void =>
  checkEqual(`weights of ${name}`, weights.length, indices.length);

/** Ids ascend within a row and name columns that exist. */
function checkIds({ rows, cols, indptr, indices }: SparsePattern, sides: Sides, first = 0, last = rows): void {
  for (let row = first; row < last; row++) {
    const begin = indptr[row]!;
    const end = indptr[row + 1]!;
    if (end < begin || end > indices.length) {
      throw misfit(`end of ${sides.row} row ${row}`, end, `${begin} to ${indices.length}`, { [sides.row]: row });
    }
    let before = -1;
    for (let at = begin; at < end; at++) {
      const id = indices[at]!;
      if (id <= before || id >= cols) throw misplaced(sides, row, id, before, cols);
      before = id;
    }
  }
}

function misplaced({ row, column }: Sides, at: number, id: number, before: number, cols: number): DubplateError {
  const found = `${column} row ${id}${id < cols ? ` after ${before}` : ''}`;
  const expected = id < cols ? 'ascending rows, each once' : `rows below ${cols}`;
  return misfit(`What ${row} row ${at} names`, found, expected, { [row]: at, [column]: id });
}

/** A single history: in any order. */
function checkHistory({ rows, weights }: SparseRow, tracks: number): void {
  checkEqual('weights of the history', weights.length, rows.length);
  for (let at = 0; at < rows.length; at++) {
    const track = rows[at]!;
    if (track >= tracks)
      throw misfit('What the history names', `track row ${track}`, `rows below ${tracks}`, { track });
  }
}

function checkWeights({ rows, indptr, indices, weights }: Csr, { row: side, column }: Sides): void {
  for (let row = 0; row < rows; row++) {
    for (let at = indptr[row]!; at < indptr[row + 1]!; at++) {
      const weight = weights[at]!;
      if (weight >= 0 && weight < Number.POSITIVE_INFINITY) continue;
      throw new DubplateError(
        'NOT_FINITE',
        `The weight of ${side} row ${row} and ${column} row ${indices[at]} is ${weight}, expected a finite number of at least 0`,
        { hint: 'Mend the interactions before training.', details: { row, side, weight } },
      );
    }
  }
}

function checkFinite(side: 'user' | 'track', start: Matrix): void {
  let at = 0;
  while (at < start.data.length && Number.isFinite(start.data[at]!)) at += 1; // findIndex takes several times as long
  if (at === start.data.length) return;
  const row = Math.floor(at / start.cols);
  throw new DubplateError('NOT_FINITE', `The start factor of ${side} row ${row} holds ${start.data[at]}`, {
    hint: 'Start from finite factors: train this generation afresh, or read the last one from an unbroken file.',
    details: { row, side },
  });
}

const misfit = (
  what: string,
  found: number | string,
  expected: string,
  details: Readonly<Record<string, unknown>> = {},
): DubplateError =>
  new DubplateError('INVALID_INPUT', `${what}: found ${found}, expected ${expected}`, {
    hint: 'Rows count from 0. Give matrices of one rank, filters of the same listeners and tracks, and rows sorted by id.',
    details: { found, expected, ...details },
  });
