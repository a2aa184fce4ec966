import { Command } from 'commander';
import { warningsOn } from '../calibrated-world.ts';
import { estimate } from '../estimate.ts';
import { guideTo, helpOn } from '../option-guide.ts';
import { findScenario } from '../registry.ts';
import { addScenarioFlags, applyScenarioFlags, type ScenarioFlags } from '../scenario-flags.ts';
import { familiesOf, isRead, type Scenario, scenarioSchema } from '../schema.ts';

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
      const options = optionsOf(scenario);
      const warnings = flags.world ? warningsOn(flags.world, familiesOf(scenario)) : [];
      if (flags.json) {
        process.stdout.write(`${JSON.stringify({ schema: 1, scenario, options, estimate: cost, warnings })}\n`);
        return;
      }
      process.stdout.write(`${scenario.question}\n\n`);
      for (const { path, value, range, meaning } of options) {
        const help = [range, meaning].filter((text) => text !== '').join('; ');
        process.stdout.write(`${path} = ${JSON.stringify(value)}${help === '' ? '' : `   (${help})`}\n`);
      }
      process.stdout.write('\nEstimated, from measured rates (provenance: derived):\n');
      for (const { what, value } of cost.lines) process.stdout.write(`  ${what.padEnd(34)} ${value}\n`);
      for (const warning of [...warnings, ...cost.warnings]) process.stdout.write(`warning: ${warning}\n`);
    });

/** Every option that is read, with what there is to say of it. */
function optionsOf(scenario: Scenario) {
  const guide = guideTo(scenarioSchema);
  return [...leaves(scenario)]
    .filter(([path]) => isRead(scenario, path))
    .map(([path, value]) => ({ path, value, ...helpOn(guide, path.split('.'), value) }));
}

/** Every option by its path, in the form that `--set` takes. */
function* leaves(value: unknown, path = ''): Generator<readonly [string, unknown]> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) yield [path, value];
  else for (const [key, inner] of Object.entries(value)) yield* leaves(inner, path === '' ? key : `${path}.${key}`);
}
