import { median } from 'simple-statistics';
import { flopsPerSweep } from '../../engine/als/conjugate-gradient.ts';
import { DubplateError } from '../../engine/core/errors.ts';
import { alsOptionsSchema } from '../../engine/options.ts';
import type { Machine } from '../machine.ts';
import { parseAmount } from '../units.ts';
import { type BenchFile, busyMachine, otherMachine } from './bench-files.ts';
import {
  type Fit,
  type FormName,
  fitTimes,
  isWithinReach,
  type Prediction,
  reach,
  type TimedPoint,
  usualForms,
} from './fit.ts';
import type { Found, FoundInput, InputName, Inputs } from './inputs.ts';
import { structuralRate } from './structural-rate.ts';
import { sweepFlops } from './work.ts';

/** Measured times of one kind of work, and the rate that a plan takes from them. */
export interface RateFit {
  /** The figure of the bench: `als.secondsPerSweep`. */
  readonly what: string;
  /** The input that it gives. */
  readonly input: InputName;
  /** What n counts. */
  readonly n: string;
  readonly points: readonly TimedPoint[];
  readonly threads: number;
  readonly fit?: Omit<Fit, 'predict'>;
  /** The work of the plan, and its time by the fit, or why the fit is not asked. */
  readonly plan: { readonly n: number; readonly predicted?: Prediction; readonly refused?: string };
}

/** What bench files tell a plan. */
export interface BenchRates {
  readonly found: Found;
  readonly fits: readonly RateFit[];
  readonly warnings: readonly string[];
}

interface TimedSeries {
  readonly what: string;
  readonly input: InputName;
  readonly n: string;
  /** The work of the plan, in the same unit. */
  readonly work: (inputs: Inputs) => number;
  /** What the time may be in n; by default {@link usualForms}. */
  readonly forms?: readonly FormName[];
  /** The input from work per second of one thread. */
  readonly rate: (perSecond: number) => number;
  readonly points: (file: BenchFile) => readonly (TimedPoint & { readonly threads: number })[];
}

/** Work whose time grows with its size. FLOP are the structure of the model: the fit is of seconds over them. */
const series: readonly TimedSeries[] = [
  {
    what: 'als.secondsPerSweep',
    input: 'alsRate',
    n: 'FLOP of a sweep',
    work: (inputs) => sweepFlops(inputs),
    rate: (perSecond) => perSecond / 1e9,
    points: (file) =>
      valuesOf(file, 'als.secondsPerSweep', /^(\S+) x (\S+), (\S+), k=(\d+), (\d+) threads?$/).map(
        ({ value, parts: [users, tracks, interactions, factors, threads] }) => ({
          n: defaultSweep({ users, tracks, interactions, factors }),
          seconds: value,
          threads: threads ?? 1,
        }),
      ),
  },
  {
    what: 'retrieval.usersPerSecond',
    input: 'retrievalRate',
    n: 'FLOP of one list',
    // Blocks of tracks that cannot reach the list are passed over: the more tracks, the more of them.
    forms: ['a n^b', ...usualForms],
    work: ({ tracks, factors }) => 2 * tracks * factors,
    rate: (perSecond) => perSecond / 1e9,
    points: (file) =>
      valuesOf(file, 'retrieval.usersPerSecond', /^(\S+) x (\S+), (\S+), k=(\d+), n=(\d+), (\d+) threads?$/).map(
        ({ value, parts: [, tracks = 0, , factors = 0, , threads = 1] }) => ({
          n: 2 * tracks * factors,
          seconds: 1 / value,
          threads,
        }),
      ),
  },
  {
    what: 'cache.setsPerSecond',
    input: 'setsPerSecond',
    n: 'lists',
    work: ({ listeners }) => listeners,
    rate: (perSecond) => perSecond,
    points: (file) =>
      valuesOf(file, 'cache.setsPerSecond', /^u64, \S+ of \S+ tracks, (\S+) lists, /).map(
        ({ value, parts: [lists = 0] }) => ({ n: lists, seconds: lists / value, threads: 1 }),
      ),
  },
];

/** The rows of one figure whose size reads as expected; counts like 50k as numbers. */
function valuesOf(
  { rows }: BenchFile,
  what: string,
  size: RegExp,
): { readonly value: number; readonly parts: readonly number[] }[] {
  return rows
    .filter((row) => row.what === what)
    .flatMap((row) => {
      const parts = size
        .exec(row.size)
        ?.slice(1)
        .map((text) => parseAmount(text, 'count')?.value ?? Number.NaN);
      return parts?.every(Number.isFinite) ? [{ value: row.value, parts }] : [];
    });
}

const defaultSweep = (
  size: Readonly<Record<'users' | 'tracks' | 'interactions' | 'factors', number | undefined>>,
): number => {
  const { solver, cgSteps } = alsOptionsSchema.parse({});
  const { users = 0, tracks = 0, interactions = 0, factors = 0 } = size;
  return flopsPerSweep({ users, tracks, interactions, factors, solver, cgSteps });
};

/** Rates that are taken as they are: one figure, no size to grow with. */
const plainRates: readonly {
  readonly what: string;
  readonly input: InputName;
  readonly size: RegExp;
  readonly scale: number;
}[] = [
  { what: 'encoder.inferCpuMsPerTrack', input: 'encodeSeconds', size: /./, scale: 1e-3 },
  { what: 'foldin.milliseconds', input: 'foldInMs', size: /p50$/, scale: 1 },
  { what: 'cache.getsPerSecond', input: 'getsPerSecond', size: /^u64, /, scale: 1 },
];

/**
 * The rates in bench files, each at the size of the plan: by a fit of times where that is within its reach, else as measured at
 * the largest size, which supposes that the time stays in proportion to the work.
 *
 * @param given a file that says the same as one before it is taken once.
 * @param inputs sizes of the plan.
 * @throws DubplateError INVALID_INPUT where a time or rate that a plan takes is not above 0.
 */
export function benchRates(given: readonly BenchFile[], inputs: Inputs, here: Machine): BenchRates {
  const files = onceEach(given);
  files.forEach(checkValues);
  const found: Partial<Record<InputName, FoundInput>> = {};
  const fits: RateFit[] = [];
  const warnings = files.flatMap((file) =>
    [otherMachine(file, here), busyMachine(file)].filter((text) => text !== undefined),
  );
  const ofOthers = (used: readonly BenchFile[]): string =>
    used.some((file) => otherMachine(file, here) !== undefined) ? ' (another machine)' : '';
  for (const file of files.filter(usesOtherOptions)) {
    warnings.push(`${file.path} was trained with other options than the default: its seconds per sweep are left out`);
  }
  for (const one of series) {
    const isFit = (file: BenchFile): boolean => !(one.what.startsWith('als.') && usesOtherOptions(file));
    const used = files.filter((file) => one.points(file).length > 0 && isFit(file));
    if (used.length === 0) continue;
    const fitted = fitSeries(one, used, inputs);
    fits.push(fitted.fit);
    warnings.push(...doubtsOf(fitted.fit));
    found[one.input] = { ...fitted.input, source: `${fitted.input.source}${ofOthers(used)}` };
  }
  for (const { what, input, size, scale } of plainRates) {
    const used = files.filter(({ rows }) => rows.some((row) => row.what === what && size.test(row.size)));
    const values = used.flatMap(({ rows }) =>
      rows.filter((row) => row.what === what && size.test(row.size)).map(({ value }) => value * scale),
    );
    if (values.length === 0) continue;
    found[input] = { value: median(values), ...around(values), source: `${what} of ${pathsOf(used)}${ofOthers(used)}` };
  }
  warnings.push(...files.flatMap(unread));
  return { found, fits, warnings };
}

/** The same measurement given twice is not more of them, under whatever name. */
function onceEach(files: readonly BenchFile[]): readonly BenchFile[] {
  return [
    ...new Map(files.toReversed().map((file) => [JSON.stringify({ ...file, path: '' }), file])).values(),
  ].reverse();
}

function checkValues({ path, rows }: BenchFile): void {
  const known = new Set([...series, ...plainRates].map(({ what }) => what)).add('als.gflops');
  const wrong = rows.find(({ what, value }) => known.has(what) && !(value > 0));
  if (wrong === undefined) return;
  throw new DubplateError(
    'INVALID_INPUT',
    `${path}: found ${wrong.what} of ${wrong.value} ${wrong.unit} (${wrong.size}), expected more than 0`,
    { hint: 'Measure again with `dubplate bench … --json`: a time or rate that is not above 0 was not measured.' },
  );
}

/** What is to be said of a file of which nothing, or less than it holds, can be used. */
function unread(file: BenchFile): string[] {
  const known = [
    ...series.map(({ what, points }) => ({ what, isReadable: points(file).length > 0 })),
    ...plainRates.map(({ what, size }) => ({
      what,
      isReadable: file.rows.some((row) => row.what === what && size.test(row.size)),
    })),
  ];
  const there = known.filter(({ what }) => file.rows.some((row) => row.what === what));
  if (there.length === 0) return [`${file.path} (bench ${file.bench}) holds no rate that a plan uses`];
  return there
    .filter(({ isReadable }) => !isReadable)
    .map(({ what }) => {
      const size = file.rows.find((row) => row.what === what)?.size;
      return `${file.path}: no size of ${what} can be read (such as '${size}'): it is left out`;
    });
}

/** The interval of a time may reach down to 0, of which there is no rate: less than this share of the time is not believed. */
const leastShare = 0.01;

function fitSeries(
  { what, input, n, work, forms, rate, points: pointsOf }: TimedSeries,
  files: readonly BenchFile[],
  inputs: Inputs,
): { readonly fit: RateFit; readonly input: FoundInput } {
  const { points, threads } = widestGroup(files.flatMap(pointsOf));
  const fit = fitTimes(points, forms);
  const planned = work(inputs);
  const largest = Math.max(...points.map((point) => point.n));
  const common = { what, input, n, points, threads, ...(fit && { fit }) };
  const perThread = (amount: number, seconds: number): number => rate(amount / seconds / threads);
  const from = `${what} of ${pathsOf(files)}`;
  if (fit && isWithinReach(fit, planned)) {
    const predicted = fit.predict(planned);
    const { seconds, low, high } = predicted;
    return {
      fit: { ...common, plan: { n: planned, predicted } },
      input: {
        value: perThread(planned, seconds),
        low: perThread(planned, high),
        high: perThread(planned, Math.max(low, leastShare * seconds)),
        source: `${from}, fit ${fit.form}`,
      },
    };
  }
  const refused = fit
    ? `the plan is ${(planned / largest).toPrecision(2)} times the largest measured size: beyond ${reach} times a fit says nothing`
    : 'too few sizes for a fit: it needs two up to a quarter of the largest';
  const rates = points.map((point) => perThread(point.n, point.seconds));
  const atLargest = rates.filter((_, i) => points[i]?.n === largest);
  return {
    fit: { ...common, plan: { n: planned, refused } },
    input: structuralRate({ input, value: median(atLargest), ...around(rates), source: from }, planned / largest),
  };
}

/** A prediction may be so far from a held-out time before it is worth a word. */
const mostError = 0.15;

function doubtsOf({ what, input, fit, plan }: RateFit): string[] {
  const worst = Math.max(0, ...(fit?.heldOut ?? []).map(({ error }) => Math.abs(error)));
  return [
    fit?.heldOut.length === 0 &&
      `the fit of ${what} was not tried on sizes four times as large as those that it is from: too few of them are up to a quarter of the largest for ${fit.form}; measure more small sizes`,
    worst > mostError &&
      `the fit of ${what} misses held-out sizes by up to ${(100 * worst).toFixed(0)} %: measure more sizes, on an idle machine`,
    plan.refused !== undefined && `${input} supposes that time stays in proportion to the work: ${plan.refused}`,
  ].filter((text) => text !== false);
}

/** The points measured with one number of threads: that with most sizes, and of these the most threads. */
function widestGroup(all: readonly (TimedPoint & { readonly threads: number })[]): {
  readonly points: readonly TimedPoint[];
  readonly threads: number;
} {
  const groups = [...new Set(all.map(({ threads }) => threads))].map((threads) => {
    const points = all.filter((point) => point.threads === threads).map(({ n, seconds }) => ({ n, seconds }));
    return { threads, points, sizes: new Set(points.map(({ n }) => n)).size };
  });
  const [widest] = groups.sort((a, b) => b.sizes - a.sizes || b.threads - a.threads);
  if (widest === undefined) throw new Error('a series without points');
  return widest;
}

/** A single run may be a quarter off; several say themselves how far they lie apart. */
const around = (values: readonly number[]): { readonly low: number; readonly high: number } => ({
  low: Math.min(...values) * (values.length === 1 ? 0.75 : 1),
  high: Math.max(...values) * (values.length === 1 ? 1.25 : 1),
});

const pathsOf = (files: readonly BenchFile[]): string => files.map(({ path }) => path).join(', ');

/** The file says its GFLOP/s: with other options, a sweep of the default ones would not be what was timed. */
function usesOtherOptions(file: BenchFile): boolean {
  const [gflops] = file.rows.filter(({ what }) => what === 'als.gflops');
  const [first] = series[0]?.points(file) ?? [];
  if (gflops === undefined || first === undefined) return false;
  return Math.abs((gflops.value * 1e9 * first.seconds) / first.n - 1) > 0.001;
}
