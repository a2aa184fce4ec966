import { Command } from 'commander';
import { rankAdvice } from '../../engine/als/rank-advice.ts';
import { readInteractionTable } from '../../engine/interactions/read-table.ts';
import { plural } from '../../reports/format.ts';
import { kernelFor } from '../kernel.ts';
import { writeModel } from '../model-folder.ts';
import { threadsFlag } from '../number-flags.ts';
import { withProgress } from '../progress-bar.ts';
import { checkOutputFolder } from '../run-folder.ts';
import { collectSetting } from '../set-option.ts';
import { sweepsHelp, tableOptions, trainTable } from '../train-table.ts';

interface TrainFlags {
  readonly interactions: string;
  readonly out: string;
  readonly seed: string;
  readonly threads?: number;
  readonly set: readonly string[];
  readonly json: boolean;
  readonly quiet: boolean;
}

/** `dubplate train`: interactions in, factors out. */
export const trainCommand = (): Command =>
  new Command('train')
    .description('learn factors from a table of interactions')
    .requiredOption(
      '--interactions <file>',
      'columns user, item and perhaps a weight; tab, comma or space, gzipped or not',
    )
    .requiredOption(
      '--out <folder>',
      'where user_factors.npy, track_factors.npy, users.txt, tracks.txt and manifest.json go',
    )
    .option('--seed <text>', 'seed of the start factors', '1')
    .addOption(threadsFlag())
    .option('--set <path=value>', 'override an option, e.g. als.factors=64 (repeatable)', collectSetting, [])
    .option('--json', 'print a summary as JSON', false)
    .option('--quiet', 'no progress', false)
    .addHelpText('after', `\nNote: ${sweepsHelp}.`)
    .action(async (flags: TrainFlags) => {
      const options = tableOptions(flags.set);
      checkOutputFolder(flags.out, 'model');
      const table = await readInteractionTable(flags.interactions);
      const size = {
        users: table.users.length,
        tracks: table.tracks.length,
        interactions: table.weights.indices.length,
      };
      const advice = rankAdvice(options.als.factors, size);
      for (const note of [...table.notes, ...(advice === undefined ? [] : [advice])]) process.stderr.write(`${note}\n`);
      const kernel = kernelFor(flags.threads);
      const { users, tracks, losses } = await withProgress(flags, `Nothing was written to ${flags.out}.`, (progress) =>
        trainTable(table, options, flags.seed, { kernel, progress }),
      );
      const about = { seed: flags.seed, options, kernel: kernel.name, ...size, losses, notes: table.notes };
      writeModel(flags.out, { factors: { users, tracks }, users: table.users, tracks: table.tracks }, about);
      process.stdout.write(
        flags.json
          ? `${JSON.stringify({ schema: 1, out: flags.out, ...about })}\n`
          : `${flags.out}: ${plural(options.als.factors, 'factor')} of ${plural(size.users, 'user')} and ${plural(size.tracks, 'track')} from ${plural(size.interactions, 'interaction')}; loss ${losses[0]?.toPrecision(6)} after the first of ${plural(losses.length, 'sweep')}, ${losses.at(-1)?.toPrecision(6)} after the last\n`,
      );
    });
