import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseRedisUrl } from '../../../engine/cache/redis-url.ts';

describe('redis URL', () => {
  it('reads host, port, database, user and password', () => {
    expect(parseRedisUrl('rediss://ann:s%40cret@cache.example:7000/3')).toEqual({
      host: 'cache.example',
      port: 7000,
      isTls: true,
      database: 3,
      user: 'ann',
      password: 's@cret',
      redacted: 'rediss://ann@cache.example:7000/3',
    });
    expect(parseRedisUrl('redis://localhost')).toMatchObject({ port: 6379, database: 0, isTls: false });
    expect(parseRedisUrl('redis://localhost/')).toMatchObject({ database: 0, redacted: 'redis://localhost:6379' });
    expect(parseRedisUrl('redis://[::1]:7000')).toMatchObject({ host: '::1', redacted: 'redis://[::1]:7000' });
  });

  it('takes a lone word before the @ as the password, with or without its colon, and never shows it', () => {
    for (const text of ['redis://hush@h', 'redis://:hush@h']) {
      expect(parseRedisUrl(text)).toMatchObject({ user: undefined, password: 'hush', redacted: 'redis://h:6379' });
    }
  });

  it('brings back any user and password, and shows neither the password nor its encoded form', () => {
    const words = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 20 });
    fc.assert(
      fc.property(words, words, (user, tail) => {
        const password = `secret-${tail}`;
        const url = `redis://${encodeURIComponent(user)}:${encodeURIComponent(password)}@h:1`;
        const address = parseRedisUrl(url);
        expect(address).toMatchObject({ user, password });
        expect(address.redacted).toBe(`redis://${encodeURIComponent(user)}@h:1`);
      }),
    );
  });

  it.each([
    '',
    'localhost:6379',
    'http://:hush@localhost',
    'redis://',
    'redis:///3',
    'redis://:hush@',
    'redis://:hu/sh@localhost:6379',
    'redis://:hu?sh@localhost:6379',
    'redis://:hu#sh@localhost',
    'redis://default:hush',
    'redis://:hush@localhost:99999',
    'redis://localhost:6379?password=hush',
    'redis://:hush@localhost/three',
    'redis://:hush%zz@localhost',
  ])('refuses %j without repeating any of it', (text) => {
    let refusal: unknown;
    try {
      parseRedisUrl(text);
    } catch (error) {
      refusal = error;
    }
    expect(refusal).toMatchObject({ code: 'INVALID_OPTIONS', message: expect.stringContaining('not a redis://') });
    expect(everythingIn(refusal)).not.toContain('hush');
  });
});

/** All text that an error could put on a screen. */
const everythingIn = (error: unknown): string =>
  error instanceof Error
    ? [error.message, error.stack, JSON.stringify(error), everythingIn(error.cause)].join('\n')
    : String(error);
