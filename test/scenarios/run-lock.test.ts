import { type ChildProcess, execFile, spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { afterAll, describe, expect, it } from 'vitest';
import { makeRunFolder, openRunFolder } from '../../scenarios/run-folder.ts';
import { lockName, lockRun } from '../../scenarios/run-lock.ts';
import { tinyScenario } from '../support/tiny-run.ts';

const folder = mkdtempSync(join(tmpdir(), 'dubplate-lock-'));
afterAll(() => rmSync(folder, { recursive: true }));

const root = join(import.meta.dirname, '../..');
const lockIn = (out: string): string => join(out, lockName);
const hasProc = existsSync('/proc/self/stat');

const scenario = join(folder, 'tiny.json');
writeFileSync(scenario, JSON.stringify({ ...tinyScenario, bounds: [] }));
const words = (out: string, more: readonly string[]): string[] => [
  join(root, 'scenarios/dubplate.js'),
  ...['run', scenario, '--out', out, '--quiet', ...more],
];

/** Runs the scenario in a process of its own, to its end. */
const run = (out: string, ...more: readonly string[]) =>
  spawnSync(process.execPath, words(out, more), { encoding: 'utf8' });

describe('the folder of a run', () => {
  const out = join(folder, 'run');
  /** A run that will not have ended before it is stopped. */
  const begin = async (): Promise<ChildProcess> => {
    rmSync(out, { recursive: true, force: true });
    const child = spawn(process.execPath, words(out, ['--days', '3000']), { stdio: 'ignore' });
    while (!existsSync(join(out, 'manifest.json'))) {
      expect(child.exitCode).toBeNull();
      await setTimeout(5);
    }
    return child;
  };
  const end = (child: ChildProcess, signal: NodeJS.Signals): Promise<[number | null, NodeJS.Signals | null]> =>
    new Promise((resolve) => {
      child.once('exit', (code, by) => resolve([code, by]));
      child.kill(signal);
    });

  /** Stops a process, and waits until none of its threads runs on: until then it may still write. */
  const stop = async (child: ChildProcess): Promise<void> => {
    child.kill('SIGSTOP');
    const threads = `/proc/${child.pid}/task`;
    const stateOf = (thread: string): string | undefined =>
      readFileSync(join(threads, thread, 'stat'), 'utf8')
        .split(') ')
        .at(-1)?.[0];
    while (hasProc && !readdirSync(threads).every((thread) => stateOf(thread) === 'T')) await setTimeout(5);
  };

  it('is refused to a second run while the first is at work, whether it would replace it or go on', async () => {
    const first = await begin();
    await stop(first); // it cannot end meanwhile
    const before = readdirSync(out, { recursive: true });
    for (const more of [[], ['--resume']]) {
      const { status, stderr } = run(out, '--days', '3000', ...more);
      expect(stderr).toMatch(new RegExp(`^error: .* is in use by process ${first.pid} \\(since \\d{4}-.*\\)\n`));
      expect(status).toBe(2);
      expect(readdirSync(out, { recursive: true })).toEqual(before);
    }
    first.kill('SIGCONT');
    expect(await end(first, 'SIGINT')).toEqual([130, null]);
    expect(existsSync(lockIn(out))).toBe(false);
  }, 60_000);

  it('is taken over from a run that was killed, and given back at the end', async () => {
    const killed = await begin();
    expect(await end(killed, 'SIGKILL')).toEqual([null, 'SIGKILL']);
    expect(existsSync(lockIn(out))).toBe(true);
    expect(run(out)).toMatchObject({ status: 0, stderr: '' });
    expect(readdirSync(out).sort()).toEqual([
      ...['charts', 'collaborative', 'manifest.json', 'metrics.json', 'report.html', 'report.md', 'worlds'],
    ]);
  }, 60_000);

  it('is given back by a run that fails', () => {
    expect(run(out, '--resume', '--seed', '9').status).toBe(2);
    expect(existsSync(lockIn(out))).toBe(false);
  });

  it('is one of its own for each of several runs that begin at once and are not told where', async () => {
    const cwd = join(folder, 'somewhere');
    mkdirSync(join(cwd, 'runs', 'tiny-2'), { recursive: true });
    const argv = [join(root, 'scenarios/dubplate.js'), 'run', scenario, '--days', '1', '--quiet', '--json'];
    const runs = [1, 2, 3].map(
      () =>
        new Promise<string>((resolve) =>
          execFile(process.execPath, argv, { cwd }, (error, stdout, stderr) => resolve(error ? stderr : stdout)),
        ),
    );
    const paths = (await Promise.all(runs)).map((stdout) => JSON.parse(stdout).run);
    expect(paths.sort()).toEqual(['tiny-1', 'tiny-3', 'tiny-4'].map((name) => join('runs', name)));
    for (const path of paths) expect(existsSync(join(cwd, path, 'report.html'))).toBe(true);
  }, 60_000);

  it('is taken as soon as it is chosen', () => {
    const [cwd, elsewhere] = [process.cwd(), join(folder, 'elsewhere')];
    mkdirSync(elsewhere);
    process.chdir(elsewhere);
    try {
      const chosen = [makeRunFolder('tiny'), makeRunFolder('tiny')];
      expect(chosen).toEqual(['tiny-1', 'tiny-2'].map((name) => join('runs', name)));
      expect(readdirSync('runs')).toEqual(['tiny-1', 'tiny-2']);
    } finally {
      process.chdir(cwd);
    }
  });

  it('holds nothing of a longer run with more arms that was there before', () => {
    const filesAfter = (name: string, ...more: readonly string[]): string[] => {
      expect(run(join(folder, name), ...more)).toMatchObject({ status: 0, stderr: '' });
      return readdirSync(join(folder, name), { recursive: true, encoding: 'utf8' }).sort();
    };
    const longer = filesAfter('used');
    writeFileSync(join(folder, 'used', 'metrics.json.4711.tmp'), '{'); // of a run that was killed
    const used = filesAfter('used', '--days', '1', '--arms', 'charts');
    expect(used).toEqual(filesAfter('fresh', '--days', '1', '--arms', 'charts'));
    expect(used.length).toBeLessThan(longer.length);
  }, 60_000);
});

describe('a lock', () => {
  /** A folder that somebody else's lock stands in. */
  const locked = (name: string, holder: object | string): string => {
    const path = join(folder, name);
    mkdirSync(path);
    writeFileSync(lockIn(path), typeof holder === 'string' ? holder : JSON.stringify(holder));
    return path;
  };
  const since = '2026-01-01T00:00:00.000Z';
  const alive = { pid: process.pid, host: hostname(), since, began: null };

  it('is one at a time, also in one process', () => {
    const path = join(folder, 'twice');
    const unlock = lockRun(path);
    expect(() => lockRun(path)).toThrow(`${path} is in use by process ${process.pid} (since `);
    unlock();
    expect(readdirSync(path)).toEqual([]);
    lockRun(path)();
  });

  it('does not make a folder that holds nothing else another’s', () => {
    const path = join(folder, 'only-lock');
    const unlock = lockRun(path);
    expect(() => openRunFolder(path, { resume: false })).not.toThrow();
    unlock();
  });

  it('of a process that is gone is taken over', () => {
    const { pid } = spawnSync(process.execPath, ['--version']);
    const path = locked('gone', { ...alive, pid });
    const unlock = lockRun(path);
    expect(JSON.parse(readFileSync(lockIn(path), 'utf8'))).toMatchObject({ pid: process.pid });
    unlock();
    expect(readdirSync(path)).toEqual([]);
  });

  it.runIf(hasProc)('whose number belongs to another program now is taken over', () => {
    const path = locked('reused', { ...alive, began: 'an earlier boot 42' });
    lockRun(path)();
    expect(readdirSync(path)).toEqual([]);
  });

  it.each<[string, object | string, RegExp]>([
    ['whose process runs, where the system does not say since when', alive, /in use by process \d+ \(since 2026/],
    ['of another machine', { ...alive, pid: 1, host: 'elsewhere' }, /in use by process 1 on elsewhere/],
    ['that is being written', '', /in use by another process/],
  ])('%s is kept, and it is said how to remove it', (name, holder, message) => {
    const path = locked(name, holder);
    const before = readFileSync(lockIn(path), 'utf8');
    expect(() => lockRun(path)).toThrow(message);
    expect(() => lockRun(path)).toThrow(
      expect.objectContaining({ code: 'FOLDER_IN_USE', hint: expect.stringContaining(`remove ${lockIn(path)}`) }),
    );
    expect(readFileSync(lockIn(path), 'utf8')).toBe(before);
  });

  it('that cannot be read is kept', () => {
    const path = join(folder, 'unreadable');
    mkdirSync(lockIn(path), { recursive: true }); // as little a text as a file of somebody else's, which root could read
    expect(() => lockRun(path)).toThrow(`${path} is in use by another process`);
  });

  it('that is being taken over is not taken over twice', () => {
    const { pid } = spawnSync(process.execPath, ['--version']);
    const path = locked('raced', { ...alive, pid });
    writeFileSync(`${lockIn(path)}.next`, JSON.stringify(alive));
    expect(() => lockRun(path)).toThrow(`in use by process ${process.pid}`);
    expect(JSON.parse(readFileSync(lockIn(path), 'utf8'))).toMatchObject({ pid });
  });

  it.each([1, 2, 3])('whose taking over was cut short %i times is taken over all the same', (times) => {
    const { pid } = spawnSync(process.execPath, ['--version']);
    const path = locked(`cut-${times}`, { ...alive, pid });
    for (let n = 1; n <= times; n++) {
      writeFileSync(`${lockIn(path)}${'.next'.repeat(n)}`, JSON.stringify({ ...alive, pid }));
    }
    expect(() => openRunFolder(path, { resume: false })).not.toThrow();
    const unlock = lockRun(path);
    expect(JSON.parse(readFileSync(lockIn(path), 'utf8'))).toMatchObject({ pid: process.pid });
    expect(() => lockRun(path)).toThrow(`in use by process ${process.pid}`);
    unlock();
    expect(readdirSync(path)).toEqual([]);
  });

  it('that is somebody else’s by now is left to them', () => {
    const path = join(folder, 'removed-by-hand');
    const unlock = lockRun(path);
    const theirs = JSON.stringify({ ...alive, pid: 1, host: 'elsewhere' });
    writeFileSync(lockIn(path), theirs);
    unlock();
    expect(readFileSync(lockIn(path), 'utf8')).toBe(theirs);
  });

  it('is never with two processes at once, however they come and go', async () => {
    const path = join(folder, 'contended');
    const contend = join(root, 'test/support/contend.ts');
    const ended = [1, 2, 3].map(
      () =>
        new Promise<string>((resolve) => {
          const child = spawn(process.execPath, ['--import', 'tsx', contend, path, '300'], { cwd: root });
          let said = '';
          child.stdout.on('data', (text) => (said += text));
          child.stderr.on('data', (text) => (said += text));
          child.once('close', () => resolve(said));
        }),
    );
    for (const said of await Promise.all(ended)) expect(JSON.parse(said)).toEqual({ taken: 300 });
    expect(readdirSync(path)).toEqual([]);
  }, 60_000);
});
