import { Command } from 'commander';
import { scenarios } from '../registry.ts';

/** `dubplate list`: the scenarios that come with Dubplate. */
export const listCommand = (): Command =>
  new Command('list')
    .description('list the scenarios and what each answers')
    .option('--json', 'print as JSON', false)
    .action(({ json }: { readonly json: boolean }) => {
      const rows = scenarios.map(({ name, question, arms }) => ({ name, question, arms: Object.keys(arms) }));
      if (json) {
        process.stdout.write(`${JSON.stringify({ schema: 1, scenarios: rows })}\n`);
        return;
      }
      const width = Math.max(...rows.map(({ name }) => name.length));
      for (const { name, question, arms } of rows) {
        process.stdout.write(`${name.padEnd(width)}  ${question}\n${' '.repeat(width)}  arms: ${arms.join(', ')}\n`);
      }
    });
