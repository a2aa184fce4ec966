import { DubplateError } from '../core/errors.ts';

/** Where a Redis or Valkey server is and how to log in. */
export interface RedisAddress {
  readonly host: string;
  readonly port: number;
  readonly isTls: boolean;
  readonly database: number;
  readonly user: string | undefined;
  readonly password: string | undefined;
  /** The URL without its password: the only form that may reach a message or a file. */
  readonly redacted: string;
}

/**
 * Read `redis://[user:password@]host[:port][/database]`; `rediss://` is the same over TLS. As in redis-cli, what stands
 * alone before the @ is the password.
 *
 * @throws DubplateError INVALID_OPTIONS; what cannot be read is not repeated, since a password may be anywhere in it.
 */
export function parseRedisUrl(text: string): RedisAddress {
  const url = readUrl(text);
  const database = /^\/?(\d*)$/.exec(url.pathname)?.[1];
  if (url.search || url.hash || database === undefined) {
    throw unreadable(
      'something other than a database number follows the host (in a password, write / ? # as %2F %3F %23)',
    );
  }
  const [first, second] = [decode(url.username), decode(url.password)];
  const user = second ? first : '';
  const password = second || first;
  const isTls = url.protocol === 'rediss:';
  const shownUser = user ? `${encodeURIComponent(user)}@` : '';
  return {
    host: url.hostname.replace(/^\[|\]$/g, ''),
    port: Number(url.port || 6379),
    isTls,
    database: Number(database),
    user: user || undefined,
    password: password || undefined,
    redacted: `${url.protocol}//${shownUser}${url.hostname}:${url.port || 6379}${database ? `/${database}` : ''}`,
  };
}

function readUrl(text: string): URL {
  let url: URL;
  try {
    url = new URL(text);
  } catch {
    throw unreadable('it is no URL');
  }
  if (url.protocol !== 'redis:' && url.protocol !== 'rediss:') throw unreadable('it begins with neither');
  if (!url.hostname) throw unreadable('it names no host');
  return url;
}

function decode(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    throw unreadable('user or password has a % that is not written as %25');
  }
}

const unreadable = (why: string): DubplateError =>
  new DubplateError('INVALID_OPTIONS', `The address of the cache is not a redis:// or rediss:// URL: ${why}`, {
    hint: 'Write redis://user:password@host:6379/0, or rediss:// for TLS; leave it out to use the embedded cache.',
  });
