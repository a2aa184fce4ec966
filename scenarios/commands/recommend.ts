import { Command } from 'commander';
import { DubplateError } from '../../engine/core/errors.ts';
import { rowOf } from '../../engine/core/matrix.ts';
import { sparseRow } from '../../engine/interactions/csr.ts';
import { type InteractionTable, readInteractionTable } from '../../engine/interactions/read-table.ts';
import { recommendTopN } from '../../engine/retrieval/top-n.ts';
import { type Model, readModel } from '../model-folder.ts';
import { countFlag } from '../number-flags.ts';

interface RecommendFlags {
  readonly model: string;
  readonly interactions?: string;
  readonly user?: readonly string[];
  readonly n: number;
  readonly json: boolean;
}

/** `dubplate recommend`: factors in, the best tracks of each user out. */
export const recommendCommand = (): Command =>
  new Command('recommend')
    .description('the best tracks of each user, from a trained model')
    .requiredOption('--model <folder>', 'what `dubplate train --out` wrote')
    .option('--interactions <file>', 'leave out what each user has in this table; without it nothing is left out')
    .option('--user <ids...>', 'only these users')
    .option('--n <count>', 'tracks per user', countFlag, 20)
    .option('--json', 'print as JSON instead of tab-separated user, item, score', false)
    .option('--quiet', 'no progress (there is none; for symmetry)', false)
    .action(async (flags: RecommendFlags) => {
      const model = readModel(flags.model);
      const heardBy =
        flags.interactions === undefined ? () => [] : heardIn(await readInteractionTable(flags.interactions));
      const lists = chooseUsers(model, flags.user).map(({ id, row }) => listOf(model, id, row, heardBy(id), flags.n));
      if (flags.json) process.stdout.write(`${JSON.stringify({ schema: 1, n: flags.n, users: lists })}\n`);
      else {
        for (const { user, items } of lists) {
          process.stdout.write(items.map(({ item, score }) => `${user}\t${item}\t${score.toPrecision(8)}\n`).join(''));
        }
      }
    });

function chooseUsers(model: Model, wanted: readonly string[] | undefined): { id: string; row: number }[] {
  if (wanted === undefined) return model.users.map((id, row) => ({ id, row }));
  const rows = new Map(model.users.map((id, row) => [id, row]));
  const unknown = wanted.filter((id) => !rows.has(id));
  if (unknown.length > 0) {
    throw new DubplateError('INVALID_INPUT', `The model has no user ${unknown.map((id) => `'${id}'`).join(', ')}`, {
      hint: 'Its users are listed in users.txt of the model folder. A user who was not trained on has no factor.',
    });
  }
  return wanted.map((id) => ({ id, row: rows.get(id) ?? 0 }));
}

/** What each user of a table has met, by id. */
function heardIn(table: InteractionTable): (user: string) => readonly string[] {
  const rows = new Map(table.users.map((id, row) => [id, row]));
  return (user) => {
    const row = rows.get(user);
    return row === undefined ? [] : Array.from(sparseRow(table.weights, row).rows, (t) => table.tracks[t] ?? '');
  };
}

function listOf(model: Model, user: string, row: number, heard: readonly string[], n: number) {
  const isHeard = new Set(heard);
  const allow = Uint8Array.from(model.tracks, (id) => (isHeard.has(id) ? 0 : 1));
  const { rows, scores } = recommendTopN(rowOf(model.factors.users, row), model.factors.tracks, n, { allow });
  return { user, items: Array.from(rows, (t, i) => ({ item: model.tracks[t] ?? '', score: scores[i] ?? 0 })) };
}
