import { execFile } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { createProgram } from '../../scenarios/cli.ts';

const folder = mkdtempSync(join(tmpdir(), 'dubplate-cli-'));
afterAll(() => rmSync(folder, { recursive: true }));
const launcher = join(import.meta.dirname, '../../scenarios/dubplate.js');

interface Outcome {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** The command as a user starts it: a process of its own. */
const dubplate = (...words: string[]): Promise<Outcome> =>
  new Promise((resolve) => {
    execFile(process.execPath, [launcher, ...words], { cwd: folder }, (error, stdout, stderr) => {
      resolve({ code: error ? Number(error.code ?? -1) : 0, stdout, stderr });
    });
  });

const { commands } = await createProgram();

describe('every verb', () => {
  it.each(commands.map((command) => [command.name(), command] as const))('%s has --help', (_, command) => {
    expect(command.helpInformation()).toContain('--json');
    expect(command.description().length).toBeGreaterThan(10);
  });

  it('explains itself without one', async () => {
    const { code, stdout } = await dubplate('--help');
    expect(code).toBe(0);
    for (const { name } of commands.map((command) => ({ name: command.name() }))) expect(stdout).toContain(name);
  });
});

describe('bad input ends with exit code 2, says what to do, and writes nothing', () => {
  const foreign = join(folder, 'foreign');
  mkdirSync(foreign);
  writeFileSync(join(foreign, 'thesis.txt'), 'precious');
  const scenario = join(folder, 'bad.json');
  writeFileSync(
    scenario,
    JSON.stringify({ name: 'bad', question: '?', days: -3, dayz: 1, world: { tracks: 1e15 }, arms: {} }),
  );

  it.each([
    ['an unknown scenario', ['run', 'cold-strat'], /no scenario 'cold-strat'; did you mean 'cold-start'\?/],
    [
      'a cache for a scenario that makes no lists',
      ['run', 'hearing', '--redis', 'redis://127.0.0.1'],
      /no effect on hearing/,
    ],
    ['a misspelt option', ['run', 'micro', '--set', 'world.trakcs=5'], /world\.trakcs: no such option/],
    [
      'a setting for an arm that is not there',
      ['run', 'micro', '--set', 'arms.hybird.als.factors=8'],
      /no arm 'hybird'[\s\S]*collaborative, hybrid/,
    ],
    ['several problems at once', ['run', scenario], /5 problems[\s\S]*days[\s\S]*world\.tracks[\s\S]*dayz|5 problems/],
    ['a negative size', ['run', 'micro', '--tracks', '-5'], /world\.tracks/],
    ['a number that is none', ['run', 'micro', '--days', 'three'], /three is not a whole number/],
    ['hours that are none', ['run', 'micro', '--ttl', 'soon'], /soon is not a number of hours/],
    ['a way to swap that is none', ['run', 'micro', '--swap', 'half'], /Allowed choices are inPlace, full/],
    ['patience that is none', ['run', 'micro', '--redis-patience', '-1'], /-1 is not a number of seconds from 0/],
    ['an output folder that is not a run', ['run', 'micro', '--out', foreign], /is not a run of Dubplate/],
    ['a cache that refuses', ['run', 'micro', '--redis', 'redis://user:hunter2@127.0.0.1:1'], /127\.0\.0\.1:1/],
    [
      'the name of a world for a file',
      ['run', 'micro', '--world', 'latent-0'],
      /--world latent-0 names a world of a run[\s\S]*--family/,
    ],
    ['a file of a world that is not there', ['run', 'micro', '--world', 'mine.json'], /Cannot read mine\.json/],
    ['a report of nothing', ['report', join(folder, 'nothing')], /nothing/],
    [
      'a missing table',
      ['evaluate', '--train', join(folder, 'none.tsv'), '--test', join(folder, 'none.tsv')],
      /none\.tsv/,
    ],
    ['an unknown verb', ['ruin'], /unknown command/],
  ] as const)('%s', async (_, words, message) => {
    const before = readdirSync(folder, { recursive: true });
    const { code, stderr } = await dubplate(...words);
    expect(stderr).toMatch(message);
    expect(stderr).not.toContain('hunter2');
    expect(stderr).not.toContain('    at '); // no stack: it is not a bug
    expect(code).toBe(2);
    expect(readdirSync(folder, { recursive: true })).toEqual(before);
    expect(existsSync(join(foreign, 'thesis.txt'))).toBe(true);
  });

  it('counts one as one', async () => {
    const table = join(folder, 'one.tsv');
    writeFileSync(table, 'ann\tblue\n');
    const { stdout } = await dubplate('validate', table, 'hearing');
    rmSync(table);
    expect(stdout).toMatch(/1 pair of 1 user and 1 track[;\n]/);
    expect(stdout).toMatch(/1 arm, \d+ days?, 1 world\n/);
  });

  it('takes a name that is no file for a misspelt scenario where things are validated', async () => {
    const { code, stdout } = await dubplate('validate', 'micor', 'none.tsv');
    expect(stdout).toMatch(/INVALID micor \(scenario\): There is no scenario 'micor'; did you mean 'micro'\?/);
    expect(stdout).toMatch(/INVALID none\.tsv \(interactions\)/);
    expect(code).toBe(2);
  });

  it('as JSON too, when asked', async () => {
    const { code, stdout } = await dubplate('run', 'nowhere', '--json');
    expect(code).toBe(2);
    expect(JSON.parse(stdout)).toMatchObject({
      schema: 1,
      error: { code: 'FILE_NOT_FOUND', hint: expect.any(String) },
    });
  });
});

describe('looking without running', () => {
  it('lists scenarios, explains one with every option, and validates', async () => {
    const [list, explain, validate] = await Promise.all([
      dubplate('list', '--json'),
      dubplate('explain', 'micro', '--json', '--set', 'arms.hybrid.als.factors=512'),
      dubplate('validate', 'micro', scenarioFile(), '--json'),
    ]);
    expect(JSON.parse(list.stdout).scenarios.map((s: { name: string }) => s.name)).toContain('cold-start');
    const explained = JSON.parse(explain.stdout);
    expect(explained.scenario.arms.hybrid.als.factors).toBe(512);
    expect(explained.estimate.warnings[0]).toMatch(/als\.factors is 512/);
    expect(explained.estimate.seconds).toBeGreaterThan(1);
    expect(JSON.parse(validate.stdout).verdicts).toMatchObject([{ isValid: true }, { isValid: true }]);
    expect(readdirSync(folder)).not.toContain('runs');
  });

  it('explains of hearing only what it reads', async () => {
    const { stdout } = await dubplate('explain', 'hearing', '--tracks', '300');
    const paths = stdout.split('\n').map((line) => line.split(' = ')[0]);
    expect(stdout).toContain('hearing.tracks = 300   (whole, 20 to 100,000; Synthesised tracks to learn from)\n');
    expect(stdout).toContain('arms.encoder.encoder.epochs = 7   (whole, 1 to 100; ');
    for (const unread of ['world.', 'days', 'blend', 'slate', 'alpha']) expect(paths.join(' ')).not.toContain(unread);
  });

  const scenarioFile = (): string => {
    const path = join(folder, 'mine.ts');
    writeFileSync(
      path,
      `export default { name: 'mine', question: 'Is my own file run?', days: 2, arms: { one: {} } };\n`,
    );
    return path;
  };
});
