import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { type CacheClient, checkCacheUrl, connectCache, describeCache } from '../../../engine/cache/connect.ts';
import { DubplateError } from '../../../engine/core/errors.ts';
import { describeWithRedis, freePort, type RedisServer, startMute, startRedis } from '../../support/redis-server.ts';

const secret = 'p@ss-w%rd/7';
const encoded = encodeURIComponent(secret);

/** What connecting there fails with; the password is nowhere in it: message, hint, details, stack, cause, hidden fields. */
async function refusalOf(url: string, timeoutMs = 5000): Promise<DubplateError> {
  const printed = (['error', 'warn', 'log', 'info'] as const).map((level) => vi.spyOn(console, level));
  const error = await connectCache(url, { timeoutMs }).then(
    () => undefined,
    (reason: unknown) => reason,
  );
  const words = printed.flatMap((spy) => spy.mock.calls).flat();
  for (const spy of printed) spy.mockRestore();
  if (!(error instanceof DubplateError)) throw new Error(`expected a DubplateError, not ${inspect(error)}`);
  const all = `${inspect(error, { depth: 10, showHidden: true })} ${error.stack} ${JSON.stringify(error)} ${words.join(' ')}`;
  expect(all).not.toContain(secret);
  expect(all).not.toContain(encoded);
  expect(error.code).toBe('CACHE_UNREACHABLE');
  expect(error.hint).not.toBe('');
  return error;
}

describe('embedded cache', () => {
  it('keeps instances apart', async () => {
    const [a, b] = [await connectCache(), await connectCache()];
    await a.redis.set('key', 'a');
    expect(await b.redis.get('key')).toBeNull();
    await a.close();
    await b.close();
    expect(describeCache(undefined)).toBe('embedded');
    expect(await checkCacheUrl(undefined)).toEqual({ redacted: 'embedded', server: 'ioredis-mock' });
  });

  it('tells a bug as it is', async () => {
    const client = await connectCache();
    await expectBugAsItIs(client);
    await client.close();
  });
});

/** What goes wrong in our own code is told as that. */
async function expectBugAsItIs(client: CacheClient): Promise<void> {
  const bug = new Error('a broken invariant');
  await expect(client.attempt('working', () => Promise.reject(bug))).rejects.toBe(bug);
  const thrown = client.attempt('working', () => {
    throw bug;
  });
  await expect(thrown).rejects.toBe(bug);
}

describe('a server that cannot be used', () => {
  it('that refuses the connection is named without its password', async () => {
    const port = await freePort();
    const error = await refusalOf(`redis://ann:${encoded}@127.0.0.1:${port}/2`);
    expect(error.message).toContain(`redis://ann@127.0.0.1:${port}/2 failed while connecting`);
    expect(error.message).toContain('ECONNREFUSED');
    expect(describeCache(`redis://ann:${encoded}@127.0.0.1:${port}/2`)).toBe(`redis://ann@127.0.0.1:${port}/2`);
  });

  it('that has no name in the network is named', async () => {
    const error = await refusalOf(`redis://:${encoded}@no-such-host.invalid`);
    expect(error.message).toContain('redis://no-such-host.invalid:6379');
  });

  it('that accepts and stays silent is given up after the time-out, in plain text and over TLS', async () => {
    const mute = await startMute();
    try {
      for (const url of [mute.url, mute.url.replace('redis:', 'rediss:')]) {
        const error = await refusalOf(url.replace('//', `//:${encoded}@`), 200);
        expect(error.message).toMatch(/timeout|ETIMEDOUT/i);
      }
    } finally {
      await mute.stop();
    }
  });
});

describeWithRedis('connecting to a real server', () => {
  let server: RedisServer;
  let guarded: RedisServer;
  beforeAll(async () => {
    server = await startRedis();
    guarded = await startRedis(['--requirepass', secret, '--user', 'ann', 'on', `>${secret}`, '~*', '+@all', '-set']);
  });
  afterAll(async () => {
    await server.stop();
    await guarded.stop();
  });

  it('logs in with password, or user and password, and selects the database', async () => {
    for (const login of [`:${encoded}`, encoded, `default:${encoded}`, `ann:${encoded}`]) {
      const client = await connectCache(`${guarded.url.replace('//', `//${login}@`)}/5`);
      expect(await client.redis.call('CLIENT', 'INFO')).toContain(' db=5 ');
      expect(inspect(client, { depth: 6, showHidden: true })).not.toContain(secret);
      await client.close();
      expect(client.redis.status).toBe('end');
    }
    expect((await checkCacheUrl(server.url)).server).toMatch(/^(Redis|Valkey) \d+\.\d+/);
  });

  it.each([
    ['wrong', `:${encoded}x`],
    ['wrong for the user', `ann:${encoded}x`],
    ['of an unknown user', `bob:${encoded}`],
  ])('says that the password is %s, and not what it was', async (_, login) => {
    const error = await refusalOf(guarded.url.replace('//', `//${login}@`));
    expect(error.message).toContain('WRONGPASS');
    expect(error.hint).toContain('Check user and password');
  });

  it('says that a password is missing, or not wanted', async () => {
    expect((await refusalOf(guarded.url)).message).toContain('NOAUTH');
    expect((await refusalOf(server.url.replace('//', `//:${encoded}@`))).hint).toContain('Check user and password');
  });

  it('says that the database does not exist', async () => {
    expect((await refusalOf(`${server.url}/4000`)).message).toContain('DB index is out of range');
  });

  it('says that the server speaks no TLS', async () => {
    expect((await refusalOf(server.url.replace('redis:', 'rediss:'), 1000)).message).toContain('rediss://127.0.0.1');
  });

  it('tells a bug from what it refuses, and keeps the connection', async () => {
    const client = await connectCache(server.url);
    await expectBugAsItIs(client);
    await client.redis.set('text', 'no list');
    const reply = client.attempt('pushing', (redis) => redis.lpush('text', 'x'));
    await expect(reply).rejects.toMatchObject({
      code: 'CACHE_UNREACHABLE',
      message: expect.stringMatching(/failed while pushing: WRONGTYPE/),
    });
    expect(client.connection).toBe(1);
    await client.close();
  });

  it('fails once and for all after the server is gone, without a word on the console', async () => {
    const gone = await startRedis();
    const client = await connectCache(gone.url);
    await gone.stop();
    const printed = vi.spyOn(console, 'error');
    const error = await client.redis.get('key').catch((cause: unknown) => client.failure('reading', cause));
    expect(error).toMatchObject({ code: 'CACHE_UNREACHABLE', message: expect.stringContaining('while reading') });
    await expect(client.redis.get('key')).rejects.toThrow('closed');
    expect(client.redis.status).toBe('end');
    await client.close();
    expect(printed).not.toHaveBeenCalled();
    printed.mockRestore();
  });

  it('talks TLS, and does not trust a certificate that nobody vouches for', { timeout: 30_000 }, async () => {
    const folder = mkdtempSync(join(tmpdir(), 'dubplate-tls-'));
    const [key, certificate] = [join(folder, 'key.pem'), join(folder, 'cert.pem')];
    const request = [
      'req',
      '-x509',
      '-newkey',
      'ec',
      '-pkeyopt',
      'ec_paramgen_curve:prime256v1',
      '-nodes',
      '-days',
      '2',
    ];
    const names = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost,IP:127.0.0.1'];
    execFileSync('openssl', [...request, '-keyout', key, '-out', certificate, ...names], { stdio: 'ignore' });
    const tlsPort = await freePort();
    const files = ['--tls-cert-file', certificate, '--tls-key-file', key, '--tls-ca-cert-file', certificate];
    const secure = await startRedis(['--tls-port', String(tlsPort), ...files, '--tls-auth-clients', 'no']);
    try {
      const url = `rediss://127.0.0.1:${tlsPort}`;
      const error = await refusalOf(url);
      expect(error.message).toContain('self-signed certificate');
      expect(error.hint).toContain('NODE_EXTRA_CA_CERTS');
      // Node reads the authority at its start: a process of its own.
      const script = `const { checkCacheUrl } = await import('./engine/cache/connect.ts'); console.log(await checkCacheUrl('${url}'));`;
      const said = execFileSync(process.execPath, ['--import', 'tsx', '--input-type=module', '-e', script], {
        env: { ...process.env, NODE_EXTRA_CA_CERTS: certificate },
        encoding: 'utf8',
      });
      expect(said).toMatch(/(Redis|Valkey) \d/);
    } finally {
      await secure.stop();
      rmSync(folder, { recursive: true });
    }
  });
});
