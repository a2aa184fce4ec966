import { existsSync, statSync } from 'node:fs';
import { Command } from 'commander';
import { readInteractionTable } from '../../engine/interactions/read-table.ts';
import { plural } from '../../reports/format.ts';
import { readRun } from '../../reports/read-run.ts';
import { findScenario, scenarios } from '../registry.ts';
import { parseScenario } from '../schema.ts';
import { checkWholeRun } from '../whole-run.ts';

interface Verdict {
  readonly target: string;
  readonly kind: 'scenario' | 'run' | 'interactions';
  readonly isValid: boolean;
  /** What was found, or what is wrong and what to do. */
  readonly says: string;
}

/** `dubplate validate TARGETS...`: checks scenarios, runs and interaction files without running anything. */
export const validateCommand = (): Command =>
  new Command('validate')
    .description('check scenarios (names or files), run folders and interaction files; say what is wrong and where')
    .argument(
      '<targets...>',
      'scenario names, scenario files, run folders, or .tsv/.csv files of interactions (gz or not)',
    )
    .option('--json', 'print as JSON', false)
    .action(async (targets: readonly string[], { json }: { readonly json: boolean }) => {
      const verdicts: Verdict[] = [];
      for (const target of targets) verdicts.push(await validate(target));
      if (json) {
        process.stdout.write(`${JSON.stringify({ schema: 1, verdicts })}\n`);
      } else {
        for (const { target, kind, isValid, says } of verdicts) {
          process.stdout.write(`${isValid ? 'ok     ' : 'INVALID'} ${target} (${kind}): ${says}\n`);
        }
      }
      if (verdicts.some(({ isValid }) => !isValid)) process.exitCode = 2;
    });

async function validate(target: string): Promise<Verdict> {
  const kind = kindOf(target);
  try {
    return { target, kind, isValid: true, says: await describe(target, kind) };
  } catch (error) {
    if (!(error instanceof Error) || !('hint' in error)) throw error;
    return { target, kind, isValid: false, says: `${error.message}\n  → ${String(error.hint)}` };
  }
}

function kindOf(target: string): Verdict['kind'] {
  if (scenarios.some(({ name }) => name === target) || /\.(ts|js|mjs|json)$/.test(target)) return 'scenario';
  if (existsSync(target) && statSync(target).isDirectory()) return 'run';
  // A name that is neither that of a file nor looks like one.
  return existsSync(target) || /[./\\]/.test(target) ? 'interactions' : 'scenario';
}

async function describe(target: string, kind: Verdict['kind']): Promise<string> {
  switch (kind) {
    case 'scenario': {
      const { arms, days, worlds } = parseScenario(await findScenario(target), target);
      return [plural(Object.keys(arms).length, 'arm'), plural(days, 'day'), plural(worlds, 'world')].join(', ');
    }
    case 'run': {
      const { rows } = readRun(target);
      const { files, beside } = checkWholeRun(target);
      const others = beside.length > 0 ? `; no part of it: ${beside.join(', ')}` : '';
      return `finished, ${plural(rows.length, 'figure')}, ${plural(files, 'file')} whole${others}`;
    }
    case 'interactions': {
      const { users, tracks, weights, notes } = await readInteractionTable(target);
      const sides = `${plural(users.length, 'user')} and ${plural(tracks.length, 'track')}`;
      return [`${plural(weights.indices.length, 'pair')} of ${sides}`, ...notes].join('; ');
    }
  }
}
