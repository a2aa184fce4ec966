import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const root = join(import.meta.dirname, '..');
const readme = readFileSync(join(root, 'README.md'), 'utf8');
const packageJson = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { scripts: Record<string, string> };

/** The lines of all code blocks of a language, comments cut off. */
const blocksOf = (language: string): string[] =>
  [...readme.matchAll(new RegExp(`^\`\`\`${language}\\n([\\s\\S]*?)^\`\`\``, 'gm'))].map((match) => match[1] ?? '');
const commands = blocksOf('sh')
  .flatMap((block) => block.split('\n'))
  .map((line) => line.replace(/\s+#.*$/, '').trim())
  .filter((line) => line.startsWith('npx dubplate '))
  .map((line) => line.slice('npx dubplate '.length).split(/\s+/));

const folder = mkdtempSync(join(tmpdir(), 'dubplate-readme-'));
afterAll(() => rmSync(folder, { recursive: true }));

const dubplate = (words: readonly string[]): Promise<{ code: number; stdout: string; stderr: string }> =>
  new Promise((resolve) => {
    execFile(
      process.execPath,
      [join(root, 'scenarios/dubplate.js'), ...words],
      { cwd: folder },
      (error, stdout, stderr) => {
        resolve({ code: error ? Number(error.code ?? -1) : 0, stdout, stderr });
      },
    );
  });

describe('the README', () => {
  beforeAll(async () => {
    // The files that its commands speak of: 50 listeners in two camps.
    const rows = Array.from({ length: 50 * 12 }, (_, i) => {
      const user = i % 50;
      return `${user}\t${(user % 2) * 50 + ((Math.floor(i / 50) * 7 + user * 3) % 50)}\t${1 + (i % 5)}`;
    });
    writeFileSync(join(folder, 'plays.tsv'), `${rows.join('\n')}\n`);
    writeFileSync(join(folder, 'train.tsv.gz'), gzipSync(`${rows.filter((_, i) => i % 6 !== 0).join('\n')}\n`));
    writeFileSync(join(folder, 'test.tsv.gz'), gzipSync(`${rows.filter((_, i) => i % 6 === 0).join('\n')}\n`));
    writeFileSync(join(folder, 'my-scenario.ts'), scenarioOfReadme());
    // A run stands where the first command would have put one.
    const run = await dubplate(['run', 'micro', '--out', 'runs/cold-start-1', '--quiet']);
    expect(run.code).toBe(0);
  }, 120_000);

  /** Its example, with the import pointing here. */
  const scenarioOfReadme = (): string =>
    (blocksOf('ts')[0] ?? '').replace('../dubplate/scenarios/schema.ts', join(root, 'scenarios/schema.ts'));

  it('names the scripts that package.json has', () => {
    expect(readme).toContain('npm ci && npm start');
    expect(readme).toContain('npm ci && npm test');
    for (const [, script = ''] of readme.matchAll(/npm run ([\w:]+)/g))
      expect(packageJson.scripts).toHaveProperty(script);
  });

  it('holds no placeholder', () => {
    expect(readme).not.toMatch(/\b[A-Z]+_[A-Z]+\b(?<!REQUIRE_REDIS|DUBPLATE_KERNEL)/);
    expect(readme).not.toMatch(/^[A-Z]+$/m);
  });

  it('shows commands of every verb', () => {
    const shown = new Set(commands.map(([verb]) => verb));
    expect([...shown].sort()).toEqual([
      'bench',
      'calibrate',
      'doctor',
      'embed',
      'evaluate',
      'explain',
      'export',
      'fidelity',
      'inspect',
      'list',
      'plan',
      'recommend',
      'replay',
      'report',
      'run',
      'train',
      'validate',
    ]);
  });

  it('has an example that can be copied', async () => {
    expect(await dubplate(['validate', 'my-scenario.ts'])).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('2 arms'),
    });
  });

  // `embed` first trains an encoder, `calibrate` searches, and full runs take minutes: those are shown working by tests of their own.
  const quick = commands.filter(
    ([verb, name]) =>
      !(verb === 'run' && name !== 'micro') && !['calibrate', 'embed', 'validate', 'report'].includes(verb ?? ''),
  );
  it.each(quick.map((words) => [words.join(' '), words] as const))('has a command that works: %s', async (_, words) => {
    const { code, stderr } = await dubplate(words);
    expect({ code, stderr: code === 0 ? '' : stderr }).toEqual({ code: 0, stderr: '' });
  });

  const runs = commands.filter(([verb, name]) => verb === 'run' && name !== 'micro');
  it.each(runs.map((words) => [words.join(' '), words] as const))(
    'has a run whose flags are understood: %s',
    async (_, [, ...words]) => {
      const redis = words.indexOf('--redis');
      const rest = redis < 0 ? words : words.toSpliced(redis, 2);
      expect(await dubplate(['explain', ...rest, '--json'])).toMatchObject({ code: 0 });
    },
  );
});
