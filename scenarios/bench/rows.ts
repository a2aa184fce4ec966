import { loadavg } from 'node:os';
import { z } from 'zod';
import type { KernelName } from '../../engine/als/kernel.ts';
import { formatFigure, plural } from '../../reports/format.ts';
import { thisMachine } from '../machine.ts';
import { textTable } from '../text-table.ts';

const benchRowSchema = z.strictObject({
  /** Name of the figure: `als.secondsPerSweep`. */
  what: z.string().regex(/^[a-z]+\.[a-zA-Z]+$/),
  /** What it was measured on. */
  size: z.string().min(1),
  value: z.number(),
  unit: z.string().min(1),
  provenance: z.enum(['measured', 'derived', 'assumed']),
});

/** One figure of a benchmark. */
export type BenchRow = Readonly<z.output<typeof benchRowSchema>>;

/** What `bench --json` prints. Keys are only ever added. */
export const benchResultSchema = z.strictObject({
  schema: z.literal(1),
  bench: z.string(),
  machine: z.strictObject({
    cpu: z.string(),
    cores: z.number(),
    memoryBytes: z.number(),
    node: z.string(),
    platform: z.string(),
    kernel: z.string(),
    threads: z.number(),
    /** Processes that wanted to run when the benchmark began, mean of a minute: above 0, figures are worse than they could be. */
    load: z.number(),
  }),
  rows: z.array(benchRowSchema),
});

export type BenchResult = z.output<typeof benchResultSchema>;

export const benchMachine = ({
  name,
  threads,
}: {
  readonly name: string;
  readonly threads: number;
}): BenchResult['machine'] => ({
  ...thisMachine(),
  kernel: name,
  threads,
  load: loadavg()[0] ?? 0,
});

/** As a table for people or, with `json`, one line for machines; on stdout. */
export function printBench(result: BenchResult, json: boolean): void {
  if (json) {
    process.stdout.write(`${JSON.stringify(result)}\n`);
    return;
  }
  const { machine, rows } = result;
  process.stdout.write(
    `${machine.cores} × ${machine.cpu}, ${ranBy(machine.kernel)} on ${threadsText(machine)}, load ${machine.load.toFixed(1)} before\n\n`,
  );
  process.stdout.write(
    textTable([
      ['what', 'size', 'value', 'unit', 'provenance'],
      ...rows.map(({ what, size, value, unit, provenance }) => [
        what,
        size,
        shown(what, value),
        unit === '1' ? '' : unit,
        provenance,
      ]),
    ]),
  );
  if (machine.load > machine.cores / 4) {
    process.stdout.write(
      `\nOther programs were running (load ${machine.load.toFixed(1)} on ${machine.cores} cores): measured again on an idle machine, times will be shorter.\n`,
    );
  }
}

/** The names of kernels; what else a benchmark names has no kernel in it. */
const kernels: Readonly<Record<KernelName, true>> = { avx512: true, avx2: true, portable: true, typescript: true };

const ranBy = (name: string): string => (Object.hasOwn(kernels, name) ? `${name} kernel` : `${name} (no kernel)`);

/** Three digits are enough for a rate, but not to see a loss move. */
const shown = (what: string, value: number): string =>
  what === 'als.loss' ? value.toPrecision(6) : formatFigure(value);

/** A count as people say it where that is exact: 5M, 200k, 4999. */
export function shortCount(count: number): string {
  if (count > 0 && count % 1e5 === 0 && count >= 1e6) return `${count / 1e6}M`;
  return count > 0 && count % 1000 === 0 ? `${count / 1000}k` : String(count);
}

export const threadsText = ({ threads }: { readonly threads: number }): string => plural(threads, 'thread');
