import { Command, Option } from 'commander';
import type { TrainRun } from '../../engine/als/train.ts';
import { DubplateError } from '../../engine/core/errors.ts';
import { rowOf, zeros } from '../../engine/core/matrix.ts';
import type { Progress } from '../../engine/core/progress.ts';
import { type Csr, csrFromTriples, transpose } from '../../engine/interactions/csr.ts';
import { type InteractionTable, readInteractionTable } from '../../engine/interactions/read-table.ts';
import { kernelFor } from '../kernel.ts';
import { countListFlag, threadsFlag } from '../number-flags.ts';
import { withProgress } from '../progress-bar.ts';
import {
  alignTables,
  type Evaluation,
  evaluateCandidates,
  evaluateFullCatalogue,
  type Holdout,
  popularityScorer,
  type Scorer,
} from '../scoring/holdout.ts';
import { type CandidateLine, readCandidates } from '../scoring/read-candidates.ts';
import { collectSetting } from '../set-option.ts';
import { textTable } from '../text-table.ts';
import { sweepsHelp, type TableOptions, tableOptions, trainTable } from '../train-table.ts';

interface EvaluateFlags {
  readonly train: string;
  readonly test: string;
  readonly protocol: 'full' | 'candidates';
  readonly k: readonly number[];
  readonly seed: string;
  readonly threads?: number;
  readonly set: readonly string[];
  readonly json: boolean;
  readonly quiet: boolean;
}

/** `dubplate evaluate`: train on one table, rank for the held-out other. */
export const evaluateCommand = (): Command =>
  new Command('evaluate')
    .description('train on one table of interactions and score the ranking against a held-out one')
    .requiredOption('--train <file>', 'columns user, item and perhaps a weight; tab, comma or space, gzipped or not')
    .requiredOption('--test <file>', 'held-out rows of the same form; for candidates: user, positive, negatives …')
    .addOption(
      new Option('--protocol <name>', 'rank the whole catalogue, or the positive among given candidates')
        .choices(['full', 'candidates'])
        .default('full'),
    )
    .option('--k <list>', 'cut-offs of recall, ndcg and hit', countListFlag, [5, 10, 20])
    .option('--seed <text>', 'seed of the start factors', '1')
    .addOption(threadsFlag())
    .option('--set <path=value>', 'override an option, e.g. als.factors=64 (repeatable)', collectSetting, [])
    .option('--json', 'print as JSON', false)
    .option('--quiet', 'no progress', false)
    .addHelpText('after', `\nWhat a user has in training is not ranked for them. Note: ${sweepsHelp}.`)
    .action(async (flags: EvaluateFlags) => {
      const options = tableOptions(flags.set);
      const train = await readInteractionTable(flags.train);
      const kernel = kernelFor(flags.threads);
      const evaluate = flags.protocol === 'full' ? evaluateFull : evaluateAmongCandidates;
      const result = await withProgress(flags, 'Nothing was scored to its end.', (progress) =>
        evaluate(train, flags, options, { kernel, progress }),
      );
      if (result.als.n === 0) throw nothingToScore(flags);
      for (const note of result.notes) process.stderr.write(`${note}\n`);
      process.stdout.write(
        flags.json ? `${JSON.stringify(asJson(result, flags, options))}\n` : asText(result, flags, options),
      );
    });

interface Comparison {
  readonly als: Evaluation;
  readonly popularity: Evaluation;
  readonly notes: readonly string[];
}

async function evaluateFull(
  train: InteractionTable,
  flags: EvaluateFlags,
  options: TableOptions,
  run: TrainRun & { readonly progress: Progress },
): Promise<Comparison> {
  const test = await readInteractionTable(flags.test).catch(suggestCandidates);
  strangersIn(train, test, flags);
  const holdout = alignTables(train, test);
  const { als, popularity } = await scorersOf(holdout, flags.seed, options, run);
  return {
    als: await evaluateFullCatalogue(holdout, als, flags.k, run.progress),
    popularity: await evaluateFullCatalogue(holdout, popularity, flags.k, run.progress),
    notes: [...train.notes, ...test.notes, ...strangersIn(train, test, flags)],
  };
}

async function evaluateAmongCandidates(
  train: InteractionTable,
  flags: EvaluateFlags,
  options: TableOptions,
  run: TrainRun & { readonly progress: Progress },
): Promise<Comparison> {
  const lines = await readCandidates(flags.test);
  const holdout = alignTables(train, asTable(lines));
  const userRow = rowsById(holdout.users);
  const trackRow = rowsById(holdout.tracks);
  const questions = lines.map(({ user, positive, negatives }) => ({
    user: userRow(user),
    positive: trackRow(positive),
    negatives: Uint32Array.from(negatives, trackRow),
  }));
  const { als, popularity } = await scorersOf(holdout, flags.seed, options, run);
  return {
    als: await evaluateCandidates(holdout.train, questions, als, flags.k, run.progress),
    popularity: await evaluateCandidates(holdout.train, questions, popularity, flags.k, run.progress),
    notes: train.notes,
  };
}

/** The row of each id. */
function rowsById(ids: readonly string[]): (id: string) => number {
  const rows = new Map(ids.map((id, row) => [id, row]));
  return (id) => {
    const row = rows.get(id);
    if (row === undefined) throw new Error(`'${id}' has no row among ${ids.length}`);
    return row;
  };
}

/**
 * How much of the test file the training file does not know: such users are ranked by popularity, such items last.
 * @throws DubplateError INVALID_INPUT when the two have no item in common.
 */
function strangersIn(train: InteractionTable, test: InteractionTable, flags: EvaluateFlags): string[] {
  const unknown = (ids: readonly string[], known: readonly string[]): number => {
    const all = new Set(known);
    return ids.filter((id) => !all.has(id)).length;
  };
  const items = unknown(test.tracks, train.tracks);
  const users = unknown(test.users, train.users);
  if (items === test.tracks.length) {
    throw new DubplateError('INVALID_INPUT', `${flags.test} and ${flags.train} have no item in common`, {
      hint: 'Both must be parts of one data set, with the same ids and the same order of columns.',
    });
  }
  return [
    ...(users > 0
      ? [`${users} of ${test.users.length} test users are not in training: they are ranked by popularity.`]
      : []),
    ...(items > 0 ? [`${items} of ${test.tracks.length} test items are not in training: nothing can rank them.`] : []),
  ];
}

/** Lines of candidates are often taken for a table. */
function suggestCandidates(error: unknown): never {
  if (!(error instanceof DubplateError) || error.details.line === undefined) throw error;
  throw new DubplateError(error.code, error.message, {
    hint: `${error.hint} Where a line names a user, a positive and negatives, add --protocol candidates.`,
    details: error.details,
    cause: error,
  });
}

const nothingToScore = ({ test, train }: EvaluateFlags): DubplateError =>
  new DubplateError('INVALID_INPUT', `Nothing in ${test} can be scored: every user has all of it in ${train} already`, {
    hint: 'Hold rows out: the test file must have pairs that the training file has not.',
  });

/** All ids that questions name, as a table, so that every candidate has a row. */
function asTable(lines: readonly CandidateLine[]): InteractionTable {
  const users = [...new Set(lines.map(({ user }) => user))];
  const tracks = [...new Set(lines.flatMap(({ positive, negatives }) => [positive, ...negatives]))];
  const none = { row: new Uint32Array(0), col: new Uint32Array(0), weight: [] };
  return { users, tracks, weights: csrFromTriples({ rows: users.length, cols: tracks.length }, none), notes: [] };
}

/** Factors score those who have a history; anybody else is served what is popular. */
async function scorersOf(
  holdout: Pick<Holdout, 'users' | 'tracks' | 'train'>,
  seed: string,
  options: TableOptions,
  run: TrainRun,
): Promise<{ readonly als: Scorer; readonly popularity: Scorer }> {
  const { train } = holdout;
  const { users, tracks } = await trainTable({ ...holdout, weights: train }, options, seed, run);
  const popularity = popularityScorer(transpose(train));
  const ready = await run.kernel.prepareScores(tracks);
  const als: Scorer = async (asked) => {
    const X = zeros(asked.length, users.cols);
    for (const [i, user] of asked.entries()) rowOf(X, i).set(rowOf(users, user));
    const scores = await ready.of(X);
    for (const [i, user] of asked.entries())
      if (!hasHistory(train, user)) scores.set(await popularity(Uint32Array.of(user)), i * tracks.rows);
    return scores;
  };
  return { als, popularity };
}

const hasHistory = (train: Csr, user: number): boolean => train.indptr[user + 1]! > train.indptr[user]!;

/** The factors' metrics stand at the top, under their own names; the reference row below `popularity`. */
const asJson = ({ als, popularity, notes }: Comparison, flags: EvaluateFlags, options: TableOptions) => ({
  schema: 1,
  protocol: flags.protocol,
  ...als.metrics,
  n: als.n,
  skipped: als.skipped,
  popularity: { ...popularity.metrics, n: popularity.n, skipped: popularity.skipped },
  seed: flags.seed,
  options,
  notes,
});

function asText({ als, popularity }: Comparison, { seed }: EvaluateFlags, options: TableOptions): string {
  const names = Object.keys(als.metrics);
  const rows = [
    ['', ...names],
    ...Object.entries({ als, popularity }).map(([model, { metrics }]) => [
      model,
      ...names.map((name) => (metrics[name] ?? 0).toFixed(4)),
    ]),
  ];
  const { objective, factors, alpha, regularization, unobservedWeight, sweeps, momentum } = options.als;
  const weighing = objective === 'hkv' ? `alpha ${alpha}` : `unobservedWeight ${unobservedWeight}`;
  return `${textTable(rows, { isFigures: (_, i) => i > 0 })}${als.n} users counted, ${als.skipped} skipped because nothing held out is relevant for them
als: ${factors} factors, objective ${objective}, ${weighing}, regularization ${regularization}, ${sweeps} sweeps, momentum ${momentum}, weights ${options.weights}, seed ${seed}
`;
}
