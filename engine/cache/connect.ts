import { setTimeout as sleep } from 'node:timers/promises';
import type { Redis } from 'ioredis';
import { DubplateError } from '../core/errors.ts';
import { cacheFailure, isPassingReply, isReply, reasonOf } from './failure.ts';
import { parseRedisUrl, type RedisAddress } from './redis-url.ts';

/** An open cache. Stores of several arms share it; whoever opened it closes it. */
export interface CacheClient {
  /** The connection of the moment. After the server was lost and came back it is another one: do not keep it. */
  readonly redis: Redis;
  /**
   * Number of that connection, from 1 on. What was sent on an earlier one may be forgotten: the server may have been restarted
   * without its data, or the address may lead to another one by now.
   */
  readonly connection: number;
  /** `embedded`, or the URL without its password: fit for any message. */
  readonly address: string;
  readonly isEmbedded: boolean;
  /**
   * Run commands, and run them again from the start when the server was lost meanwhile, until it is back or the patience of
   * {@link CacheOptions} is over; so they must do no harm when they are run twice.
   * @throws DubplateError CACHE_UNREACHABLE, at once for what will not pass: a wrong password, a forbidden command, a full memory.
   *   What `commands` itself throws while the connection stands is a bug, and is thrown on as it is.
   */
  attempt<T>(
    doing: string,
    commands: (redis: Redis) => Promise<T>,
    details?: Readonly<Record<string, unknown>>,
  ): Promise<T>;
  /** The error for a command that failed: what was being done, where, and the server's own words without secrets. */
  failure(doing: string, cause: unknown, details?: Readonly<Record<string, unknown>>): DubplateError;
  /** Says to whoever opened the cache, in a sentence without secrets, what has become of it. */
  tell(message: string): void;
  /** Log out. Does not fail, and may be called twice. */
  close(): Promise<void>;
}

export interface CacheOptions {
  /** How long a server may stay silent, while connecting and while any answer is due; default 5 s. */
  readonly timeoutMs?: number | undefined;
  /**
   * How long to wait for a server that is lost: cut off, silent, loading, busy, or a replica while another takes over; default 0.
   * Its address is sought anew each time, first after 50 ms, then ever less often, at least once a second.
   */
  readonly patienceMs?: number | undefined;
  /** Told, in a sentence without secrets, that the server is lost, that it is back, and what it has forgotten. */
  readonly tell?: ((message: string) => void) | undefined;
}

/**
 * Open a cache: embedded in this process by default, a Redis or Valkey server by URL.
 *
 * The embedded one (ioredis-mock) is right for what is stored, never for sizes, eviction or expiry. A server that is lost for
 * longer than the patience is not waited for again: everything is tried once, so that a run stops soon and with one clear error,
 * and a reader that lives on is answered the moment the server is back.
 *
 * @param url `redis://` or `rediss://`, see {@link parseRedisUrl}.
 * @throws DubplateError INVALID_OPTIONS for a URL that cannot be read; CACHE_UNREACHABLE when the server refuses,
 *   does not accept user and password, or does not answer in time.
 */
export async function connectCache(url?: string, options: CacheOptions = {}): Promise<CacheClient> {
  return url === undefined ? openEmbedded() : openServer(parseRedisUrl(url), options);
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
  const info = await client.attempt('reading its version', (redis) => redis.info('server'));
  const valkey = /^valkey_version:(\S+)/m.exec(info)?.[1];
  return valkey ? `Valkey ${valkey}` : `Redis ${/^redis_version:(\S+)/m.exec(info)?.[1] ?? 'of unknown version'}`;
}

/** The mock shares its data among instances of one host name: each gets its own. */
let embeddedCaches = 0;

async function openEmbedded(): Promise<CacheClient> {
  const { default: RedisMock } = await import('ioredis-mock');
  const redis = new RedisMock({ host: `embedded-${++embeddedCaches}` });
  const here = { redacted: 'embedded', password: undefined };
  return {
    redis,
    connection: 1,
    address: here.redacted,
    isEmbedded: true,
    tell: () => {}, // nothing becomes of it
    failure: (doing, cause, details) => cacheFailure(here, doing, cause, details),
    // Nothing can be lost here, and nobody else writes: whatever is thrown is a bug.
    attempt: async (_, commands) => commands(redis),
    close: async () => {
      await redis.flushall(); // the data belongs to the module, not to the instance: without this it is never freed
      redis.disconnect();
    },
  };
}

/** Pauses between tries, in milliseconds: the first, doubled after each, and the longest. */
const firstPauseMs = 50;
const longestPauseMs = 1000;

async function openServer(
  server: RedisAddress,
  { timeoutMs = 5000, patienceMs = 0, tell = () => {} }: CacheOptions,
): Promise<CacheClient> {
  /** The connection of the moment; opened anew, once for all who wait, when the one before was lost. */
  let link: Link | undefined;
  let opening: Promise<Link> | undefined;
  let connections = 0;
  /** It is told once that the server is lost, and once that it is back, however many wait for it. */
  let isAway = false;
  /** Patience was over before the server came back: until it does, everything is tried once. */
  let isGivenUp = false;
  let isClosed = false;
  const failure: CacheClient['failure'] = (doing, cause, details) =>
    cacheFailure(server, doing, link?.causeOf(cause) ?? cause, details);

  function noteLoss(doing: string, cause: unknown): void {
    if (isAway) return;
    isAway = true;
    const wait = patienceMs > 0 && !isGivenUp ? `. Waiting up to ${patienceMs / 1000} s for it` : '';
    tell(`The cache at ${server.redacted} was lost while ${doing}: ${reasonOf(cause, server.password)}${wait}`);
  }

  function noteReturn(): void {
    if (isAway) tell(`The cache at ${server.redacted} is back, on connection ${connections}`);
    isAway = false;
    isGivenUp = false;
  }

  async function linked(doing: string): Promise<Link> {
    const closed = new Error('Connection is closed.');
    if (isClosed) throw closed;
    if (link?.isOpen()) return link;
    if (link) noteLoss(doing, link.causeOf(closed)); // perhaps long ago, while nothing was asked of it
    opening ??= openLink(server, timeoutMs).finally(() => {
      opening = undefined;
    });
    const opened = await opening;
    if (opened !== link) connections++; // once, by whoever comes first
    link = opened;
    return opened;
  }

  const attempt: CacheClient['attempt'] = async (doing, commands, details) => {
    let patience: AbortSignal | undefined;
    for (let pauseMs = firstPauseMs; ; pauseMs = Math.min(2 * pauseMs, longestPauseMs)) {
      let used: Link | undefined;
      try {
        used = await linked(doing);
        const result = await commands(used.redis);
        noteReturn();
        return result;
      } catch (thrown) {
        // A client fails what is under way only as its connection ends: anything else is neither its error nor the server's.
        if (thrown instanceof DubplateError || (used?.isOpen() && !isReply(thrown))) throw thrown;
        const cause = used?.causeOf(thrown) ?? thrown;
        const isLost = isReply(thrown) ? isPassingReply(thrown) : !used?.isOpen();
        const error = cacheFailure(server, doing, cause, details);
        if (!isLost || isClosed) throw error;
        used?.drop();
        if (patienceMs === 0 || isGivenUp || patience?.aborted) {
          isGivenUp = true;
          throw error;
        }
        noteLoss(doing, cause);
        patience ??= AbortSignal.timeout(patienceMs);
        await sleep(pauseMs, undefined, { signal: patience }).catch(() => {}); // patience is over: a last try
      }
    }
  };

  const client: CacheClient = {
    get redis() {
      if (!link) throw new Error('the cache has not been connected');
      return link.redis;
    },
    get connection() {
      return connections;
    },
    address: server.redacted,
    isEmbedded: false,
    tell,
    failure,
    attempt,
    async close() {
      isClosed = true;
      await link?.close();
    },
  };
  await attempt('connecting', async () => {});
  return client;
}

/** One connection, until it is lost. */
interface Link {
  readonly redis: Redis;
  /** Whether commands may still be sent. */
  isOpen(): boolean;
  /** The socket's own error ("connect ECONNREFUSED …") says more than the client's "Connection is closed.". */
  causeOf(cause: unknown): unknown;
  /** Send nothing more; what is under way fails. */
  drop(): void;
  /** Log out, and wait for the end. Does not fail, and may be called twice. */
  close(): Promise<void>;
}

/** A client of its own for each connection: nothing that it remembers of one can reach the next. */
async function openLink(server: RedisAddress, timeoutMs: number): Promise<Link> {
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
  let socketError: unknown;
  redis.on('error', (error: unknown) => {
    socketError = error;
  });
  let isDropped = false;
  const link: Link = {
    redis,
    isOpen: () => !isDropped && redis.status === 'ready',
    causeOf: (cause) => (redis.status === 'end' ? (socketError ?? cause) : cause),
    drop() {
      if (!isDropped) redis.disconnect();
      isDropped = true;
    },
    async close() {
      if (redis.status === 'end') return;
      const ended = new Promise((resolve) => redis.once('end', resolve));
      if (!isDropped && redis.status === 'ready') await redis.quit().catch(() => {}); // lost already: closed all the same
      redis.disconnect();
      await ended;
    },
  };
  try {
    await redis.connect();
    await logIn(redis, server);
    return link;
  } catch (cause) {
    link.drop();
    throw link.causeOf(cause);
  }
}

async function logIn(redis: Redis, { user, password, database }: RedisAddress): Promise<void> {
  if (password !== undefined) await (user === undefined ? redis.auth(password) : redis.auth(user, password));
  if (database !== 0) await redis.select(database);
  await redis.ping();
}
