import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, truncateSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { rowsOf } from '../../engine/core/events.ts';
import { readCheckpoint, writeCheckpoint } from '../../scenarios/checkpoint.ts';
import { EventLog } from '../../scenarios/event-log.ts';
import { readManifest } from '../../scenarios/run-folder.ts';
import { createCrowd, crowdOf } from '../../sim/crowd.ts';
import { livePast, smallWorld } from '../sim/support.ts';

const folder = mkdtempSync(join(tmpdir(), 'dubplate-resume-'));
afterAll(() => rmSync(folder, { recursive: true }));

const root = join(import.meta.dirname, '../..');
const words = (out: string, ...more: readonly string[]): string[] => [
  join(root, 'scenarios/dubplate.js'),
  ...['run', join(root, 'test/support/eventful.ts'), '--out', out, '--quiet', ...more],
];

/** Runs the scenario in a process of its own, to its end. */
function run(out: string, ...more: readonly string[]): { code: number | null; stderr: string } {
  const { status, stderr } = spawnSync(process.execPath, words(out, ...more), { encoding: 'utf8' });
  return { code: status, stderr };
}

/** The same, killed as soon as `isTime`; a run that ended before has been killed by nobody. */
async function runUntil(isTime: () => boolean, out: string, ...more: readonly string[]): Promise<void> {
  const child = spawn(process.execPath, words(out, ...more), { stdio: 'ignore' });
  const watch = setInterval(() => isTime() && child.kill('SIGKILL'), 1);
  const signal = await new Promise((resolve) => child.once('exit', (_, by) => resolve(by)));
  clearInterval(watch);
  expect(signal).toBe('SIGKILL');
}

const filesIn = (path: string): string[] =>
  existsSync(path) ? readdirSync(path, { recursive: true, encoding: 'utf8' }).sort() : [];
/** A day is there; or one is being written. */
const hasDay = (out: string, arm: string, day: string): boolean =>
  existsSync(join(out, arm, 'social-0', 'events', `day=${day}.arrow`));
const isWriting = (out: string, name: string): boolean =>
  filesIn(out).some((file) => file.includes(name) && file.endsWith('.tmp'));

const whole = join(folder, 'whole');
const digestsOf = (out: string): unknown => readManifest(out)?.digests;

/** Everything is as if the run had not been interrupted, but for times. */
function expectWhole(out: string): void {
  expect(digestsOf(out)).toEqual(digestsOf(whole));
  expect(filesIn(out)).toEqual(filesIn(whole));
  const exact = filesIn(whole).filter((file) => /\.(arrow|npy|onnx|txt)$/.test(file));
  for (const file of exact)
    expect(readFileSync(join(out, file)).equals(readFileSync(join(whole, file))), file).toBe(true);
}

describe('a run that is killed', () => {
  beforeAll(() => expect(run(whole, '--threads', '1')).toEqual({ code: 0, stderr: '' }));

  it('goes on with --resume to the same end, killed in the past, by night, by day and in its second arm', async () => {
    const out = join(folder, 'often');
    await runUntil(() => isWriting(out, 'day=-0001.arrow'), out);
    await runUntil(() => hasDay(out, 'hybrid', '0001'), out, '--resume', '--threads', '2');
    await runUntil(() => isWriting(out, 'day=0003.arrow'), out, '--resume', '--threads', '1');
    expect(hasDay(out, 'hybrid', '0002')).toBe(true);
    await runUntil(() => hasDay(out, 'charts', '0000'), out, '--resume');
    expect(run(out, '--resume', '--threads', '2')).toEqual({ code: 0, stderr: '' });
    expectWhole(out);
  }, 120_000);

  it('says so when its checkpoint was damaged', async () => {
    const out = join(folder, 'damaged');
    const checkpoint = join(out, 'worlds', 'social-0', 'hybrid.checkpoint');
    await runUntil(() => existsSync(checkpoint), out);
    truncateSync(checkpoint, 10_000);
    const refused = run(out, '--resume');
    expect(refused.code).toBe(2);
    expect(refused.stderr).toMatch(/hybrid\.checkpoint: it is damaged\n.*Delete that file/);
  }, 60_000);

  it('stops with exit code 4 where a file gets no room, keeps whole days and goes on when there is room', () => {
    const out = join(folder, 'limited');
    // The first checkpoint that holds an encoder is larger than this.
    const limited = spawnSync('bash', ['-c', 'ulimit -f 1024; exec "$0" "$@"', process.execPath, ...words(out)], {
      encoding: 'utf8',
    });
    expect(limited.status).toBe(4);
    expect(limited.stderr).toMatch(/hybrid\.checkpoint: a file may not be that large here.*every whole day is kept/);
    expect(limited.stderr).toContain(`go on with --out ${out} --resume`);
    expect(hasDay(out, 'hybrid', '0000')).toBe(true);
    expect(filesIn(out).filter((file) => file.endsWith('.tmp'))).toEqual([]);
    expect(run(out, '--resume')).toEqual({ code: 0, stderr: '' });
    expectWhole(out);
  }, 60_000);

  const mount = 'mount -t tmpfs -o size=3200k none "$disk"';
  const canMount = spawnSync('unshare', ['-rm', 'bash', '-c', `disk=${folder}; ${mount}`]).status === 0;
  if (!canMount) process.stderr.write('SKIPPED a full disk: no small one can be mounted here (`unshare -rm`)\n');
  it.runIf(canMount)(
    'does the same on a disk that is full',
    () => {
      const disk = mkdtempSync(join(folder, 'disk-'));
      const copy = join(folder, 'full');
      const script = `
      disk=${disk}; ${mount}
      "$0" "$@"; echo "exit $?" >&2
      ls -R "$disk" >&2
      mount -o remount,size=64m "$disk"
      "$0" "$@" --resume && cp -r "$disk/run" ${copy}`;
      const { status, stderr } = spawnSync(
        'unshare',
        ['-rm', 'bash', '-c', script, process.execPath, ...words(join(disk, 'run'))],
        { encoding: 'utf8' },
      );
      expect(stderr).toMatch(
        /^error: Cannot write .*: the disk is full; [\d.]+ MB are free there\. The run has stopped/,
      );
      expect(stderr).toContain('exit 4\n');
      expect(stderr).toContain('day=0000.arrow');
      expect(stderr).not.toContain('.tmp');
      expect(status).toBe(0);
      expectWhole(copy);
    },
    60_000,
  );
});

describe('a checkpoint', () => {
  const path = join(folder, 'arm.checkpoint');
  const world = smallWorld({}, { historyDays: 1 });
  const crowd = createCrowd(world);
  crowd.state.columns.plays[3] = 7;
  const checkpoint = {
    day: 4,
    crowd: crowd.state,
    engine: { factors: undefined, sound: undefined, slates: 'abc' },
    digests: ['a', 'b'],
    rows: [],
    lastNight: undefined,
    count: { slatesServed: 5, listsRead: 5 },
    agingLists: [],
  };

  it('comes back as it was, its crowd in memory of its own', () => {
    expect(readCheckpoint(path, 'key')).toBeUndefined();
    writeCheckpoint(path, 'key', checkpoint);
    const found = readCheckpoint(path, 'key');
    expect(found).toEqual(checkpoint);
    const alive = crowdOf(found!.crowd).clone();
    expect(alive.state).toEqual(crowd.state);
    expect(alive.state.columns.plays.buffer).toBeInstanceOf(SharedArrayBuffer);
  });

  it('is refused when it is of another run', () => {
    writeCheckpoint(path, 'key', checkpoint);
    expect(() => readCheckpoint(path, 'another key')).toThrow(/it is of another run/);
  });
});

describe('an event log', () => {
  const world = smallWorld({}, { historyDays: 2 });
  const { log: events } = livePast(world);
  const { listeners, tracks } = world.catalogue;
  const sizes = { listeners: listeners.length, tracks: tracks.length };
  const open = (): EventLog => new EventLog(sizes, (name) => join(folder, 'log', name));

  it('takes its days in from their files as they were written, however they were cut up', async () => {
    const written = open();
    await written.write(0, async (log) => {
      log(rowsOf(events, 0, 100));
      log(rowsOf(events, 100, events.length));
    });
    const taken = open();
    taken.takeIn(0, written.digests[0]);
    expect(taken.digest()).toBe(written.digest());
    expect(taken.plays).toEqual(written.plays);
    expect(taken.heard.tracks(7)).toEqual(written.heard.tracks(7));
    expect([...taken.read(0, 1)].map(({ length }) => length)).toEqual([events.length]);
  });

  it('refuses a day that was changed since', async () => {
    const written = open();
    await written.write(1, async (log) => log(events));
    const [digest] = written.digests;
    await open().write(1, async (log) => log(rowsOf(events, 1, events.length)));
    expect(() => open().takeIn(1, digest)).toThrow(/day=0001\.arrow is not what the interrupted run wrote there/);
  });

  it('has no file of a day that failed', async () => {
    const failing = async (log: (lived: typeof events) => void): Promise<void> => {
      log(events);
      throw new Error('the crowd has gone home');
    };
    await expect(open().write(2, failing)).rejects.toThrow(/gone home/);
    expect(readdirSync(join(folder, 'log'))).toEqual(['day=0000.arrow', 'day=0001.arrow']);
  });
});
