import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { chooseKernel } from '../../engine/als/choose-kernel.ts';
import { silent } from '../../engine/core/progress.ts';
import { interactionMatrix } from '../../engine/interactions/csr.ts';
import { alsOptionsSchema } from '../../engine/options.ts';
import { generateProblem } from '../../scenarios/bench/problem.ts';
import { readProblem, writeProblem } from '../../scenarios/bench/problem-files.ts';
import { type BenchResult, benchResultSchema, shortCount } from '../../scenarios/bench/rows.ts';
import { durations, timeTraining, warmSweeps } from '../../scenarios/bench/timed-training.ts';
import { createProgram } from '../../scenarios/cli.ts';
import { lossOf } from '../engine/als/loss.ts';

const folder = mkdtempSync(join(tmpdir(), 'dubplate-bench-'));
afterAll(() => rmSync(folder, { recursive: true }));
const launcher = join(import.meta.dirname, '../../scenarios/dubplate.js');
const small = ['--users', '120', '--tracks', '200', '--interactions', '3000', '--factors', '8', '--sweeps', '3'];

const bench = (...words: string[]): Promise<{ code: number; stdout: string; stderr: string }> =>
  new Promise((resolve) => {
    execFile(process.execPath, [launcher, 'bench', ...words], { cwd: folder }, (error, stdout, stderr) => {
      resolve({ code: error ? Number(error.code ?? -1) : 0, stdout, stderr });
    });
  });

async function measure(...words: string[]): Promise<BenchResult> {
  const { code, stdout, stderr } = await bench(...words, '--json', '--quiet');
  expect({ code, stderr: code === 0 ? '' : stderr }).toEqual({ code: 0, stderr: '' });
  const result = benchResultSchema.parse(JSON.parse(stdout));
  expect(result.bench).toBe(words[0]);
  // A slope of times this short may be anything.
  for (const { what, value } of result.rows) expect(value, what).toBeGreaterThan(what === 'als.growthSlope' ? -99 : 0);
  return result;
}

const named = ({ rows }: BenchResult, what: string) => rows.filter((row) => row.what === what);
const names = ({ rows }: BenchResult): string[] => [...new Set(rows.map(({ what }) => what))].sort();

describe('bench als', () => {
  it('prints every figure, positive, with unit and provenance, and a loss after each sweep', async () => {
    const result = await measure('als', ...small, '--threads', '2', '--scaling', '--growth', '2000,3000,6000');
    const native = result.machine.kernel !== 'typescript';
    expect(names(result)).toEqual(
      [
        'als.cpuSecondsPerSweep',
        'als.gflops',
        'als.growthSlope',
        'als.loss',
        'als.peakMemoryBytes',
        'als.secondsPerSweep',
        'als.secondsSoFar',
        'als.speedup',
        ...(native ? ['als.shareOfPeak', 'machine.peakGflops'] : []),
      ].sort(),
    );
    expect(named(result, 'als.secondsPerSweep').map(({ size }) => size)).toEqual([
      '120 x 200, 3k, k=8, 2 threads',
      '120 x 200, 3k, k=8, 1 thread',
      '80 x 133, 2k, k=8, 2 threads',
      '240 x 400, 6k, k=8, 2 threads',
    ]);
    const losses = named(result, 'als.loss');
    expect(losses.map(({ size }) => size.split(', ').at(-1))).toEqual(['sweep 1', 'sweep 2', 'sweep 3']);
    expect(losses[2]!.value).toBeLessThan(losses[0]!.value);
    const times = named(result, 'als.secondsSoFar').map(({ value }) => value);
    expect([...times].sort((a, b) => a - b)).toEqual(times);
    for (const what of ['als.gflops', 'als.speedup', 'als.growthSlope', ...(native ? ['als.shareOfPeak'] : [])])
      expect(named(result, what)[0]?.provenance).toBe('derived');
  });

  it('gives the same losses for the same seed on any number of threads, and others for another', async () => {
    const lossesOf = async (...words: string[]): Promise<number[]> =>
      named(await measure('als', ...small, ...words), 'als.loss').map(({ value }) => value);
    const [one, two, other] = await Promise.all([
      lossesOf('--threads', '1'),
      lossesOf('--threads', '2'),
      lossesOf('--seed', '2'),
    ]);
    expect(two).toEqual(one);
    expect(other).not.toEqual(one);
  });

  it('takes options of the training as train does', async () => {
    const withoutSweeps = small.slice(0, -2);
    const result = await measure('als', ...withoutSweeps, '--set', 'als.sweeps=2', '--set', 'als.objective=ials');
    expect(named(result, 'als.loss')).toHaveLength(2);
  });

  it('exports what it trains on: another training from the files ends at the same loss', async () => {
    const out = join(folder, 'export');
    const result = await measure('als', ...small, '--export', out);
    expect(readdirSync(out).sort()).toEqual([
      'indices.npy',
      'indptr.npy',
      'meta.json',
      'weights.npy',
      'x0.npy',
      'y0.npy',
    ]);
    const { byUser, start, meta } = readProblem(out);
    expect(meta).toMatchObject({ users: 120, tracks: 200, interactions: 3000, factors: 8, seed: '1' });
    const { users, tracks, losses } = await timeTraining(interactionMatrix(byUser), start, meta.als, chooseKernel(1));
    expect(losses).toEqual(named(result, 'als.loss').map(({ value }) => value));
    const loss = losses.at(-1)!;
    expect(Math.abs(lossOf(byUser, users, tracks, meta.als) - loss)).toBeLessThan(1e-4 * loss);
  });

  it.each([
    ['too many interactions', ['--interactions', '9999'], /9999 interactions of 120 users.*120 to 6000/],
    ['a size of growth that cannot be', ['--growth', '10'], /10 interactions of 1 users with 1 tracks/],
    ['growth to where it is already', ['--growth', '3000'], /no size but the one/],
    ['scaling of one thread', ['--threads', '1', '--scaling'], /there is only one/],
    ['one option by two names', ['--set', 'als.factors=9'], /--factors and --set als.factors/],
    ['weights, which are generated', ['--set', 'weights=raw'], /weights: no such option/],
  ])('refuses %s', async (_, words, message) => {
    const run = (await createProgram()).parseAsync(['node', 'dubplate', 'bench', 'als', '--quiet', ...small, ...words]);
    await expect(run).rejects.toMatchObject({ code: 'INVALID_OPTIONS', message: expect.stringMatching(message) });
  });
});

describe('bench retrieval', () => {
  it('prints its figures, positive', async () => {
    const result = await measure('retrieval', ...small, '--n', '20', '--repetitions', '2');
    expect(names(result)).toEqual(['retrieval.indexSeconds', 'retrieval.usersPerSecond']);
    expect(result.rows[0]).toMatchObject({ unit: 'users/s', size: expect.stringContaining('n=20') });
  });

  it('refuses lists that are longer than the catalogue', async () => {
    const words = ['bench', 'retrieval', '--quiet', ...small, '--n', '201'];
    await expect((await createProgram()).parseAsync(['node', 'dubplate', ...words])).rejects.toMatchObject({
      code: 'INVALID_OPTIONS',
      message: expect.stringContaining('--n 201'),
    });
  });
});

describe('bench foldin', () => {
  it('prints its figures, positive, the median below the rare slow call', async () => {
    const result = await measure('foldin', ...small, '--listeners', '60', '--history', '12');
    expect(names(result)).toEqual(['foldin.milliseconds', 'foldin.perSecond']);
    const [p50, p99] = named(result, 'foldin.milliseconds');
    expect([p50?.size.split(', ').at(-1), p99?.size.split(', ').at(-1)]).toEqual(['p50', 'p99']);
    expect(p50!.value).toBeLessThanOrEqual(p99!.value);
  });

  it('refuses a history that is longer than a quarter of the catalogue', async () => {
    const words = ['--quiet', ...small, '--listeners', '10', '--history', '51'];
    await expect(
      (await createProgram()).parseAsync(['node', 'dubplate', 'bench', 'foldin', ...words]),
    ).rejects.toMatchObject({
      message: expect.stringContaining('510 interactions of 10 users with 200 tracks'),
    });
  });
});

const command = (await createProgram()).commands.find((one) => one.name() === 'bench')!;

describe('bench', () => {
  it('says on Ctrl-C that it was interrupted', async () => {
    const long = ['--users', '5000', '--tracks', '5000', '--interactions', '500000', '--sweeps', '1000'];
    const child = spawn(process.execPath, [launcher, 'bench', 'als', ...long], { cwd: folder });
    let stderr = '';
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      if (!stderr.includes('training') && text.includes('training')) child.kill('SIGINT');
      stderr += text;
    });
    const [code] = await once(child, 'close');
    expect({ code, last: stderr.trimEnd().split('\n').at(-1) }).toEqual({
      code: 130,
      last: 'Interrupted. Nothing was measured to its end.',
    });
  });

  it('notes threads that have no processor of their own', async () => {
    const { stderr } = await bench('retrieval', ...small, '--n', '20', '--threads', '300', '--quiet');
    expect(stderr).toContain('300 threads on');
  });

  it.each(command.commands.map((one) => [one.name(), one] as const))('%s explains sizes and units', (_, one) => {
    let help = '';
    one.configureOutput({ writeOut: (text) => (help += text) }).outputHelp();
    expect(help).toMatch(/--tracks <count> .*\(default: \d+\)/);
    expect(help).toContain('Figures (column size: ');
    expect(help).toContain('--json');
  });

  it('lists what it can measure, and refuses the rest with exit code 2', async () => {
    expect(command.commands.map((one) => one.name())).toEqual([
      'als',
      'retrieval',
      'foldin',
      'encoder',
      'sim',
      'cache',
    ]);
    expect(await bench('nothing')).toMatchObject({ code: 2, stdout: '' });
    expect(await bench('als', '--usres', '5')).toMatchObject({ code: 2, stdout: '' });
  });

  it('simulates the same rows on one thread and on two, and counts the bytes of a listener', async () => {
    const sizes = ['--listeners', '1200', '--tracks', '400', '--days', '1', '--slots', '10'];
    const { stdout } = await bench('sim', ...sizes, '--threads', '2', '--scaling', '--json', '--quiet');
    const { rows } = benchResultSchema.parse(JSON.parse(stdout));
    const valuesOf = (what: string): number[] => rows.filter((row) => row.what === what).map(({ value }) => value);
    expect(valuesOf('sim.rowsPerSecondPerCore')).toHaveLength(2);
    expect(valuesOf('sim.bytesPerListener')).toEqual([128, 168]);
    expect(valuesOf('sim.rowsPerListenerDay')[0]).toBeGreaterThan(10);
    expect(valuesOf('sim.speedup')).toHaveLength(1);
  });

  it('names no kernel where none runs', async () => {
    const sizes = ['--listeners', '0.2k', '--tracks', '100', '--days', '1', '--slots', '5'];
    const { stdout } = await bench('sim', ...sizes, '--threads', '1', '--quiet');
    expect(stdout).toMatch(/, TypeScript \(no kernel\) on 1 thread, load \d/);
  });

  it('refuses a world that is too large to simulate, and says what is allowed', async () => {
    const { code, stderr } = await bench('sim', '--listeners', '20000000', '--quiet');
    expect({ code, says: stderr }).toMatchObject({
      code: 2,
      says: expect.stringContaining('expected at most 10000000'),
    });
  });

  it('prints a table for people, with what stands behind it', async () => {
    const { stdout } = await bench('retrieval', ...small, '--quiet', '--threads', '1');
    expect(stdout).toMatch(/kernel on 1 thread, load \d/);
    expect(stdout).toMatch(
      /retrieval\.usersPerSecond +120 x 200, 3k, k=8, n=200, 1 thread +[\d.,]+ +users\/s +measured/,
    );
  });
});

describe('exported problems', () => {
  it('are read back bit for bit, and are refused when a file of another size is among them', () => {
    const size = { users: 40, tracks: 60, interactions: 400, factors: 4 };
    const problem = generateProblem(size, '3', silent);
    const als = alsOptionsSchema.parse({ factors: 4 });
    const out = join(folder, 'whole');
    writeProblem(out, problem, '3', als);
    const { meta, ...read } = readProblem(out);
    expect(read).toEqual(problem);
    expect(meta).toEqual({ schema: 1, ...size, seed: '3', als });
    const other = join(folder, 'other');
    writeProblem(other, generateProblem({ ...size, interactions: 300 }, '3', silent), '3', als);
    writeFileSync(join(out, 'weights.npy'), readFileSync(join(other, 'weights.npy')));
    expect(() => readProblem(out)).toThrowError(expect.objectContaining({ code: 'INVALID_INPUT' }));
    expect(() => readProblem(join(folder, 'nowhere'))).toThrowError(
      expect.objectContaining({ hint: expect.stringContaining('--export') }),
    );
  });
});

describe('times of sweeps', () => {
  it('are differences of their ends, and the first is left out where there are more', () => {
    expect(durations([2, 3, 5])).toEqual([2, 1, 2]);
    expect(warmSweeps([2, 3, 5])).toEqual([1, 2]);
    expect(warmSweeps([2])).toEqual([2]);
  });

  it('end with the last half sweep of each, in order', async () => {
    const { byUser, start } = generateProblem({ users: 40, tracks: 60, interactions: 400, factors: 4 }, '1', silent);
    const als = alsOptionsSchema.parse({ factors: 4, sweeps: 5 });
    const { ends, losses } = await timeTraining(interactionMatrix(byUser), start, als, chooseKernel(1));
    expect(ends).toHaveLength(5);
    expect(losses).toHaveLength(5);
    expect(ends.map(({ seconds }) => seconds)).toEqual(ends.map(({ seconds }) => seconds).sort((a, b) => a - b));
  });
});

describe('counts', () => {
  it.each([
    [5_000_000, '5M'],
    [1_500_000, '1.5M'],
    [20_000, '20k'],
    [4_998_594, '4998594'],
    [1_234_000, '1234k'],
    [999, '999'],
    [0, '0'],
  ])('%i are said as %s', (count, text) => expect(shortCount(count)).toBe(text));
});
