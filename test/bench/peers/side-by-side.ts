// What programs that are compared have in common: jobs in turn, each in a process of its own, and a table of ratios.
import { execFile } from 'node:child_process';
import { max, median, min } from 'simple-statistics';
import type { Progress } from '../../../engine/core/progress.ts';
import { formatFigure } from '../../../reports/format.ts';
import { textTable } from '../../../scenarios/text-table.ts';

/** The same of Dubplate and of its peer. */
export type Both<Peer extends string, T> = Readonly<Record<'dubplate' | Peer, T>>;

/** One figure of both programs: the median over all repetitions, and all of them. */
export interface Comparison<Peer extends string> {
  readonly what: string;
  readonly size: string;
  readonly unit: string;
  readonly medians: Both<Peer, number>;
  /** How many times faster, or smaller, Dubplate is. */
  readonly ratio: number;
  readonly all: Both<Peer, readonly number[]>;
  readonly provenance: 'measured';
}

/** Sets a figure of both side by side; of rates (`…/s`) more is better, of all else less. */
export function compare<Peer extends string, T>(
  peer: Peer,
  about: { readonly what: string; readonly size: string; readonly unit: string },
  of: Both<Peer, readonly T[]>,
  figure: (one: T) => number,
): Comparison<Peer> {
  const both = <U>(f: (program: 'dubplate' | Peer) => U): Both<Peer, U> =>
    ({ dubplate: f('dubplate'), [peer]: f(peer) }) as Both<Peer, U>;
  const all = both((program) => of[program].map(figure));
  const medians = both((program) => median([...all[program]]));
  const [ours, theirs] = [medians.dubplate, medians[peer]];
  return {
    ...about,
    medians,
    ratio: about.unit.endsWith('/s') ? ours / theirs : theirs / ours,
    all,
    provenance: 'measured',
  };
}

export const comparisonTable = <Peer extends string>(peer: Peer, rows: readonly Comparison<Peer>[]): string =>
  textTable([
    ['what', 'unit', 'dubplate', peer, 'ratio', 'size'],
    ...rows.map(({ what, unit, medians, ratio, all, size }) => [
      what,
      unit,
      shown(medians.dubplate, all.dubplate),
      shown(medians[peer], all[peer]),
      `${ratio.toFixed(2)} ×`,
      size,
    ]),
  ]);

const shown = (figure: number, all: readonly number[]): string =>
  all.length === 1
    ? formatFigure(figure)
    : `${formatFigure(figure)} (${formatFigure(min([...all]))} to ${formatFigure(max([...all]))})`;

/** A B A B …: what else the machine does meets both. */
export async function inTurn<Peer extends string, T>(
  peer: Peer,
  repetitions: number,
  progress: Progress,
  label: string,
  job: (program: 'dubplate' | Peer, repetition: number) => Promise<T>,
): Promise<Both<Peer, T[]>> {
  const results = { dubplate: [], [peer]: [] } as unknown as Record<'dubplate' | Peer, T[]>;
  for (let repetition = 0; repetition < repetitions; repetition++) {
    for (const [i, program] of ([peer, 'dubplate'] as const).entries()) {
      progress(`${label}: ${program}`, 2 * repetition + i, 2 * repetitions);
      results[program].push(await job(program, repetition));
    }
  }
  progress(label, 2 * repetitions, 2 * repetitions);
  return results;
}

/** The interpreter that peers run in. */
export const python = process.env.PYTHON ?? 'python3';

/** Runs a program to its end; what it prints last is JSON. */
export const runProcess = (
  file: string,
  words: readonly string[],
  environment: Readonly<Record<string, string>> = {},
): Promise<unknown> =>
  new Promise<unknown>((resolve, reject) => {
    execFile(file, words, { env: { ...process.env, ...environment } }, (error, stdout, stderr) => {
      if (error) reject(new Error(`${file} ${words.join(' ')}: ${stderr.trim() || error.message}`));
      else resolve(JSON.parse(stdout.trim().split('\n').at(-1) ?? ''));
    });
  });
