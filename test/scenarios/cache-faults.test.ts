import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { connectCache } from '../../engine/cache/connect.ts';
import { readManifest } from '../../scenarios/run-folder.ts';
import { type FaultProxy, startFaultProxy } from '../support/fault-proxy.ts';
import { describeWithRedis, type RedisServer, startRedis } from '../support/redis-server.ts';
import { type Said, say } from '../support/tiny-run.ts';

const folder = mkdtempSync(join(tmpdir(), 'dubplate-faults-'));
const at = (name: string): string => join(folder, name);
const run = (name: string, ...words: string[]): Promise<Said> =>
  say('run', 'micro', '--out', at(name), '--quiet', '--json', ...words);
const digestsOf = (name: string): unknown => readManifest(at(name))?.digests;

describeWithRedis('a run whose Redis fails', { timeout: 120_000 }, () => {
  let server: RedisServer;
  let proxy: FaultProxy;
  beforeAll(async () => {
    server = await startRedis();
    proxy = await startFaultProxy(server.port);
    expect((await run('whole')).code).toBe(0);
  }, 120_000);
  afterAll(async () => {
    await proxy.stop();
    await server.stop();
    rmSync(folder, { recursive: true });
  });

  /** Does something each time that so many more bytes have been sent. */
  const atBytes = ([first, ...rest]: readonly number[], act: () => void | Promise<void>): void => {
    if (first === undefined) return;
    proxy.after(first, () => {
      atBytes(rest, act);
      return act();
    });
  };

  it('killed in the midst of nights and days, and started again empty: ends with the same digests, and says so', async () => {
    // A night writes some 250 kB of lists, at most 212 kB at once: none strikes twice before the server has answered.
    const kills = [100_000, 300_000, 350_000, 280_000, 310_000];
    let killed = 0;
    atBytes(kills, () => {
      killed++;
      return server.restart();
    });
    const { code, stderr } = await run('killed', '--redis', proxy.url);
    expect(stderr).toContain('was lost while writing lists of generation 1');
    expect(code).toBe(0);
    expect(killed).toBe(kills.length);
    expect(digestsOf('killed')).toEqual(digestsOf('whole'));
    const { faults } = readManifest(at('killed')) as { faults?: { at: string; message: string }[] };
    const saying = (what: string): number => faults?.filter(({ message }) => message.includes(what)).length ?? 0;
    expect(saying('was lost')).toBeGreaterThanOrEqual(kills.length);
    expect(saying('is back')).toBe(saying('was lost'));
    for (const { message } of faults ?? []) expect(stderr).toContain(message);
    expect(readManifest(at('whole'))).not.toHaveProperty('faults');
    const client = await connectCache(server.url);
    expect(await client.redis.dbsize()).toBe(0);
    await client.close();
  });

  it('cut off and switched over, with two copies of all lists: the same log, models and lists', async () => {
    const spare = await startRedis();
    let ports = [spare.port, server.port];
    atBytes([150_000, 150_000, 150_000], () => {
      proxy.redirect(ports[0]!);
      ports = ports.reverse();
    });
    const { code } = await run('switched', '--redis', proxy.url, '--swap', 'full');
    expect(code).toBe(0);
    const withoutMetrics = (name: string) => ({ ...(digestsOf(name) as object), metrics: undefined }); // they have its memory
    expect(withoutMetrics('switched')).toEqual(withoutMetrics('whole'));
    proxy.redirect(server.port);
    await spare.stop();
  });

  it('gone for longer than its patience: stops, says how to go on, and goes on', async () => {
    proxy.after(400_000, () => server.kill());
    const stopped = await run('stopped', '--redis', proxy.url, '--redis-patience', '0.2');
    const { error } = JSON.parse(stopped.stdout);
    expect(stopped.code).toBe(2);
    expect(error.message).toMatch(
      /^The cache at \S+ failed while writing lists .*[^.]\. The run has stopped; every whole day/,
    );
    expect(error.hint).toContain(`Then go on with --out ${at('stopped')} --resume`);
    expect(stopped.stderr).toContain('Waiting up to 0.2 s for it');
    await server.restart();
    expect((await run('stopped', '--redis', proxy.url, '--resume')).code).toBe(0);
    expect(digestsOf('stopped')).toEqual(digestsOf('whole'));
  });

  it('emptied by somebody at night: stops before anything is published, says how to go on, and goes on', async () => {
    proxy.after(400_000, async () => {
      const other = await connectCache(server.url);
      await other.redis.flushall();
      await other.close();
    });
    const emptied = await run('emptied', '--redis', proxy.url);
    const { error } = JSON.parse(emptied.stdout);
    expect(emptied.code).toBe(4);
    expect(error.message).toMatch(/holds \d+ of the \d+ lists.*The run has stopped; every whole day is kept/);
    expect(error.hint).toContain(`Then go on with --out ${at('emptied')} --resume`);
    expect((await run('emptied', '--redis', proxy.url, '--resume')).code).toBe(0);
    expect(digestsOf('emptied')).toEqual(digestsOf('whole'));
  });
});
