import { type Progress, silent } from '../../engine/core/progress.ts';
import { type Csr, csrFromTriples, rowLengths, sparseRow } from '../../engine/interactions/csr.ts';
import type { InteractionTable } from '../../engine/interactions/read-table.ts';
import { sortByScore } from '../../engine/retrieval/order.ts';
import { meanMetrics, rankingMetrics } from './ranking.ts';

/** Scores every track for some users, by their rows: [users × tracks], without NaN. */
export type Scorer = (users: Uint32Array) => Float32Array | Promise<Float32Array>;

/** Means over the listeners who have something relevant (`n` of them); the others are `skipped`. */
export interface Evaluation {
  readonly n: number;
  readonly skipped: number;
  readonly metrics: Readonly<Record<string, number>>;
}

/** Training and held-out interactions over one set of ids: those of the training file, then those only held out. */
export interface Holdout {
  readonly users: readonly string[];
  readonly tracks: readonly string[];
  readonly train: Csr;
  readonly test: Csr;
}

/** Bring two tables over one set of users and tracks. */
export function alignTables(train: InteractionTable, test: InteractionTable): Holdout {
  const users = union(train.users, test.users);
  const tracks = union(train.tracks, test.tracks);
  const shape = { rows: users.ids.length, cols: tracks.ids.length };
  const place = (table: InteractionTable): Csr => {
    const { weights } = table;
    const userRows = Uint32Array.from(table.users, (id) => users.rowOf.get(id)!);
    const trackRows = Uint32Array.from(table.tracks, (id) => tracks.rowOf.get(id)!);
    const row = new Uint32Array(weights.indices.length);
    for (let u = 0; u < weights.rows; u++) row.fill(userRows[u]!, weights.indptr[u], weights.indptr[u + 1]);
    const col = weights.indices.map((track) => trackRows[track]!);
    return csrFromTriples(shape, { row, col, weight: weights.weights });
  };
  return { users: users.ids, tracks: tracks.ids, train: place(train), test: place(test) };
}

/**
 * Rank the full catalogue for every user, tracks of their own training rows left out, ties to the lower row. Relevant:
 * held-out tracks that are not in those rows, all alike. Users with nothing relevant are skipped and counted.
 */
export async function evaluateFullCatalogue(
  holdout: Pick<Holdout, 'train' | 'test'>,
  score: Scorer,
  ks: readonly number[],
  progress: Progress = silent,
): Promise<Evaluation> {
  const { train, test } = holdout;
  const isMasked = new Uint8Array(train.cols);
  const unheard = new Uint32Array(train.cols);
  const each: Record<string, number>[] = [];
  const asked = Uint32Array.from({ length: train.rows }, (_, user) => user).filter((user) => {
    const seen = new Set(sparseRow(train, user).rows);
    return sparseRow(test, user).rows.some((track) => !seen.has(track));
  });
  for await (const { user, scores } of scoredFor(asked, train.cols, score, progress)) {
    const seen = sparseRow(train, user).rows;
    for (const track of seen) isMasked[track] = 1;
    const relevant = new Set(sparseRow(test, user).rows.filter((track) => !isMasked[track]));
    let length = 0;
    for (let track = 0; track < train.cols; track++) if (!isMasked[track]) unheard[length++] = track;
    const ranked = unheard.subarray(0, length);
    sortByScore(ranked, scores);
    each.push(rankingMetrics(ranked, relevant, ks));
    for (const track of seen) isMasked[track] = 0;
  }
  return { n: each.length, skipped: train.rows - each.length, metrics: meanMetrics(each) };
}

/** One question of the candidates protocol: which of these is the track that the user went on to? Rows of the catalogue. */
export interface Candidates {
  readonly user: number;
  readonly positive: number;
  readonly negatives: Uint32Array;
}

/**
 * Rank one held-out track among given candidates. Candidates that are in the user's own training rows are left out, as
 * evaluators that mask seen items do; ties to the lower row. A positive that was trained on is nothing relevant: skipped.
 */
export async function evaluateCandidates(
  train: Csr,
  questions: readonly Candidates[],
  score: Scorer,
  ks: readonly number[],
  progress: Progress = silent,
): Promise<Evaluation> {
  const each: Record<string, number>[] = [];
  const hasHeard = (user: number) => {
    const heard = new Set(sparseRow(train, user).rows);
    return (track: number): boolean => heard.has(track);
  };
  const open = questions.filter(({ user, positive }) => !hasHeard(user)(positive));
  const users = Uint32Array.from(open, ({ user }) => user);
  for await (const { at, user, scores } of scoredFor(users, train.cols, score, progress)) {
    const { positive, negatives } = open[at]!;
    const isHeard = hasHeard(user);
    const ranked = Uint32Array.from(new Set([positive, ...negatives].filter((track) => !isHeard(track)))).sort();
    sortByScore(ranked, scores);
    each.push(rankingMetrics(ranked, new Set([positive]), ks));
  }
  return { n: each.length, skipped: questions.length - each.length, metrics: meanMetrics(each) };
}

/** How many scores are asked for at once: 32 MB. */
const scoresAtOnce = 2 ** 23;

/** The scores of all tracks for one user after the other, asked for many users at once. */
async function* scoredFor(users: Uint32Array, tracks: number, score: Scorer, progress: Progress) {
  const usersAtOnce = Math.max(1, Math.floor(scoresAtOnce / tracks));
  for (let first = 0; first < users.length; first += usersAtOnce) {
    const some = users.subarray(first, first + usersAtOnce);
    const scores = await score(some);
    for (const [i, user] of some.entries()) {
      progress('ranking', first + i + 1, users.length);
      yield { at: first + i, user, scores: scores.subarray(i * tracks, (i + 1) * tracks) };
    }
  }
}

/** The reference row: every user gets the tracks with the most users in training. */
export function popularityScorer(byTrack: Csr): Scorer {
  const listeners = Float32Array.from(rowLengths(byTrack));
  return (users) => {
    const scores = new Float32Array(users.length * listeners.length);
    for (let i = 0; i < users.length; i++) scores.set(listeners, i * listeners.length);
    return scores;
  };
}

function union(first: readonly string[], second: readonly string[]) {
  const ids = [...new Set([...first, ...second])];
  return { ids, rowOf: new Map(ids.map((id, row) => [id, row])) };
}
