import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { flopsPerSweep } from '../../engine/als/conjugate-gradient.ts';
import { alsOptionsSchema } from '../../engine/options.ts';
import { sizeText } from '../../scenarios/bench/problem.ts';
import type { BenchRow } from '../../scenarios/bench/rows.ts';
import { type BenchFile, readBenchFile } from '../../scenarios/capacity/bench-files.ts';
import { benchRates } from '../../scenarios/capacity/bench-rates.ts';
import { planInputs, valuesOf } from '../../scenarios/capacity/inputs.ts';
import { makePlan } from '../../scenarios/capacity/plan.ts';
import { planText } from '../../scenarios/capacity/print.ts';
import { thisMachine } from '../../scenarios/machine.ts';
import { say } from '../support/tiny-run.ts';

const folder = mkdtempSync(join(tmpdir(), 'dubplate-plan-bench-'));
afterAll(() => rmSync(folder, { recursive: true }));

const als = alsOptionsSchema.parse({});
const sweep = (interactions: number) => {
  const size = { users: interactions / 100, tracks: interactions / 250, interactions, factors: 128 };
  return { size, flops: flopsPerSweep({ ...size, ...als }) };
};

/** Sweeps that take a second and 40 GFLOP/s on two threads. */
const seconds = (interactions: number): number => 1 + sweep(interactions).flops / 40e9;
const sweepRow = (interactions: number, took = seconds(interactions)): BenchRow => ({
  what: 'als.secondsPerSweep',
  size: `${sizeText(sweep(interactions).size)}, 2 threads`,
  value: took,
  unit: 's',
  provenance: 'measured',
});
const fileOf = (bench: string, rows: readonly BenchRow[], changes: Partial<BenchFile['machine']> = {}): BenchFile => ({
  ...{ path: `${bench}.json`, schema: 1, bench, rows: [...rows] },
  machine: { ...thisMachine(), kernel: 'avx2', threads: 2, load: 0, ...changes },
});
const sizes = [500_000, 1_000_000, 2_000_000, 5_000_000, 10_000_000, 20_000_000];
const growth = fileOf(
  'als',
  sizes.map((interactions) => sweepRow(interactions)),
);

const nominal = valuesOf(planInputs({}));
/** A plan of 80M interactions: four times the largest size. */
const reachable = valuesOf(planInputs({ listeners: '800k', tracks: '320k', tracksPerListener: '100' }));

describe('rates from bench files', () => {
  it('fit the growth of training, and take the rate at the size of the plan', () => {
    const { found, fits, warnings } = benchRates([growth], reachable, thisMachine());
    const expected = sweep(80e6).flops / seconds(80e6) / 2 / 1e9; // of one thread
    expect(found.alsRate?.value).toBeCloseTo(expected, 6);
    expect(found.alsRate?.source).toBe('als.secondsPerSweep of als.json, fit a + b n');
    expect(fits[0]?.fit).toMatchObject({ form: 'a + b n', points: 6 });
    expect(fits[0]?.plan.predicted?.seconds).toBeCloseTo(seconds(80e6), 6);
    expect(warnings).toEqual([]);
  });

  it('do not extrapolate a fit beyond a hundred times: the rate of the largest size, and the input says so', () => {
    const { found, fits, warnings } = benchRates([growth], nominal, thisMachine());
    expect(warnings).toEqual([expect.stringMatching(/^alsRate supposes that time stays in proportion to the work/)]);
    expect(fits[0]?.plan.predicted).toBeUndefined();
    expect(fits[0]?.plan.refused).toMatch(/times the largest measured size: beyond 100 times/);
    expect(found.alsRate?.value).toBeCloseTo(sweep(20e6).flops / seconds(20e6) / 2 / 1e9, 6);
    expect(found.alsRate?.low).toBeCloseTo(sweep(500_000).flops / seconds(500_000) / 2 / 1e9, 6);
    expect(found.alsRate?.source).toMatch(/structural/);
    // Derived, in doubt to both sides, and no surer than what is assumed.
    const { value, low, high } = found.alsRate!;
    expect(found.alsRate?.provenance).toBe('derived');
    expect(high / value).toBeCloseTo(value / low, 9);
    expect(high / value).toBeGreaterThanOrEqual(2);
    const input = makePlan(planInputs({}, found)).inputs.find(({ name }) => name === 'alsRate');
    expect(input?.provenance).toBe('derived');
  });

  it('reach the lines of the plan: measured inputs, narrower intervals, a table of fits', () => {
    const rates = benchRates([growth], reachable, thisMachine());
    const texts = {
      listeners: '800k',
      tracks: '320k',
      tracksPerListener: '100',
      sweeps: '1',
      cores: '2',
      coresPerHost: '2',
    };
    const plan = makePlan(planInputs(texts, rates.found), rates);
    const line = plan.lines.find(({ id }) => id === 'train.hours');
    expect(line?.value).toBeCloseTo(seconds(80e6) / 3600, 9);
    expect(line?.assumes).toEqual([]);
    expect(planText(plan)).toMatch(/als\.secondsPerSweep +FLOP of a sweep +6, to \S+ +a \+ b n/);
  });

  it('fit the time of a list to the tracks that it is found among, whoever many listeners were timed', () => {
    const rows = [2000, 4000, 8000, 16_000, 64_000].map((tracks, i): BenchRow => {
      const perList = 2e-5 + (2 * tracks * 128) / 80e9;
      return {
        ...{ what: 'retrieval.usersPerSecond', value: 1 / perList, unit: 'users/s', provenance: 'measured' },
        size: `${i + 1}k x ${tracks / 1000}k, 200k, k=128, n=200, 2 threads`,
      };
    });
    const { found, fits } = benchRates([fileOf('retrieval', rows)], reachable, thisMachine());
    expect(fits[0]?.fit?.form).toBe('a + b n');
    const flops = 2 * 320_000 * 128;
    expect(found.retrievalRate?.value).toBeCloseTo(flops / (2e-5 + flops / 80e9) / 2 / 1e9, 6);
  });

  it('are left out, with a word, where no size can be read', () => {
    const odd = fileOf('als', [{ ...sweepRow(1e6), size: 'banana' }]);
    expect(benchRates([odd], nominal, thisMachine())).toMatchObject({
      found: {},
      warnings: [expect.stringMatching(/no size of als\.secondsPerSweep can be read \(such as 'banana'\)/)],
    });
  });

  it('take a single size as a rate, a quarter either way', () => {
    const { found, fits } = benchRates([fileOf('als', [sweepRow(5e6)])], reachable, thisMachine());
    expect(fits[0]?.plan.refused).toMatch(/too few sizes/);
    const rate = sweep(5e6).flops / seconds(5e6) / 2 / 1e9;
    expect(found.alsRate?.value).toBeCloseTo(rate, 9);
    expect(found.alsRate?.low).toBeCloseTo(0.75 * rate, 9);
    const small = valuesOf(planInputs({ listeners: '8k', tracks: '3200', tracksPerListener: '100' }));
    const { source } = benchRates([fileOf('als', [sweepRow(5e6)])], small, thisMachine()).found.alsRate!;
    expect(source).toMatch(/structural: in proportion from the largest size; the plan is 0\.16 times that$/);
  });

  it('say when a file is of another machine, in a warning and at the input', () => {
    const other = fileOf('als', growth.rows, { cpu: 'Abacus 3000', cores: 4 });
    const { found, warnings } = benchRates([other], reachable, thisMachine());
    expect(warnings).toEqual([expect.stringMatching(/als\.json is of another machine \(4 × Abacus 3000/)]);
    expect(found.alsRate?.source).toMatch(/\(another machine\)$/);
  });

  it('say when a fit misses what was held out, and when other programs ran', () => {
    const bent = sizes.map((interactions) =>
      sweepRow(interactions, seconds(interactions) * (interactions > 5e6 ? 2 : 1)),
    );
    const { warnings } = benchRates([fileOf('als', bent, { cores: 2, load: 6.5 })], reachable, {
      ...thisMachine(),
      cores: 2,
    });
    expect(warnings).toEqual([
      'als.json was measured under a load of 6.5 on 2 cores: on an idle machine its times will be shorter',
      expect.stringMatching(
        /^the fit of als\.secondsPerSweep misses held-out sizes by up to [45]\d %: measure more sizes/,
      ),
    ]);
  });

  it('say when a fit was tried on nothing four times as large: its form has more terms than there are small sizes', () => {
    const few = [1, 2, 3, 5, 8].map((size) => sweepRow(size * 1e6));
    const { fits, warnings } = benchRates([fileOf('als', few)], reachable, thisMachine());
    expect(fits[0]?.fit).toMatchObject({ form: 'a + b n', heldOut: [] });
    expect(warnings).toEqual([
      expect.stringMatching(/^the fit of als\.secondsPerSweep was not tried on sizes four times as large/),
    ]);
  });

  it('leave out what was trained with other options, and files without a rate', () => {
    const gflops = { what: 'als.gflops', size: 'x', value: 20, unit: 'GFLOP/s', provenance: 'derived' } as const;
    const odd = fileOf('als', [gflops, ...growth.rows]);
    const sim = fileOf('sim', [{ what: 'sim.secondsPerDay', size: 'x', value: 1, unit: 's', provenance: 'measured' }]);
    const { found, warnings } = benchRates([odd, sim], reachable, thisMachine());
    expect(found).toEqual({});
    expect(warnings).toEqual([
      expect.stringMatching(/other options than the default/),
      expect.stringMatching(/\(bench sim\) holds no rate/),
    ]);
  });

  it('take retrieval, the cache, fold-in and the encoder', () => {
    const row = (what: string, size: string, value: number, unit: string): BenchRow => ({
      ...{ what, size, value, unit, provenance: 'measured' },
    });
    const files = [
      fileOf('retrieval', [row('retrieval.usersPerSecond', '20k x 50k, 2M, k=128, n=200, 2 threads', 5000, 'users/s')]),
      fileOf('cache', [
        row('cache.setsPerSecond', 'u64, 200 of 100M tracks, 60k lists, Redis 7.0.15', 70_000, 'lists/s'),
        row('cache.setsPerSecond', 'bits30, 200 of 100M tracks, 60k lists, Redis 7.0.15', 99_000, 'lists/s'),
        row('cache.getsPerSecond', 'u64, 200 of 100M tracks, 60k lists, Redis 7.0.15', 80_000, 'lists/s'),
      ]),
      fileOf('foldin', [
        row('foldin.milliseconds', '50 interactions each, 20k tracks, k=128, p50', 0.4, 'ms'),
        row('foldin.milliseconds', '50 interactions each, 20k tracks, k=128, p99', 0.9, 'ms'),
      ]),
      fileOf('encoder', [
        row('encoder.inferCpuMsPerTrack', '256 tracks, 363000 weights, dim 128, 2 threads', 2.5, 'ms'),
      ]),
    ];
    const { found, warnings } = benchRates(files, nominal, thisMachine());
    expect(warnings.map((text) => text.split(' ')[0])).toEqual(['retrievalRate', 'setsPerSecond']); // of one size each
    // 5,000 users a second, each with 50,000 products of 128 numbers, on two threads.
    expect(found.retrievalRate?.value).toBeCloseTo((5000 * 50_000 * 2 * 128) / 2 / 1e9, 9);
    expect(found.setsPerSecond?.value).toBeCloseTo(70_000, 6);
    expect(found.getsPerSecond?.value).toBe(80_000);
    expect(found.foldInMs?.value).toBe(0.4);
    expect(found.encodeSeconds?.value).toBe(0.0025);
  });

  it('take a file once, under whatever name, and refuse times that are not above 0', () => {
    const take = (...files: BenchFile[]) => {
      const { found, fits, warnings } = benchRates(files, reachable, thisMachine());
      return { found, warnings, points: fits.map(({ points }) => points) };
    };
    expect(take(growth, growth, { ...growth, path: 'copy.json' })).toEqual(take(growth));
    for (const took of [0, -3]) {
      expect(() => benchRates([fileOf('als', [sweepRow(5e6, took)])], reachable, thisMachine())).toThrow(
        `als.json: found als.secondsPerSweep of ${took} s`,
      );
    }
  });

  it('do not hang on the order of the files: of several figures the median, from the least to the most', () => {
    const files = [0.4, 0.9, 0.5].map((value) =>
      fileOf('foldin', [
        { ...{ what: 'foldin.milliseconds', size: 'x, p50', value, unit: 'ms' }, provenance: 'measured' as const },
      ]),
    );
    for (const order of [files, files.toReversed(), [files[1]!, files[2]!, files[0]!]]) {
      expect(benchRates(order, reachable, thisMachine()).found.foldInMs).toMatchObject({
        ...{ value: 0.5, low: 0.4, high: 0.9 },
      });
    }
    const sweeps = [3, 2, 7].map((took) => fileOf('als', [sweepRow(5e6, took)]));
    for (const order of [sweeps, sweeps.toReversed()]) {
      const rate = sweep(5e6).flops / 3 / 2 / 1e9;
      expect(benchRates(order, reachable, thisMachine()).found.alsRate?.value).toBeCloseTo(rate, 9);
    }
  });

  it('read what bench really prints', async () => {
    const { stdout } = await say(
      ...['bench', 'als', '--users', '120', '--tracks', '200', '--interactions', '3000', '--factors', '8'],
      ...['--sweeps', '3', '--growth', '2000,6000', '--threads', '2', '--json', '--quiet'],
    );
    const path = join(folder, 'als.json');
    writeFileSync(path, stdout);
    const { found, fits, warnings } = benchRates([readBenchFile(path)], reachable, thisMachine());
    expect(warnings.filter((text) => !/under a load|misses held-out|in proportion/.test(text))).toEqual([]);
    expect(fits[0]?.points.length).toBe(3);
    expect(found.alsRate?.value).toBeGreaterThan(0);
    const retrieval = await say(
      ...['bench', 'retrieval', '--users', '120', '--tracks', '200', '--interactions', '3000', '--factors', '8'],
      ...['--sweeps', '1', '--n', '5', '--repetitions', '1', '--threads', '2', '--json', '--quiet'],
    );
    writeFileSync(path, retrieval.stdout);
    expect(benchRates([readBenchFile(path)], reachable, thisMachine()).found.retrievalRate?.value).toBeGreaterThan(0);
  });
});

describe('a bench file', () => {
  it.each([
    ['that is missing', undefined, 'FILE_NOT_FOUND', /Cannot read the bench file/],
    ['that is no JSON', 'als 3 s', 'INVALID_INPUT', /is not JSON/],
    [
      'of something else',
      '{"schema":2,"rows":[{}]}',
      'INVALID_INPUT',
      /no result of a bench: it has \d+ problems:[\s\S]*schema: found 2/,
    ],
  ])('%s is refused', (name, text, code, message) => {
    const path = join(folder, `${name}.json`);
    if (text !== undefined) writeFileSync(path, text);
    try {
      readBenchFile(path);
      expect.unreachable();
    } catch (error) {
      expect(error).toMatchObject({ code, message: expect.stringMatching(message) });
    }
  });
});
