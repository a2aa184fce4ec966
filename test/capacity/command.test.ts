import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { inputNames } from '../../scenarios/capacity/inputs.ts';
import { createProgram } from '../../scenarios/cli.ts';
import { runTiny, say } from '../support/tiny-run.ts';

const folder = mkdtempSync(join(tmpdir(), 'dubplate-plan-'));
afterAll(() => rmSync(folder, { recursive: true }));

const plan = (...words: string[]) => say('plan', ...words);

interface PlanOutput {
  readonly schema: number;
  readonly lines: readonly Record<string, unknown>[];
  readonly inputs: readonly { readonly name: string; readonly value: number; readonly provenance: string }[];
  readonly warnings: readonly string[];
  readonly alternatives: Readonly<Record<'cache' | 'retrieval', readonly { readonly id: string }[]>>;
}

async function planOf(...words: string[]): Promise<PlanOutput> {
  const { code, stdout, stderr } = await plan(...words, '--json');
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  return JSON.parse(stdout) as PlanOutput;
}

describe('dubplate plan', () => {
  it('prints lines with every key that a machine counts on', async () => {
    const words = '--listeners 300M --tracks 100M --releases-per-day 40k --slate 200 --refresh-hours 24'.split(' ');
    const { schema, lines, alternatives } = await planOf(...words);
    expect(schema).toBe(1);
    const keys = ['id', 'question', 'value', 'unit', 'formula', 'inputs', 'provenance', 'low', 'high', 'verdict'];
    for (const line of lines) expect(Object.keys(line)).toEqual(expect.arrayContaining(keys));
    const figure = (id: string) => lines.find((line) => line.id === id)?.value;
    expect(figure('cacheBytes.nominal')).toBe(480e9);
    expect(figure('factors.bytes')).toBe(204.8e9);
    for (const [id, billions] of [
      ['cacheBytes.u64', 560],
      ['cacheBytes.packed30', 253],
      ['cacheBytes.pages', 205.7],
      ['refresh.setsPerSecond', 3472.2 / 1e9],
    ] as const)
      expect(Math.abs(Number(figure(id)) / (billions * 1e9) - 1), id).toBeLessThan(0.005);
    expect(alternatives.cache.map(({ id }) => id)).toEqual([
      ...['planned', 'inPlace', 'packed30', 'pages', 'activeOnly', 'flatFile'],
    ]);
    expect(alternatives.retrieval.map(({ id }) => id)).toEqual(['exact', 'int8', 'gpu', 'approximate']);
  });

  it('has the defaults of the nominal plan', async () => {
    const said = '--listeners 300M --tracks 100M --releases-per-day 40k --slate 200 --refresh-hours 24'.split(' ');
    const values = ({ lines }: PlanOutput) => lines.map(({ id, value }) => [id, value]);
    expect(values(await planOf())).toEqual(values(await planOf(...said)));
  });

  it('has a flag for every input', async () => {
    const help = (await createProgram()).commands.find((command) => command.name() === 'plan')!.helpInformation();
    for (const name of inputNames) {
      const flag = `--${name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)} <amount>`;
      expect(help).toContain(flag);
    }
    const { inputs } = await planOf('--peak-factor', '5', '--shard-bytes', '25GiB');
    expect(inputs.find(({ name }) => name === 'peakFactor')).toMatchObject({ value: 5, provenance: 'given' });
    expect(inputs.find(({ name }) => name === 'shardBytes')?.value).toBe(25 * 2 ** 30);
  });

  it('answers for people first, and writes Markdown where it is told', async () => {
    const out = join(folder, 'plan.md');
    const { code, stdout } = await plan('--out', out);
    expect(code).toBe(0);
    expect(stdout).toMatch(/^Does the plan hold\?\nAs nominally planned the plan does not hold\. What binds most: /);
    expect(readFileSync(out, 'utf8')).toMatch(/^# Capacity plan\n\n## Does the plan hold\?/);
  });

  it('takes activity and rates of a run', async () => {
    const run = join(folder, 'run');
    await runTiny(run);
    const { inputs, warnings } = await planOf('--from', run);
    expect(inputs.filter(({ provenance }) => provenance === 'measured').map(({ name }) => name)).toEqual(
      expect.arrayContaining(['dailyActive', 'readsPerActiveDay', 'playsPerListenerDay', 'tracksPerListener']),
    );
    expect(inputs.filter(({ provenance }) => provenance === 'derived').map(({ name }) => name)).toEqual([
      ...['alsRate', 'retrievalRate'],
    ]);
    expect(warnings).toEqual([
      expect.stringContaining(`those of run ${run}`),
      ...['alsRate', 'retrievalRate'].map((rate) => expect.stringContaining(`${rate} supposes`)),
    ]);
  });

  it('takes rates of bench files, and says that they are of another machine', async () => {
    const path = join(folder, 'foldin.json');
    const machine = {
      cpu: 'Abacus 3000',
      cores: 4,
      memoryBytes: 1,
      node: 'v1',
      platform: 'x',
      kernel: 'avx2',
      threads: 2,
      load: 0,
    };
    const size = '50 interactions each, 20k tracks, k=128, p50';
    const rows = [{ what: 'foldin.milliseconds', size, value: 0.4, unit: 'ms', provenance: 'measured' }];
    writeFileSync(path, JSON.stringify({ schema: 1, bench: 'foldin', machine, rows }));
    const { inputs, warnings } = await planOf('--bench', path);
    expect(inputs.find(({ name }) => name === 'foldInMs')).toMatchObject({ value: 0.4, provenance: 'measured' });
    expect(warnings).toEqual([expect.stringContaining('is of another machine (4 × Abacus 3000')]);
  });

  it.each([
    [
      'sizes that are none',
      ['--listeners', '0', '--tracks', '-5'],
      /2 problems:\n.*listeners: found '0'.*\n.*tracks: found '-5'/,
    ],
    ['a misspelt unit', ['--listeners', '300 Mio'], /listeners: found '300 Mio', expected a number with k, M, G/],
    ['a list longer than the catalogue', ['--slate', '200', '--tracks', '150'], /a list of 200 tracks/],
    ['an id width that is exceeded', ['--id-bits', '27', '--tracks', '200M'], /ids of 27 bits number no more/],
    [
      'replicas without shards',
      ['--replicas', '2', '--shards', '0'],
      /shards: found '0', expected at least 1, since a replica/,
    ],
    ['a bench file that is missing', ['--bench', 'nowhere.json'], /Cannot read the bench file nowhere.json/],
    ['a run that is missing', ['--from', 'nowhere'], /nowhere does not exist/],
    ['a misspelt flag', ['--listners', '3'], /unknown option '--listners'/],
  ])('refuses %s with 2, and says what to do', async (_, words, message) => {
    const { code, stdout, stderr } = await plan(...words);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toMatch(message);
  });
});
