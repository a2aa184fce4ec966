import type { Redis } from 'ioredis';
import { DubplateError, messageOf } from '../core/errors.ts';
import { parseRedisUrl, type RedisAddress } from './redis-url.ts';

/** An open cache. Stores of several arms share it; whoever opened it closes it. */
export interface CacheClient {
  readonly redis: Redis;
  /** `embedded`, or the URL without its password: fit for any message. */
  readonly address: string;
  readonly isEmbedded: boolean;
  /** The error for a command that failed: what was being done, where, and the server's own words without secrets. */
  failure(doing: string, cause: unknown, details?: Readonly<Record<string, unknown>>): DubplateError;
  /** Log out. Does not fail, and may be called twice. */
  close(): Promise<void>;
}

/**
 * Open a cache: embedded in this process by default, a Redis or Valkey server by URL.
 *
 * The embedded one (ioredis-mock) is right for what is stored, never for sizes, eviction or expiry. A server that is lost
 * later is not sought again: every command from then on fails, so that a run stops with one clear error.
 *
 * @param url `redis://` or `rediss://`, see {@link parseRedisUrl}.
 * @param timeoutMs how long a server may stay silent, while connecting and while any answer is due; default 5 s.
 * @throws DubplateError INVALID_OPTIONS for a URL that cannot be read; CACHE_UNREACHABLE when the server refuses,
 *   does not accept user and password, or does not answer in time.
 */
export async function connectCache(url?: string, { timeoutMs = 5000 } = {}): Promise<CacheClient> {
  return url === undefined ? openEmbedded() : openServer(parseRedisUrl(url), timeoutMs);
}

/** How the cache is named in manifests: `embedded`, or the URL without its password. */
export const describeCache = (url: string | undefined): string =>
  url === undefined ? 'embedded' : parseRedisUrl(url).redacted;

/** Log in and out again, so that a wrong address is said before any work is done. Errors as for {@link connectCache}. */
export async function checkCacheUrl(
  url: string | undefined,
): Promise<{ readonly redacted: string; readonly server: string }> {
  const client = await connectCache(url);
  try {
    return { redacted: client.address, server: client.isEmbedded ? 'ioredis-mock' : await versionOf(client) };
  } finally {
    await client.close();
  }
}

async function versionOf(client: CacheClient): Promise<string> {
  try {
    const info = await client.redis.info('server');
    const valkey = /^valkey_version:(\S+)/m.exec(info)?.[1];
    return valkey ? `Valkey ${valkey}` : `Redis ${/^redis_version:(\S+)/m.exec(info)?.[1] ?? 'of unknown version'}`;
  } catch (cause) {
    throw client.failure('reading its version', cause);
  }
}

/** The mock shares its data among instances of one host name: each gets its own. */
let embeddedCaches = 0;

async function openEmbedded(): Promise<CacheClient> {
  const { default: RedisMock } = await import('ioredis-mock');
  const redis = new RedisMock({ host: `embedded-${++embeddedCaches}` });
  return {
    redis,
    address: 'embedded',
    isEmbedded: true,
    failure: (doing, cause, details) => failure('the embedded cache', doing, messageOf(cause), details),
    close: async () => {
      await redis.flushall(); // the data belongs to the module, not to the instance: without this it is never freed
      redis.disconnect();
    },
  };
}

async function openServer(server: RedisAddress, timeoutMs: number): Promise<CacheClient> {
  const { Redis } = await import('ioredis');
  const redis = new Redis({
    host: server.host,
    port: server.port,
    ...(server.isTls ? { tls: {} } : {}),
    lazyConnect: true,
    connectTimeout: timeoutMs,
    socketTimeout: timeoutMs,
    retryStrategy: () => null,
    enableReadyCheck: false,
    disableClientInfo: true,
    // User, password and database are sent by `logIn`: a refusal then is an ordinary error, and the client, which others
    // may print, never holds a secret.
  });
  // The socket's own error ("connect ECONNREFUSED …") says more than the client's "Connection is closed.".
  let socketError: unknown;
  redis.on('error', (error: unknown) => {
    socketError = error;
  });
  const client: CacheClient = {
    redis,
    address: server.redacted,
    isEmbedded: false,
    failure: (doing, cause, details) => {
      const reason = messageOf(redis.status === 'end' ? (socketError ?? cause) : cause);
      return failure(server.redacted, doing, withoutSecret(reason, server.password), details);
    },
    close: async () => {
      if (redis.status === 'end') return;
      const ended = new Promise((resolve) => redis.once('end', resolve));
      if (redis.status === 'ready') await redis.quit().catch(() => {}); // lost already: closed all the same
      redis.disconnect();
      await ended;
    },
  };
  try {
    await redis.connect();
    await logIn(redis, server);
  } catch (cause) {
    redis.disconnect();
    throw client.failure('connecting', cause);
  }
  return client;
}

async function logIn(redis: Redis, { user, password, database }: RedisAddress): Promise<void> {
  if (password !== undefined) await (user === undefined ? redis.auth(password) : redis.auth(user, password));
  if (database !== 0) await redis.select(database);
  await redis.ping();
}

/** The cause itself is left out on purpose: the client's errors carry the command's arguments, so a password as well. */
function failure(
  address: string,
  doing: string,
  reason: string,
  details: Readonly<Record<string, unknown>> = {},
): DubplateError {
  return new DubplateError('CACHE_UNREACHABLE', `The cache at ${address} failed while ${doing}: ${reason}`, {
    hint: hintFor(reason),
    details: { ...details, address, reason },
  });
}

function hintFor(reason: string): string {
  if (/^(WRONGPASS|NOAUTH|ERR AUTH|ERR Client sent AUTH|ERR invalid password)/.test(reason)) {
    return 'Check user and password in the URL: redis://user:password@host:6379 (percent-encode special characters).';
  }
  if (reason.startsWith('OOM'))
    return 'The server is full: raise its `maxmemory`, or shorten the lists (`slate.length`).';
  if (reason.startsWith('NOPERM')) return 'The user may not run this command: allow it in the ACL of the server.';
  if (reason.startsWith('READONLY')) return 'This is a replica: give the address of the primary.';
  if (reason.startsWith('LOADING')) return 'The server is still reading its data from disk: try again in a while.';
  if (/certificate|self.signed|SSL|TLS/i.test(reason)) {
    return 'The certificate is not trusted, or the port speaks no TLS: set NODE_EXTRA_CA_CERTS to your authority, or use redis://.';
  }
  return 'Start the server, or check host and port; leave the URL out to use the embedded cache.';
}

const withoutSecret = (text: string, secret: string | undefined): string =>
  secret === undefined ? text : text.replaceAll(secret, '***').replaceAll(encodeURIComponent(secret), '***');
