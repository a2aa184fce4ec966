import { mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openDuckDb } from '../../scenarios/duckdb.ts';
import { factNames } from '../../scenarios/fidelity/fact-names.ts';
import { readRunLog } from '../../scenarios/fidelity/run-log.ts';
import { runTiny, say } from '../support/tiny-run.ts';

const folder = mkdtempSync(join(tmpdir(), 'dubplate-fidelity-'));
afterAll(() => rmSync(folder, { recursive: true }));
const run = join(folder, 'run');
const log = join(folder, 'log.csv');

beforeAll(async () => {
  await runTiny(run);
  const plays = Array.from(
    { length: 600 },
    (_, i) => `user${i % 6},${1_672_617_600 + 7000 * i},artist ${i % 10},track ${i % 40}`,
  );
  writeFileSync(log, `user,timestamp,artist,track\n${plays.join('\n')}\n`);
}, 60_000);

describe('the log of a run', () => {
  it('holds the past and the run of one arm, with the artists and releases of its tracks', () => {
    const { sample, arm, world, firstDay, lastDay } = readRunLog(run);
    expect({ arm, world, firstDay, lastDay }).toEqual({
      arm: 'collaborative',
      world: 'latent-0',
      firstDay: -3,
      lastDay: 1,
    });
    expect(sample.listeners.length).toBeGreaterThan(30);
    expect(sample.listenerDays).toBeGreaterThan(5 * 40);
    expect(sample.artistOf).toHaveLength(sample.releases?.releasedAt.length ?? 0);
    for (const { time, track } of sample.listeners) {
      for (let i = 0; i < time.length; i++) {
        expect(sample.releases?.releasedAt[track[i] ?? -1]).toBeLessThanOrEqual(time[i] ?? Number.NaN);
        if (i > 0) expect(time[i]).toBeGreaterThanOrEqual(time[i - 1] ?? Number.NaN);
      }
    }
  });

  it('tells what came from slates as the metrics of the run do', () => {
    const { summary } = JSON.parse(readFileSync(join(run, 'metrics.json'), 'utf8')) as {
      summary: { arm: string; segment: string; metric: string; mean: number }[];
    };
    const metric = summary.find((row) => row.metric === 'algorithmicShare' && row.segment === 'all');
    const { slates, arm } = readRunLog(run);
    expect(arm).toBe(metric?.arm);
    expect(slates?.dial).toBe(0.3);
    // The metric is a mean of days.
    expect(slates?.share).toBeCloseTo(metric?.mean ?? Number.NaN, 1);
    expect(slates?.share).toBeGreaterThan(0.05);
    const dial = slates && `${(100 * slates.dial!).toFixed(1)} %`;
    for (const report of ['report.md', 'report.html']) {
      expect(readFileSync(join(run, report), 'utf8')).toMatch(
        new RegExp(
          `${((metric?.mean ?? 0) * 100).toFixed(1)} % collaborative, .* the dial algorithmicShare aims at ${dial}`,
        ),
      );
    }
  });
});

describe('dubplate fidelity', () => {
  it('prints every fact with its verdict, what was compared, and the same again', async () => {
    const { code, stdout } = await say('fidelity', run);
    expect(code).toBe(0);
    expect(stdout).toMatch(/simulated: collaborative in latent-0 \(the only world\), days -3 to 1/);
    expect(stdout).toMatch(/artists that were heard count,\n\d+ by \d+ listeners against 17632 by 1892/);
    expect(stdout).toMatch(/Most was played from \d+:00 to \d+:00\./);
    expect(stdout).toMatch(/\d+ of 16 facts within/);
    expect(stdout).toMatch(/\d\d\.\d % of plays came from slates; the dial algorithmicShare aims at 30\.0 %\./);
    expect((await say('fidelity', run)).stdout).toBe(stdout);
  });

  it('is JSON when asked, for the arm asked for', async () => {
    const { stdout } = await say('fidelity', run, '--arm', 'charts', '--json');
    const json = JSON.parse(stdout) as { arm: string; rows: { fact: string; verdict: string }[]; ok: number };
    expect(json.arm).toBe('charts');
    expect(json.rows.map(({ fact }) => fact)).toEqual(factNames);
    expect(json.rows.filter(({ verdict }) => verdict === 'ok')).toHaveLength(json.ok);
  });

  it('exits with 1 when fewer facts are ok than asked for', async () => {
    const { ok } = JSON.parse((await say('fidelity', run, '--json')).stdout) as { ok: number };
    expect((await say('fidelity', run, '--at-least', `${ok}`)).code).toBe(0);
    expect((await say('fidelity', run, '--at-least', `${ok + 1}`)).code).toBe(1);
  });

  it('takes targets from a real log, and says what that log does not tell', async () => {
    const { code, stdout } = await say('fidelity', run, '--log', log, '--utc-offset', '1');
    expect(code).toBe(0);
    expect(stdout).toMatch(/log\.csv \(table of plays\); 600 plays of 6 listeners/);
    expect(stdout).toMatch(/KS \d\.\d\d/);
    expect(stdout).toMatch(/played under 5 s \(left out\): the log has no played times/);
    expect(stdout).toMatch(/second \/ first week of a release \(left out\): a log does not tell when tracks came out/);
    expect(stdout).toMatch(/; 3 left out/);
  });

  it.each([
    ['an arm that is not there', () => ['--arm', 'hybrid'], /no arm 'hybrid'[\s\S]*collaborative, charts/],
    ['a world that is not there', () => ['--world', 'latent-7'], /no world 'latent-7'/],
    ['a log that is not there', () => ['--log', join(folder, 'none.csv')], /no listening log/],
    ['an offset without a log', () => ['--utc-offset', '1'], /--utc-offset is given without --log[\s\S]*Add --log/],
    ['an offset of nobody', () => ['--utc-offset', '25'], /not a number of hours/],
  ])('refuses %s with code 2', async (_, flags, message) => {
    const { code, stderr } = await say('fidelity', run, ...flags());
    expect(stderr).toMatch(message);
    expect(code).toBe(2);
  });

  it('refuses a folder without a run, and a run with a hole', async () => {
    expect(await say('fidelity', folder)).toMatchObject({ code: 2, stderr: expect.stringMatching(/not a run/) });
    const hole = join(run, 'collaborative', 'latent-0', 'events', 'day=-0002.arrow');
    renameSync(hole, `${hole}.away`);
    expect(await say('fidelity', run)).toMatchObject({
      code: 2,
      stderr: expect.stringMatching(/day=-0002\.arrow is missing/),
    });
    renameSync(`${hole}.away`, hole);
  });
});

describe('a run held against its own plays', () => {
  it('is ok in every fact that a log tells, without any distance', async () => {
    const tables = join(folder, 'tables');
    const own = join(folder, 'own.parquet');
    expect(await say('export', run, '--format', 'parquet', '--out', tables)).toMatchObject({ code: 0 });
    const monday = Date.UTC(2024, 0, 1) / 1000;
    const { connection, close } = await openDuckDb();
    await connection.run(`
      COPY (
        SELECT user_id, make_timestamp((${monday} + time) * 1_000_000::BIGINT) AS timestamp, artist_id AS artist, tracks.track_id AS track, playedMs AS ms_played
        FROM read_parquet('${tables}/events/**/*.parquet') AS events JOIN read_parquet('${tables}/tracks/**/*.parquet') AS tracks USING (track_id)
        WHERE arm = 'collaborative' AND kind IN ('play', 'skip')
      ) TO '${own}' (FORMAT parquet)`);
    close();
    const { code, stdout } = await say('fidelity', run, '--log', own, '--json');
    expect(code).toBe(0);
    const { rows, simulated, target } = JSON.parse(stdout) as {
      rows: { fact: string; verdict: string; distance: number | null }[];
      simulated: { plays: number };
      target: { plays: number };
    };
    expect(target.plays).toBe(simulated.plays);
    for (const { fact, verdict, distance } of rows) {
      if (fact === 'releaseDecay') expect(verdict).toBe('left out');
      else
        expect({ fact, verdict, distance: Math.abs(distance ?? 1) < 1e-9 }).toEqual({
          fact,
          verdict: 'ok',
          distance: true,
        });
    }
  });
});

describe('dubplate calibrate', () => {
  it('ends with a run that takes the file it wrote, or the dials where it wrote none', async () => {
    const out = join(folder, 'world.json');
    const [written, unwritten] = [
      await say('calibrate', '--log', log, '--out', out),
      await say('calibrate', '--log', log),
    ];
    expect(written.stdout).toMatch(/\nnpx dubplate run cold-start --world \S+world\.json\n$/);
    expect(unwritten.stdout).toMatch(
      /\nnpx dubplate run cold-start (--set world\.cohorts\.\w+\.explore=[\d.]+ ?){2}\n$/,
    );
    const [, words = ''] = /npx dubplate run (.*)\n$/.exec(written.stdout) ?? [];
    const { code, stdout } = await say('explain', ...words.split(' '), '--json');
    expect(code).toBe(0);
    const { world } = JSON.parse(readFileSync(out, 'utf8')) as {
      world: { cohorts: Record<string, { explore: number }> };
    };
    const { scenario } = JSON.parse(stdout) as { scenario: { world: typeof world & { tracks: number } } };
    expect(scenario.world.tracks).toBe(6600);
    expect(scenario.world.cohorts.regulars?.explore).toBe(world.cohorts.regulars?.explore);
  }, 300_000);

  it('refuses a log that is too small, and one that is not there, with code 2', async () => {
    const small = join(folder, 'small.csv');
    writeFileSync(small, 'timestamp,artist,track\n1672617600,Band,One\n');
    expect(await say('calibrate', '--log', small)).toMatchObject({
      code: 2,
      stderr: expect.stringMatching(/None of the 1/),
    });
    expect(await say('calibrate', '--log', join(folder, 'none'))).toMatchObject({ code: 2 });
    expect(await say('calibrate')).toMatchObject({ code: 2, stderr: expect.stringMatching(/--log/) });
  });
});
