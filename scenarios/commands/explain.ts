import { Command } from 'commander';
import { estimate } from '../estimate.ts';
import { findScenario } from '../registry.ts';
import { addScenarioFlags, applyScenarioFlags, type ScenarioFlags } from '../scenario-flags.ts';
import { isRead } from '../schema.ts';

interface ExplainFlags extends ScenarioFlags {
  readonly json: boolean;
}

/** `dubplate explain <scenario>`: what a run would do; nothing is run. */
export const explainCommand = (): Command =>
  addScenarioFlags(
    new Command('explain').description(
      'show the resolved configuration, estimated time and memory of a scenario; run nothing',
    ),
  )
    .argument('<scenario>', 'name (see `dubplate list`) or path of a .ts file that exports one')
    .option('--json', 'print as JSON', false)
    .action(async (name: string, flags: ExplainFlags) => {
      const scenario = applyScenarioFlags(await findScenario(name), flags, `scenario ${name}`);
      const cost = estimate(scenario);
      if (flags.json) {
        process.stdout.write(`${JSON.stringify({ schema: 1, scenario, estimate: cost })}\n`);
        return;
      }
      process.stdout.write(`${scenario.question}\n\n`);
      for (const [path, value] of leaves(scenario))
        if (isRead(scenario, path)) process.stdout.write(`${path} = ${JSON.stringify(value)}\n`);
      process.stdout.write('\nEstimated, from measured rates (provenance: derived):\n');
      for (const { what, value } of cost.lines) process.stdout.write(`  ${what.padEnd(34)} ${value}\n`);
      for (const warning of cost.warnings) process.stdout.write(`warning: ${warning}\n`);
    });

/** Every option by its path, in the form that `--set` takes. */
function* leaves(value: unknown, path = ''): Generator<readonly [string, unknown]> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) yield [path, value];
  else for (const [key, inner] of Object.entries(value)) yield* leaves(inner, path === '' ? key : `${path}.${key}`);
}
