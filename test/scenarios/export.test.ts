import { spawnSync } from 'node:child_process';
import {
  appendFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { EventBuffer, eventKinds, eventSources, noTrack } from '../../engine/core/events.ts';
import { dayOf } from '../../engine/core/time.ts';
import { dayName } from '../../scenarios/event-log.ts';
import { type ExportOptions, exportRun } from '../../scenarios/export/export-run.ts';
import { openFinishedRun } from '../../scenarios/finished-run.ts';
import { openRunFolder } from '../../scenarios/run-folder.ts';
import { readColumns, readEvents, writeEvents } from '../../sim/log.ts';
import { createWorld } from '../../sim/world.ts';
import { runTiny, say, tinyScenario } from '../support/tiny-run.ts';

const folder = mkdtempSync(join(tmpdir(), 'dubplate-export-'));
afterAll(() => rmSync(folder, { recursive: true }));
const at = (...parts: string[]): string => join(folder, ...parts);

beforeAll(() => runTiny(at('run')));

const exported = (out: string, more: Partial<ExportOptions> = {}, run = 'run') => {
  const opened = openFinishedRun(at(run));
  const { arms, worlds } = opened;
  return exportRun(opened, {
    arms,
    worlds,
    format: 'parquet',
    truth: false,
    out: at(out),
    progress: () => {},
    ...more,
  });
};

/** A copy of the run in which something can be broken. */
function copyOfRun(name: string): (...parts: string[]) => string {
  cpSync(at('run'), at(name), { recursive: true });
  return (...parts) => at(name, 'collaborative', 'latent-0', ...parts);
}

/** Rows as DuckDB reads them from files, in order. */
async function query(sql: string): Promise<Record<string, unknown>[]> {
  const instance = await DuckDBInstance.create(':memory:');
  const connection = await instance.connect();
  try {
    return (await connection.runAndReadAll(sql)).getRowObjectsJS();
  } finally {
    connection.closeSync();
    instance.closeSync();
  }
}

const csvTypes = `types = {'user_id': 'VARCHAR', 'user': 'UINTEGER', 'track_id': 'VARCHAR', 'track': 'UINTEGER',
  'time': 'INTEGER', 'day': 'INTEGER', 'kind': 'VARCHAR', 'playedMs': 'UINTEGER', 'source': 'VARCHAR',
  'position': 'SMALLINT', 'generation': 'INTEGER', 'propensity': 'FLOAT'}`;

describe.each(['parquet', 'csv'] as const)('a run exported as %s', (format) => {
  const out = `as-${format}`;
  beforeAll(() => exported(out, { format, truth: true }));
  const read = (path: string): string =>
    format === 'parquet' ? `read_parquet('${path}')` : `read_csv('${path}', header = true, ${csvTypes})`;

  it('says of every event what the log says, in its order, with names, ids and days', async () => {
    let events = 0;
    for (const arm of ['collaborative', 'charts']) {
      for (const day of [-3, -2, -1, 0, 1]) {
        const log = readEvents(at('run', arm, 'latent-0', 'events', `${dayName(day)}.arrow`));
        const path = at(out, 'events', `arm=${arm}`, 'world=latent-0', `${dayName(day)}.${format}`);
        const rows = await query(`FROM ${read(path)}`);
        const expected = Array.from({ length: log.length }, (_, i) => ({
          user_id: `u${log.user[i]}`,
          user: log.user[i],
          track_id: log.track[i] === noTrack ? null : `t${log.track[i]}`,
          track: log.track[i] === noTrack ? null : log.track[i],
          time: log.time[i],
          day: dayOf(log.time[i]!),
          kind: eventKinds[log.kind[i]!],
          playedMs: log.playedMs[i],
          source: eventSources[log.source[i]!],
          position: log.position[i] === -1 ? null : log.position[i],
          generation: log.generation[i] === -1 ? null : log.generation[i],
          propensity: log.propensity[i],
          arm,
          world: 'latent-0',
        }));
        expect(rows).toEqual(expected);
        expect(new Set(rows.map((row) => row.day))).toEqual(new Set([day]));
        events += log.length;
      }
    }
    expect(events).toBeGreaterThan(2000);
  });

  it('has every row once in one table of all files, with arm and world from their folders', async () => {
    const files = at(out, 'events', '**', `*.${format}`);
    const [all] = await query(`
      SELECT count(*)::INTEGER AS n, count(DISTINCT arm)::INTEGER AS arms, count(position)::INTEGER AS positions,
        count(*) FILTER (source = 'slate')::INTEGER AS slates, count(*) FILTER (propensity < 1)::INTEGER AS drawn,
        count(*) FILTER (track IS NULL AND kind NOT IN ('signup', 'churn'))::INTEGER AS lost
      FROM ${read(files)}`);
    const { tables } = JSON.parse(readFileSync(at(out, 'export.json'), 'utf8'));
    expect(tables).toContainEqual({ table: 'events', rows: all?.n, files: 10 });
    expect(all).toMatchObject({ arms: 2, lost: 0, positions: all?.slates });
    expect(Number(all?.slates)).toBeGreaterThan(50);
    expect(Number(all?.drawn)).toBeGreaterThan(5);
  });

  it('tells of listeners and tracks what the world has', async () => {
    const world = createWorld(tinyScenario.world, { seed: '1/0', family: 'latent', historyDays: 3, days: 2 });
    const table = (name: string): Promise<Record<string, unknown>[]> =>
      query(`FROM '${at(out, name, 'world=latent-0', `${name}.${format}`)}'`);
    const common = { world: 'latent-0' };
    const number = (row: Record<string, unknown>): Record<string, unknown> =>
      Object.fromEntries(Object.entries(row).map(([k, v]) => [k, typeof v === 'bigint' ? Number(v) : v]));
    const listeners = (await table('listeners')).map(number);
    expect(listeners).toEqual(
      world.catalogue.listeners.map(({ id, signedUpAt, region }, user) => ({
        user_id: id,
        user,
        signedUpAt,
        signedUpDay: dayOf(signedUpAt),
        region,
        ...common,
      })),
    );
    expect((await table('tracks')).map(number)).toEqual(
      world.catalogue.tracks.map(({ id, artist, releasedAt, durationMs }, track) => ({
        track_id: id,
        track,
        artist_id: artist,
        releasedAt,
        releasedDay: dayOf(releasedAt),
        durationMs,
        ...common,
      })),
    );
    const habits = (await table('truth_listeners')).map(number);
    expect(habits.map(({ user_id }) => user_id)).toEqual(listeners.map(({ user_id }) => user_id));
    expect(habits.map(({ patience }) => patience)).toEqual([...world.people.patience]);
    expect(new Set(habits.map(({ cohort }) => cohort))).toEqual(new Set(['all']));
    const sounds = (await table('truth_tracks')).map(number);
    expect(sounds.map(({ track }) => track)).toEqual(sounds.map((_, track) => track));
    expect(sounds.map(({ tempoBpm }) => Math.fround(Number(tempoBpm)))).toEqual([...world.sounds.tempoBpm]);
  });

  it('has the shadow sessions, which only the truth knows', async () => {
    const path = at(out, 'truth_shadow', 'arm=charts', 'world=latent-0', `day=0001.${format}`);
    const shadow = readEvents(at('run', 'charts', 'latent-0', 'truth', 'shadow', 'day=0001.arrow'));
    const rows = await query(`FROM ${read(path)}`);
    expect(rows.map(({ track }) => track)).toEqual([...shadow.track]);
  });

  it('leaves nothing temporary', () => {
    const names = readdirSync(at(out), { recursive: true, encoding: 'utf8' });
    expect(names.filter((name) => !/(\.parquet|\.csv|export\.json|\/?[a-z_]+(=[a-z0-9-]+)?)$/.test(name))).toEqual([]);
    expect(names.filter((name) => name.endsWith('.tmp'))).toEqual([]);
  });
});

describe('an export', () => {
  it('writes a day on which nothing happened as a file with columns and no rows', async () => {
    const file = copyOfRun('quiet');
    writeEvents(file('events', 'day=0001.arrow'), new EventBuffer().slice());
    for (const format of ['parquet', 'csv'] as const) {
      await exported(`quiet-${format}`, { format, arms: ['collaborative'] }, 'quiet');
      const path = at(`quiet-${format}`, 'events', 'arm=collaborative', 'world=latent-0', `day=0001.${format}`);
      const columns = await query(`DESCRIBE FROM '${path}'`);
      expect(columns.map(({ column_name }) => column_name)).toEqual(
        // biome-ignore format: the order of the columns
        ['user_id', 'user', 'track_id', 'track', 'time', 'day', 'kind', 'playedMs', 'source', 'position', 'generation', 'propensity', 'arm', 'world'],
      );
      expect(await query(`FROM '${path}'`)).toEqual([]);
    }
  });

  it('leaves out the arms that were not asked for, and without --truth what the engine must not know', async () => {
    const tables = await exported('one-arm', { arms: ['charts'] });
    expect(tables.map(({ table }) => table)).toEqual(['listeners', 'tracks', 'events']);
    expect(readdirSync(at('one-arm')).sort()).toEqual(['events', 'export.json', 'listeners', 'tracks']);
    expect(readdirSync(at('one-arm', 'events'))).toEqual(['arm=charts']);
  });

  it('replaces an older export, but not when somebody put something beside it', async () => {
    await exported('again', { truth: true });
    await exported('again', { format: 'csv' });
    const names = readdirSync(at('again'), { recursive: true, encoding: 'utf8' });
    expect(names.filter((name) => /parquet|truth/.test(name))).toEqual([]);
    writeFileSync(at('again', 'thesis.txt'), 'precious');
    await expect(exported('again')).rejects.toMatchObject({ code: 'OUTPUT_NOT_A_RUN', message: /thesis\.txt/ });
    expect(names.filter((name) => !existsSync(at('again', name)))).toEqual([]);
  });

  it('is not taken for a run by the command that replaces runs', async () => {
    await exported('not-a-run');
    expect(() => openRunFolder(at('not-a-run'), { resume: false })).toThrow(/not a run/);
  });
});

describe('a folder that cannot be exported', () => {
  const manifest = (name: string, change: (manifest: Record<string, unknown>) => void): void => {
    const path = at(name, 'manifest.json');
    const content = JSON.parse(readFileSync(path, 'utf8'));
    change(content);
    writeFileSync(path, JSON.stringify(content));
  };

  it.each<[string, (file: (...parts: string[]) => string, name: string) => void, RegExp]>([
    ['lacks a day', (file) => rmSync(file('events', 'day=-0002.arrow')), /day=-0002\.arrow is missing/],
    ['lacks its tracks', (file) => rmSync(file('tracks.arrow')), /tracks\.arrow is missing/],
    [
      'has half a day',
      (file) => truncateSync(file('events', 'day=0000.arrow'), 900),
      /day=0000\.arrow is not an event log/,
    ],
    ['has half a table', (file) => truncateSync(file('listeners.arrow'), 900), /listeners\.arrow is not a table/],
    [
      'has a table with something behind it',
      (file) => appendFileSync(file('tracks.arrow'), 'ARROW1ARROW1'),
      /tracks\.arrow is not a table/,
    ],
    [
      'has the table of others',
      (file) => cpSync(file('truth', 'listeners.arrow'), file('listeners.arrow')),
      /listeners\.arrow has no column 'id'/,
    ],
    [
      'has the events of a larger world',
      (file) => {
        const buffer = new EventBuffer();
        buffer.add(70_000, 1, 90_000, 0, 30_000, 0, 0, 1, 1);
        writeEvents(file('events', 'day=0001.arrow'), buffer.slice());
      },
      /names row 70000/,
    ],
    ['is not finished', (_, name) => manifest(name, (m) => Object.assign(m, { status: 'running' })), /not finished/],
    ['is a model', (_, name) => manifest(name, (m) => Object.assign(m, { kind: 'model' })), /a trained model/],
    [
      'is a test of hearing',
      (_, name) => manifest(name, (m) => Object.assign(m.scenario as object, { hearing: {} })),
      /a test of hearing/,
    ],
    [
      'has a manifest that somebody edited',
      (_, name) => manifest(name, (m) => Object.assign(m, { arms: 'one', worlds: [] })),
      /arms: found "one"[\s\S]*worlds: /,
    ],
    ['has no manifest', (_, name) => rmSync(at(name, 'manifest.json')), /is not a run of Dubplate/],
  ])('%s: what is wrong is said, and no whole export is left', async (what, breakIt, message) => {
    const name = `broken: ${what}`;
    const file = copyOfRun(name);
    breakIt(file, name);
    const attempt = (async () => exported(`${name}-out`, { truth: true }, name))();
    await expect(attempt).rejects.toMatchObject({ message: expect.stringMatching(message), hint: expect.any(String) });
    const label = at(`${name}-out`, 'export.json');
    if (existsSync(label)) expect(JSON.parse(readFileSync(label, 'utf8')).status).toBe('running');
    rmSync(at(name), { recursive: true });
  });

  it('is not there, or is a file', () => {
    expect(() => openFinishedRun(at('nowhere'))).toThrow(/does not exist/);
    writeFileSync(at('file'), '');
    expect(() => openFinishedRun(at('file'))).toThrow(/is not a folder/);
  });
});

describe('a place that cannot be written to', () => {
  it.each<[string, () => string, RegExp]>([
    [
      'is a file',
      () => {
        writeFileSync(at('taken'), 'precious');
        return 'taken';
      },
      /exists and is not a folder/,
    ],
    [
      'has other things in it',
      () => {
        mkdirSync(at('foreign'));
        writeFileSync(at('foreign', 'thesis.txt'), 'precious');
        return 'foreign';
      },
      /is not an export of Dubplate/,
    ],
    ['is the run itself', () => 'run', /is not an export of Dubplate/],
    [
      'is below a file',
      () => {
        writeFileSync(at('leaf'), 'precious');
        return join('leaf', 'out');
      },
      /Cannot write .*leaf/,
    ],
  ])('%s: it is refused, and nothing is touched', async (_, prepare, message) => {
    const out = prepare();
    const before = readdirSync(folder, { recursive: true });
    await expect(exported(out)).rejects.toMatchObject({ message: expect.stringMatching(message) });
    expect(readdirSync(folder, { recursive: true })).toEqual(before);
  });

  it('fails in the middle: the files that exist are whole, and nothing temporary is left', async () => {
    // The folder of the second arm is taken by a file while the first is written.
    const progress = (): void => {
      mkdirSync(at('disk', 'events'), { recursive: true });
      writeFileSync(at('disk', 'events', 'arm=charts'), '');
    };
    await expect(exported('disk', { progress })).rejects.toMatchObject({
      code: 'INVALID_OPTIONS',
      message: expect.stringMatching(/Cannot write .*arm=charts/),
    });
    const names = readdirSync(at('disk', 'events', 'arm=collaborative'), { recursive: true, encoding: 'utf8' });
    expect(names.filter((name) => name.endsWith('.parquet'))).toHaveLength(5);
    expect(names.filter((name) => name.endsWith('.tmp'))).toEqual([]);
    const last = at('disk', 'events', 'arm=collaborative', 'world=latent-0', 'day=0001.parquet');
    expect((await query(`SELECT count(*) > 0 AS is_whole FROM '${last}'`))[0]).toEqual({ is_whole: true });
  });
});

describe('an export without room', () => {
  const launcher = join(import.meta.dirname, '../../scenarios/dubplate.js');
  const words = (out: string): string[] => [process.execPath, launcher, 'export', at('run'), '--quiet', '--out', out];

  it.each([
    ['parquet', '1'], // in blocks of 1024 bytes
    ['csv', '8'],
  ])('for a %s file ends with exit code 4, and leaves nothing half written', (format, limit) => {
    const out = at(`limited-${format}`);
    const script = `ulimit -f ${limit}; exec "$0" "$@"`;
    const { status, stderr } = spawnSync('bash', ['-c', script, ...words(out), '--format', format], {
      encoding: 'utf8',
    });
    expect(stderr).toMatch(/^error: Cannot write .*: a file may not be that large here/);
    expect(status).toBe(4);
    expect(readdirSync(out, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.tmp'))).toEqual([]);
  });

  const mount = (size: string): string => `mount -t tmpfs -o ${size} none "${at('small')}"`;
  mkdirSync(at('small'));
  const canMount = spawnSync('unshare', ['-rm', 'bash', '-c', mount('size=4k')]).status === 0;
  if (!canMount) process.stderr.write('SKIPPED a full disk: no small one can be mounted here (`unshare -rm`)\n');
  it.runIf(canMount).each(['size=32k', 'size=1m,nr_inodes=5'])(
    'on a disk of %s does the same',
    (size) => {
      const script = `${mount(size)}; exec "$0" "$@"`;
      const { status, stderr } = spawnSync('unshare', ['-rm', 'bash', '-c', script, ...words(at('small', 'x'))], {
        encoding: 'utf8',
      });
      expect(stderr).toMatch(/^error: Cannot write .*: the disk is full/);
      expect(status).toBe(4);
    },
    60_000,
  );
});

describe('dubplate export', () => {
  it('writes beside the run unless told where, and says what', async () => {
    const { code, stdout } = await say('export', at('run'), '--arm', 'charts', '--json');
    expect(code).toBe(0);
    const told = JSON.parse(stdout);
    expect(told).toMatchObject({ schema: 1, out: at('run-export'), format: 'parquet' });
    for (const { rows, glob } of told.tables) {
      expect(await query(`SELECT count(*)::INTEGER AS n FROM '${glob}'`)).toEqual([{ n: rows }]);
    }
    expect((await say('export', at('run'), '--quiet')).stdout).toMatch(/^listeners +\d+ rows in 1 file /);
  });

  it.each([
    [['--arm', 'hybird'], /has no arm 'hybird'[\s\S]*collaborative, charts/],
    [['--world', 'latent-7'], /has no world 'latent-7'[\s\S]*latent-0/],
    [['--format', 'xlsx'], /parquet, csv/],
  ])('refuses %j', async (words, message) => {
    const { code, stderr } = await say('export', at('run'), '--out', at('refused'), ...words);
    expect(code).toBe(2);
    expect(stderr).toMatch(message);
    expect(existsSync(at('refused'))).toBe(false);
  });
});

describe('the reader of tables', () => {
  it('reads every column of a table that a run wrote, and nothing of what is no table', () => {
    const tracks = readColumns(at('run', 'charts', 'latent-0', 'truth', 'tracks.arrow'));
    expect(Object.keys(tracks).slice(0, 3)).toEqual(['tempoBpm', 'key', 'energy']);
    expect(new Set(Object.values(tracks).map(({ length }) => length)).size).toBe(1);
    expect(() => readColumns(at('run', 'manifest.json'))).toThrow(/not a whole Arrow IPC file/);
    const { kind } = readColumns(at('run', 'charts', 'latent-0', 'events', 'day=0000.arrow'));
    expect((kind as readonly string[]).includes('play')).toBe(true);
    expect(() => readColumns(at('nothing.arrow'))).toThrow(/no table at/);
  });
});
