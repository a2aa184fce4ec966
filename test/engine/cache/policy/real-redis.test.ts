import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { connectCache } from '../../../../engine/cache/connect.ts';
import { createLru } from '../../../../engine/cache/policy/lru.ts';
import type { Trace } from '../../../../engine/cache/policy/policy.ts';
import { createRedisLfu } from '../../../../engine/cache/policy/redis-lfu.ts';
import { createRedisLru } from '../../../../engine/cache/policy/redis-lru.ts';
import { createStreams } from '../../../../engine/core/random.ts';
import { countMisses } from '../../../support/count-misses.ts';
import { describeWithRedis, type RedisServer, startRedis } from '../../../support/redis-server.ts';
import { dailyHabits } from './daily-habits.ts';

/** What a server made of a trace. */
interface Replay {
  /** The trace at the times at which it was read. */
  readonly trace: Trace;
  readonly missRatio: number;
  /** Keys that it held on average in the second half. */
  readonly capacity: number;
  readonly evicted: number;
}

describeWithRedis('what a real Redis evicts', () => {
  const { refs, keys } = dailyHabits(20_000, 6, 'redis');
  let server: RedisServer;
  beforeAll(async () => {
    server = await startRedis(['--maxmemory-samples', '5']);
  });
  afterAll(() => server.stop());

  /** Read the trace from an empty server with room for about a quarter of the keys. */
  async function replay(policy: string, wallMs: number): Promise<Replay> {
    const { redis, close } = await connectCache(server.url);
    const statOf = async (section: string, name: string): Promise<number> =>
      Number(new RegExp(`^${name}:(\\d+)`, 'm').exec(await redis.info(section))?.[1]);
    await redis.flushall();
    await redis.config('SET', 'maxmemory', String((await statOf('memory', 'used_memory')) + 3_000_000));
    await redis.config('SET', 'maxmemory-policy', policy);
    const evictedBefore = await statOf('stats', 'evicted_keys');
    const value = Buffer.alloc(480, 'x');
    const timesS = new Float64Array(refs.length);
    const [beginMs, batch] = [Date.now(), 100];
    let [misses, held, looks] = [0, 0, 0];
    for (let at = 0; at < refs.length; at += batch) {
      const end = Math.min(at + batch, refs.length);
      const waitMs = beginMs + (wallMs * at) / refs.length - Date.now();
      if (waitMs > 1) await sleep(waitMs);
      timesS.fill(Date.now() / 1000, at, end);
      const pipeline = redis.pipeline();
      // EXISTS touches no clock and no counter; SET does once, and keeps the counter: together a read, and a write on a miss.
      for (let i = at; i < end; i++) pipeline.exists(String(refs[i])).set(String(refs[i]), value);
      const replies = (await pipeline.dbsize().exec()) ?? [];
      for (let i = 0; i < end - at; i++) if (replies[2 * i]?.[1] === 0) misses += 1;
      if (at < refs.length / 2) continue;
      held += Number(replies.at(-1)?.[1]);
      looks += 1;
    }
    const evicted = (await statOf('stats', 'evicted_keys')) - evictedBefore;
    await close();
    const capacity = Math.round(held / looks);
    return { trace: { keys, refs, timesS }, missRatio: misses / refs.length, capacity, evicted };
  }

  /**
   * The trace takes seconds on the server instead of days, so that the coarse clocks of Redis can tell few keys apart. The
   * simulator is given the same clock, the wall time of each read, and the capacity that the server had.
   */
  it.each([
    ['allkeys-lru', createRedisLru],
    ['allkeys-lfu', createRedisLfu],
  ])('%s: the simulated miss ratio is within 0.01 of the server’s', async (policy, create) => {
    const { trace, missRatio, capacity, evicted } = await replay(policy, 8000);
    expect(evicted).toBeGreaterThan(capacity); // it was full for long enough to matter
    const draw = createStreams('redis')('eviction', 0);
    const simulated = countMisses(create(capacity, keys, { draw }), trace) / refs.length;
    const exact = countMisses(createLru(capacity, keys), trace) / refs.length;
    expect(Math.abs(simulated - missRatio)).toBeLessThan(0.01);
    expect(Math.abs(exact - missRatio)).toBeGreaterThan(0.01); // which exact LRU would not do
  });
});
