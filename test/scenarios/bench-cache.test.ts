import { once } from 'node:events';
import { createServer } from 'node:net';
import { describe, expect, it } from 'vitest';
import { connectCache } from '../../engine/cache/connect.ts';
import { benchKeys } from '../../scenarios/bench/cache-layouts.ts';
import { type BenchResult, type BenchRow, benchResultSchema } from '../../scenarios/bench/rows.ts';
import { describeWithRedis, freePort, startRedis } from '../support/redis-server.ts';
import { type Said, say } from '../support/tiny-run.ts';

const codecs = ['u64', 'u32', 'bits30', 'bits27', 'pages of bits27'];

const bench = (...words: readonly string[]): Promise<Said> => say('bench', 'cache', ...words);

async function measure(...words: string[]): Promise<BenchResult> {
  const { code, stdout, stderr } = await bench(...words, '--json', '--quiet');
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  return benchResultSchema.parse(JSON.parse(stdout));
}

const named = ({ rows }: BenchResult, what: string): BenchRow[] => rows.filter((row) => row.what === `cache.${what}`);
const codecsOf = (rows: readonly BenchRow[]): string[] => [...new Set(rows.map(({ size }) => size.split(', ')[0]!))];

describe('bench cache without a server', () => {
  it('derives the size of 300M listeners from the closed form, and measures how fast lists are packed', async () => {
    const result = await measure('--listeners', '300000000');
    const sizes = named(result, 'closedFormBytesPerList');
    expect(sizes.every(({ provenance }) => provenance === 'derived')).toBe(true);
    expect(codecsOf(sizes)).toEqual(codecs);
    // Two sizes of each: 300M, and beyond 2^29.
    expect(sizes.map(({ value }) => Math.round(value))).toEqual([
      ...[1886, 1888], // class of 1,792, key of 32, 16, 32, and 8 · 2^29 / 300M
      ...[990, 992],
      ...[862, 864],
      ...[862, 864],
      ...[686, 686],
    ]);
    expect(named(result, 'bytesPerList')).toEqual([]);
    for (const what of ['encodeMicroseconds', 'decodeMicroseconds']) {
      expect(codecsOf(named(result, what))).toEqual(codecs);
      for (const { value, provenance } of named(result, what)) {
        expect(value).toBeGreaterThan(0);
        expect(provenance).toBe('measured');
      }
    }
  });

  it('leaves out codecs whose ids are too narrow for the catalogue', async () => {
    const result = await measure('--tracks', '200000000', '--length', '50', '--listeners', '1000');
    expect(codecsOf(result.rows)).toEqual(['u64', 'u32', 'bits30']);
  });

  it.each([
    ['a list that is too long', ['--length', '10001'], /10001 is more than 10000/],
    ['a count that is none', ['--listeners', 'many'], /many is not a whole number/],
    ['an address that is no URL', ['--redis', 'localhost:6379', '--quiet'], /not a redis:\/\/ or rediss:\/\/ URL/],
  ])('refuses %s', async (_, words, message) => {
    expect(await bench(...words)).toMatchObject({ code: 2, stdout: '', stderr: expect.stringMatching(message) });
  });

  it('names a server that is not there, without its password', async () => {
    const address = `127.0.0.1:${await freePort()}`;
    const { code, stderr } = await bench('--redis', `redis://ann:s3cret@${address}`, '--quiet');
    expect(code).toBe(2);
    expect(stderr).toContain(`redis://ann@${address} failed while connecting`);
    expect(stderr).not.toContain('s3cret');
  });

  it('names a server that is no Redis, without the password', async () => {
    const web = createServer((socket) => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n').on('error', () => {}));
    await once(web.listen(0, '127.0.0.1'), 'listening');
    const { port } = web.address() as { port: number };
    const { code, stderr } = await bench('--redis', `redis://:s3cret@127.0.0.1:${port}`, '--quiet');
    web.close();
    expect(code).toBe(2);
    expect(stderr).toContain(`redis://127.0.0.1:${port} failed while connecting`);
    expect(stderr).not.toContain('s3cret');
  });
});

describeWithRedis('bench cache on a real server', () => {
  it('finds the closed form within 0.5 % for every codec, on both sides of 2^15 keys, and leaves nothing', async () => {
    const server = await startRedis(['--requirepass', 's3cret']);
    const url = server.url.replace('//', '//:s3cret@');
    try {
      const result = await measure('--redis', url, '--listeners', '32000');
      const differences = named(result, 'difference');
      const sizes = codecs.flatMap((codec) =>
        ['32k', '33280'].map((lists) => expect.stringMatching(`^${codec}, 200 of 100M tracks, ${lists} lists, Redis`)),
      );
      expect(differences.map(({ size }) => size)).toEqual(sizes);
      for (const { size, value } of differences) expect(Math.abs(value), size).toBeLessThan(0.5);
      const [measured, derived] = ['bytesPerList', 'closedFormBytesPerList'].map((what) => named(result, what));
      differences.forEach(({ value }, i) => {
        expect(value).toBeCloseTo(100 * (measured![i]!.value / derived![i]!.value - 1), 9);
        expect([measured![i]!.provenance, derived![i]!.provenance]).toEqual(['measured', 'derived']);
      });
      // One key more than a power of two costs a table twice as large.
      expect(measured![3]!.value).toBeGreaterThan(measured![2]!.value + 6);
      for (const what of ['setsPerSecond', 'getsPerSecond']) {
        expect(codecsOf(named(result, what))).toEqual(codecs);
        for (const { value } of named(result, what)) expect(value).toBeGreaterThan(0);
      }
      expect(JSON.stringify(result)).not.toContain('s3cret');
      const client = await connectCache(url);
      expect(await client.redis.dbsize()).toBe(0);
      await client.close();
    } finally {
      await server.stop();
    }
  });

  it('finds what lists take that expire: 42 B more of each key, within 0.5 %', async () => {
    const server = await startRedis();
    try {
      const words = ['--listeners', '32000', '--length', '50'];
      const result = await measure('--redis', server.url, ...words, '--ttl', '24');
      const differences = named(result, 'difference');
      expect(codecsOf(differences)).toEqual(['u64', 'u32', 'bits30', 'bits27'].map((codec) => `${codec} for 24 h`));
      for (const { size, value } of differences) expect(Math.abs(value), size).toBeLessThan(0.5);
      const lasting = named(await measure(...words), 'closedFormBytesPerList');
      // An entry of 32 B, and a table as large as the other.
      named(result, 'bytesPerList').forEach(({ value }, i) => {
        const table = (8 * [32_768, 65_536][i % 2]!) / [32_000, 33_280][i % 2]!;
        expect(Math.abs(value - lasting[i]!.value - 32 - table), lasting[i]!.size).toBeLessThan(0.005 * value);
      });
    } finally {
      await server.stop();
    }
  });

  it('removes no key but its own, says that there are others, and prints a table for people', async () => {
    const server = await startRedis();
    try {
      const client = await connectCache(server.url);
      await client.redis.mset('dp:bench/cached:1', 'foreign', benchKeys.replace('*', 'zzz'), 'left by an earlier run');
      const { code, stdout, stderr } = await bench(
        '--redis',
        server.url,
        '--listeners',
        '500',
        '--length',
        '20',
        '--quiet',
      );
      expect({ code, stderr }).toEqual({ code: 0, stderr: expect.stringContaining('holds 1 other keys') });
      expect(stdout).toMatch(
        /cache\.bytesPerList +bits30, 20 of 100M tracks, 500 lists, Redis [\d.]+ +[\d.,]+ +B +measured/,
      );
      expect(await client.redis.keys('*')).toEqual(['dp:bench/cached:1']);
      await client.close();
    } finally {
      await server.stop();
    }
  });

  it('writes nothing to a server that would be full', async () => {
    const server = await startRedis(['--maxmemory', '20mb', '--maxmemory-policy', 'allkeys-lru']);
    try {
      const { code, stderr } = await bench('--redis', server.url, '--quiet');
      expect(code).toBe(2);
      expect(stderr).toMatch(/lists would take \d+ MB, and the server has \d+ MB left/);
    } finally {
      await server.stop();
    }
  });
});
