import { Command, Option } from 'commander';
import { writeFileAtomic } from '../../engine/core/files.ts';
import { readBenchFile } from '../capacity/bench-files.ts';
import { benchRates } from '../capacity/bench-rates.ts';
import { flagOf, type InputName, inputNames, planInputs, specOf, valuesOf } from '../capacity/inputs.ts';
import { planMarkdown } from '../capacity/markdown.ts';
import { makePlan } from '../capacity/plan.ts';
import { planJson, planText } from '../capacity/print.ts';
import { ratesAtPlan, runRates } from '../capacity/run-rates.ts';
import { thisMachine } from '../machine.ts';
import { checkOutputFile } from '../output-path.ts';
import { formatAmount } from '../units.ts';

type PlanFlags = Readonly<Partial<Record<InputName, string>>> & {
  readonly bench: readonly string[];
  readonly from?: string;
  readonly out?: string;
  readonly json: boolean;
};

/** `dubplate plan`: what a recommender of this size takes, and whether that is there. */
export function planCommand(): Command {
  const command = new Command('plan')
    .description('capacity plan: cache, shards, refresh, training, retrieval, storage and money at any size')
    .option('--bench <files...>', 'take rates from these results of `dubplate bench … --json`', [])
    .option('--from <run>', 'take activity and rates from a finished run')
    .option('--out <file>', 'also write the plan as Markdown')
    .option('--json', 'print as JSON', false);
  for (const name of inputNames) {
    const { about, unit, value, provenance } = specOf(name);
    const standard = name === 'shards' ? '' : ` (${provenance}: ${formatAmount(value, unit)})`;
    command.addOption(new Option(`${flagOf(name)} <amount>`, `${about}${standard}`));
  }
  return command.addHelpText('after', help).action((flags: PlanFlags) => {
    const { bench, from, out, json } = flags;
    if (out !== undefined) checkOutputFile(out);
    const texts = Object.fromEntries(
      inputNames.flatMap((name) => (flags[name] === undefined ? [] : [[name, flags[name]]])),
    );
    const measured = from === undefined ? { found: {}, work: {}, warnings: [] } : runRates(from);
    const sized = valuesOf(planInputs(texts, measured.found));
    const run = ratesAtPlan(measured, sized);
    const rates = benchRates(bench.map(readBenchFile), sized, thisMachine());
    const plan = makePlan(planInputs(texts, { ...run.found, ...rates.found }), {
      fits: rates.fits,
      warnings: [...run.warnings, ...rates.warnings],
    });
    if (out !== undefined) writeFileAtomic(out, planMarkdown(plan));
    process.stdout.write(json ? planJson(plan) : planText(plan));
  });
}

const help = `
Amounts carry k, M, G, B (billion) or T: 300M. Shares are 40% or 0.4, times 24h, 7d or 30min, sizes 25GB (10⁹) or 25GiB (2³⁰),
prices $0.0067/GB-h@2026-11-23, with the day on which they were looked up.

Memory is by the closed form that a real Redis confirmed (dubplate bench cache). Times are from rates: assumed ones, or measured
ones with --bench and --from; what a flag says goes before a bench, and that before a run. A fit of measured times is
chosen by what it foresees: fitted on small sizes only, all that are at least twice as large. It is not asked beyond 100 times the
largest: there the rate of the largest size holds in proportion, and the input says 'structural'.

A line holds, holds with what is named, or does not hold. What the interval of a line is from, and what it is sensitive to, is
in --json, with every formula.

Examples:
  npx dubplate plan
  npx dubplate plan --listeners 300M --tracks 100M --releases-per-day 40k --slate 200 --refresh-hours 24 --out plan.md
  npx dubplate bench als --growth --json > als.json && npx dubplate plan --bench als.json
  npx dubplate plan --from runs/cold-start-1 --ram-price '$0.005/GB-h@2026-11-23' --json`;
