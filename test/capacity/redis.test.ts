import { expect, it } from 'vitest';
import { benchResultSchema } from '../../scenarios/bench/rows.ts';
import { planInputs } from '../../scenarios/capacity/inputs.ts';
import { makePlan } from '../../scenarios/capacity/plan.ts';
import { describeWithRedis, startRedis } from '../support/redis-server.ts';
import { say } from '../support/tiny-run.ts';

describeWithRedis('the memory of a plan, against a real server', () => {
  it('is within 0.5 % of what Redis takes, on both sides of a doubling of its table', {
    timeout: 120_000,
  }, async () => {
    const server = await startRedis();
    try {
      const words = ['bench', 'cache', '--redis', server.url, '--listeners', '16000', '--json', '--quiet'];
      const { stdout } = await say(...words);
      const { rows } = benchResultSchema.parse(JSON.parse(stdout));
      const measured = rows.filter(({ what }) => what === 'cache.bytesPerList');
      for (const [codec, id] of [
        ['u64', 'cacheBytes.u64'],
        ['bits30', 'cacheBytes.packed30'],
        ['pages of bits27', 'cacheBytes.pages'],
      ] as const) {
        for (const listeners of [16_000, 16_640]) {
          const size = listeners === 16_000 ? '16k' : '16640';
          const row = measured.find((one) => one.size.startsWith(`${codec}, 200 of 100M tracks, ${size} lists`));
          // Keys of the bench are `dp:bench/cache:` and up to five characters: all of one class.
          const plan = makePlan(planInputs({ listeners: String(listeners), keyBytes: '18' }));
          const planned = (plan.lines.find((line) => line.id === id)?.value ?? Number.NaN) / listeners;
          expect(Math.abs(planned / (row?.value ?? Number.NaN) - 1), `${id} of ${listeners}`).toBeLessThan(0.005);
        }
      }
    } finally {
      await server.stop();
    }
  });
});
