import { inspect } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type CacheClient, connectCache } from '../../../engine/cache/connect.ts';
import { isPassingReply } from '../../../engine/cache/failure.ts';
import { type FaultProxy, startFaultProxy } from '../../support/fault-proxy.ts';
import { describeWithRedis, freePort, type RedisServer, startRedis } from '../../support/redis-server.ts';

const longPatience = 60_000; // never waited out: what goes wrong is mended as soon as it is noticed

describe('a reply that refuses', () => {
  it.each([
    'LOADING Redis is loading the dataset in memory',
    'BUSY Redis is busy running a script. You can only call SCRIPT KILL or SHUTDOWN NOSAVE.',
    "READONLY You can't write against a read only replica.",
    "MASTERDOWN Link with MASTER is down and replica-serve-stale-data is set to 'no'.",
    'ERR max number of clients reached',
  ])('is worth asking again: %s', (message) => expect(isPassingReply(new Error(message))).toBe(true));

  it.each([
    'WRONGPASS invalid username-password pair or user is disabled.',
    'NOAUTH Authentication required.',
    "NOPERM this user has no permissions to run the 'set' command",
    "OOM command not allowed when used memory > 'maxmemory'.",
    'MISCONF Redis is configured to save RDB snapshots, but it is currently unable to persist on disk.',
    'ERR DB index is out of range',
    'WRONGTYPE Operation against a key holding the wrong kind of value',
  ])('stands: %s', (message) => expect(isPassingReply(new Error(message))).toBe(false));
});

describeWithRedis('patience with a server', () => {
  let server: RedisServer;
  let proxy: FaultProxy;
  beforeAll(async () => {
    server = await startRedis();
    proxy = await startFaultProxy(server.port);
  });
  afterAll(async () => {
    await proxy.stop();
    await server.stop();
  });

  /** A client with patience; what it says is kept, and `onLoss` is run when it says that the server is lost. */
  async function patient(
    url: string,
    onLoss: () => unknown = () => {},
    { timeoutMs = 5000, patienceMs = longPatience } = {},
  ): Promise<{ client: CacheClient; said: string[] }> {
    const said: string[] = [];
    const tell = (message: string): void => {
      said.push(message);
      if (message.includes('was lost')) onLoss();
    };
    return { client: await connectCache(url, { timeoutMs, patienceMs, tell }), said };
  }

  const get = (client: CacheClient, key = 'key'): Promise<string | null> =>
    client.attempt('reading a key', (redis) => redis.get(key));

  it('connects anew when the connection was cut, and says so', async () => {
    const { client, said } = await patient(proxy.url);
    await client.attempt('writing', (redis) => redis.set('key', 'value'));
    expect(client.connection).toBe(1);
    proxy.cut();
    expect(await get(client)).toBe('value');
    expect(client.connection).toBe(2);
    expect(said).toEqual([
      expect.stringMatching(
        /^The cache at redis:\/\/127\.0\.0\.1:\d+ was lost while reading a key: .+\. Waiting up to 60 s for it$/,
      ),
      expect.stringMatching(/is back, on connection 2$/),
    ]);
    await client.close();
  });

  it('lets many that wait share one new connection', async () => {
    const { client, said } = await patient(proxy.url);
    await client.attempt('writing', (redis) => redis.set('key', 'value'));
    proxy.cut();
    expect(new Set(await Promise.all(Array.from({ length: 20 }, () => get(client))))).toEqual(new Set(['value']));
    expect(client.connection).toBe(2);
    expect(said).toHaveLength(2);
    await client.close();
  });

  it('waits for a server that was killed until it is back on its port', async () => {
    const mortal = await startRedis(['--appendonly', 'yes', '--appendfsync', 'always']);
    let restarted: Promise<void> | undefined;
    const { client } = await patient(mortal.url, () => {
      restarted = mortal.restart();
    });
    await client.attempt('writing', (redis) => redis.set('key', 'value'));
    await mortal.kill();
    expect(await get(client)).toBe('value');
    await restarted;
    await client.close();
    await mortal.stop();
  });

  it('waits for a server that is paused: silence is a loss, and its end a return', async () => {
    const { client, said } = await patient(server.url, () => server.resume(), { timeoutMs: 300 });
    await client.attempt('writing', (redis) => redis.set('key', 'value'));
    server.pause();
    expect(await get(client)).toBe('value');
    expect(said.join()).toContain("didn't receive any in 300ms");
    await client.close();
  });

  it('does not take slowness for a loss', async () => {
    const { client, said } = await patient(proxy.url);
    proxy.delay(30);
    for (let i = 0; i < 5; i++) await get(client);
    proxy.delay(0);
    expect(said).toEqual([]);
    await client.close();
  });

  it('waits for a replica to be promoted', async () => {
    const replica = await startRedis(['--replicaof', '127.0.0.1', String(await freePort())]);
    const other = await connectCache(replica.url);
    const { client, said } = await patient(replica.url, () => other.redis.replicaof('NO', 'ONE'));
    await client.attempt('writing', (redis) => redis.set('key', 'value'));
    expect(said[0]).toContain('READONLY');
    expect(await get(client)).toBe('value');
    await client.close();
    await other.close();
    await replica.stop();
  });

  it('waits for a script to end that keeps the server busy', async () => {
    const busy = await startRedis(['--busy-reply-threshold', '1']);
    const [caller, killer] = [await connectCache(busy.url), await connectCache(busy.url)];
    const { client, said } = await patient(busy.url, () => killer.redis.script('KILL'));
    const script = caller.redis.eval('while true do end', 0).catch(String);
    expect(await get(client)).toBeNull();
    expect(said[0]).toContain('BUSY');
    expect(await script).toContain('killed');
    for (const each of [client, caller, killer]) await each.close();
    await busy.stop();
  });

  it('is over in the end: one clear error, no more waiting, and an answer the moment the server is back', async () => {
    const gone = await startRedis(['--appendonly', 'yes', '--appendfsync', 'always']);
    const { client, said } = await patient(gone.url, undefined, { patienceMs: 200 });
    await client.attempt('writing', (redis) => redis.set('key', 'value'));
    await gone.kill();
    const error = await get(client).catch((cause: unknown) => cause);
    expect(error).toMatchObject({
      code: 'CACHE_UNREACHABLE',
      message: expect.stringMatching(/failed while reading a key: .*ECONNREFUSED/),
      hint: expect.stringContaining('Start the server'),
    });
    await expect(get(client, 'another')).rejects.toThrow(/ECONNREFUSED/);
    expect(said).toHaveLength(1);
    await gone.restart();
    expect(await get(client)).toBe('value');
    expect(said).toEqual([expect.stringContaining('was lost'), expect.stringContaining('is back')]);
    await client.close();
    await expect(get(client)).rejects.toThrow('closed');
    await gone.stop();
  });

  it('is none where none is asked for: what was cut short fails, and what comes after is tried anew', async () => {
    const { client, said } = await patient(proxy.url, undefined, { patienceMs: 0 });
    proxy.after(1, () => proxy.cut());
    await expect(get(client)).rejects.toMatchObject({ code: 'CACHE_UNREACHABLE' });
    expect(said).toEqual([]);
    await get(client);
    expect(client.connection).toBe(2);
    expect(said).toEqual([expect.stringMatching(/was lost .*[^.]$/), expect.stringContaining('is back')]);
    await client.close();
  });

  it('has no part in what will not pass', async () => {
    const { client, said } = await patient(server.url);
    await client.redis.config('SET', 'maxmemory', 1);
    const full = client.attempt('writing', (redis) => redis.set('key', 'x'.repeat(1000)));
    await expect(full).rejects.toMatchObject({ message: expect.stringContaining('OOM') });
    await client.redis.config('SET', 'maxmemory', 0);
    await client.redis.call('ACL', 'SETUSER', 'default', '-get');
    await expect(get(client)).rejects.toMatchObject({ hint: expect.stringContaining('ACL') });
    await client.redis.call('ACL', 'SETUSER', 'default', '+get');
    await get(client); // the connection has stood all the time
    expect(client.connection).toBe(1);
    expect(said).toEqual([]);
    await client.close();
  });

  it('logs in again as the same user, to the same database; the password is never told', async () => {
    const secret = 'p@ss-w%rd/7';
    const guarded = await startRedis(['--user', 'ann', 'on', `>${secret}`, '~*', '+@all']);
    const between = await startFaultProxy(guarded.port);
    const { client, said } = await patient(`${between.url.replace('//', `//ann:${encodeURIComponent(secret)}@`)}/5`);
    between.cut();
    const info = await client.attempt('asking', (redis) => redis.call('CLIENT', 'INFO'));
    expect(info).toMatch(/ db=5 .* user=ann /);
    expect(client.connection).toBe(2);
    // Changed meanwhile: nothing to wait for.
    await client.attempt('changing it', (redis) => redis.call('ACL', 'SETUSER', 'ann', 'resetpass', '>another'));
    between.cut();
    const error = await get(client).catch((cause: unknown) => cause);
    expect(error).toMatchObject({ message: expect.stringContaining('WRONGPASS') });
    expect(inspect([said, error, client], { depth: 8, showHidden: true })).not.toContain(secret);
    await client.close();
    await between.stop();
    await guarded.stop();
  });
});
