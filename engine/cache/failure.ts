import { DubplateError, messageOf } from '../core/errors.ts';
import type { RedisAddress } from './redis-url.ts';

/**
 * Replies by which a server says that it cannot now, but may soon: it loads its data, is busy with a script, is not (or no
 * longer) the primary of its group, or has too many connections. Whoever asks again should do so on a connection of its own,
 * since the address may lead to another server by then.
 */
const passing = /^(LOADING|BUSY|READONLY|MASTERDOWN|NOREPLICAS|CLUSTERDOWN|TRYAGAIN|ERR max number of clients)\b/;

/** Something the server has answered, as against no answer at all. */
export const isReply = (cause: unknown): cause is Error => cause instanceof Error && cause.name === 'ReplyError';

/** Whether a reply may be another one soon: not a wrong password, a forbidden command or a full memory. */
export const isPassingReply = (cause: Error): boolean => passing.test(cause.message);

/** The cause itself is left out on purpose: the client's errors carry the command's arguments, so a password as well. */
export function cacheFailure(
  { redacted, password }: Pick<RedisAddress, 'redacted' | 'password'>,
  doing: string,
  cause: unknown,
  details: Readonly<Record<string, unknown>> = {},
): DubplateError {
  const reason = reasonOf(cause, password);
  return new DubplateError('CACHE_UNREACHABLE', `The cache at ${redacted} failed while ${doing}: ${reason}`, {
    hint: hintFor(reason),
    details: { ...details, address: redacted, reason },
  });
}

/** What something that was thrown says of itself, without the password and without a full stop: to go on with a sentence. */
export const reasonOf = (cause: unknown, password: string | undefined): string =>
  withoutSecret(messageOf(cause), password).replace(/\.$/, '');

function hintFor(reason: string): string {
  if (/^(WRONGPASS|NOAUTH|ERR AUTH|ERR Client sent AUTH|ERR invalid password)/.test(reason)) {
    return 'Check user and password in the URL: redis://user:password@host:6379 (percent-encode special characters).';
  }
  if (reason.startsWith('OOM'))
    return 'The server is full: raise its `maxmemory`, or shorten the lists (`slate.length`).';
  if (reason.startsWith('NOPERM')) return 'The user may not run this command: allow it in the ACL of the server.';
  if (reason.startsWith('READONLY')) return 'This is a replica: give the address of the primary.';
  if (reason.startsWith('LOADING')) return 'The server is still reading its data from disk: try again in a while.';
  if (reason.startsWith('BUSY')) return 'A script keeps the server busy: wait for it, or end it with SCRIPT KILL.';
  if (reason.startsWith('MISCONF')) {
    return 'The server cannot save its data and takes no writes: make room on its disk, or turn saving off (`save ""`).';
  }
  if (/certificate|self.signed|SSL|TLS/i.test(reason)) {
    return 'The certificate is not trusted, or the port speaks no TLS: set NODE_EXTRA_CA_CERTS to your authority, or use redis://.';
  }
  return 'Start the server, or check host and port; leave the URL out to use the embedded cache.';
}

const withoutSecret = (text: string, secret: string | undefined): string =>
  secret === undefined ? text : text.replaceAll(secret, '***').replaceAll(encodeURIComponent(secret), '***');
