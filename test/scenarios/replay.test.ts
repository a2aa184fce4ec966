import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { policyNames } from '../../engine/cache/policy/policies.ts';
import { createStreams } from '../../engine/core/random.ts';
import { openFinishedRun } from '../../scenarios/finished-run.ts';
import { remakeWorld } from '../../scenarios/inspect/remake-world.ts';
import { capacityOf, parseSizes } from '../../scenarios/replay/cache-sizes.ts';
import { type ReplayRow, replay } from '../../scenarios/replay/replay.ts';
import { readsOfRun } from '../../scenarios/replay/run-reads.ts';
import type { MetricRow } from '../../scenarios/scoring/rows.ts';
import { dailyHabits } from '../engine/cache/policy/daily-habits.ts';
import { runTiny, say, tinyScenario } from '../support/tiny-run.ts';

const folder = mkdtempSync(join(tmpdir(), 'dubplate-replay-'));
afterAll(() => rmSync(folder, { recursive: true }));
const streams = createStreams('replay');
const unlimited = { refreshS: Number.POSITIVE_INFINITY, ttlS: Number.POSITIVE_INFINITY };

describe('replaying a trace', () => {
  const trace = dailyHabits(300, 6, 'replay');

  it('finds with every policy what Belady finds or less, and everything but first reads where all keys fit', () => {
    const rows = replay(trace, { policies: policyNames, capacities: [30, 100, 300], streams, ...unlimited });
    const firstReads = new Set(trace.refs).size / trace.refs.length;
    for (const { policy, capacity, hits, staleHits, misses } of rows) {
      const best = rows.find((row) => row.policy === 'belady' && row.capacity === capacity)!;
      expect(misses, policy).toBeGreaterThanOrEqual(best.misses);
      expect(staleHits).toBe(0);
      expect(hits + misses).toBeCloseTo(1, 12);
      if (capacity === 300) expect(misses).toBeCloseTo(firstReads, 12);
    }
  });

  it('counts as stale or expired what is older than the limits say, whatever the policy, where all keys fit', () => {
    const hour = 3600;
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 40 }), fc.integer({ min: 0, max: 60 }), (refreshHours, more) => {
        const limits = { refreshS: refreshHours * hour, ttlS: (refreshHours + more) * hour };
        // By hand: an entry is as old as its last miss.
        const writtenAt = new Map<number, number>();
        const expected = { hits: 0, staleHits: 0, misses: 0 };
        trace.refs.forEach((key, i) => {
          const now = trace.timesS[i]!;
          const age = now - (writtenAt.get(key) ?? Number.NEGATIVE_INFINITY);
          if (age > limits.ttlS) {
            expected.misses += 1;
            writtenAt.set(key, now);
          } else if (age > limits.refreshS) expected.staleHits += 1;
          else expected.hits += 1;
        });
        const rows = replay(trace, { policies: policyNames, capacities: [300], streams, ...limits });
        for (const row of rows) {
          expect(row.hits).toBeCloseTo(expected.hits / trace.refs.length, 12);
          expect(row.staleHits).toBeCloseTo(expected.staleHits / trace.refs.length, 12);
          expect(row.misses).toBeCloseTo(expected.misses / trace.refs.length, 12);
        }
      }),
      { numRuns: 20 },
    );
  });

  it('takes sizes in keys or as shares', () => {
    expect(parseSizes('10%, 2.5%,40').map((size) => capacityOf(size, 1000))).toEqual([100, 25, 40]);
    expect(capacityOf({ share: 0.01 }, 3)).toBe(1);
    for (const wrong of ['0', '0%', '101%', '2.5', '-3', '', 'ten', '10%,,5']) {
      expect(() => parseSizes(wrong), wrong).toThrow(/is no size of a cache/);
    }
  });
});

describe('dubplate replay', () => {
  const run = join(folder, 'tiny');
  beforeAll(() => runTiny(run));

  it('knows of every look that the cache has counted', () => {
    const { rows } = JSON.parse(readFileSync(join(run, 'metrics.json'), 'utf8')) as { rows: MetricRow[] };
    const finished = openFinishedRun(run);
    for (const arm of Object.keys(tinyScenario.arms)) {
      const counted = rows.filter((row) => row.arm === arm && row.metric === 'cacheHitRate').map(({ n }) => n);
      const { timesS, refs } = readsOfRun(finished, arm, 'latent-0', remakeWorld(finished, arm, 'latent-0'));
      const byDay = [0, 1].map((day) => timesS.filter((time) => Math.floor(time / 86_400) === day).length);
      expect(byDay).toEqual(counted);
      expect([...timesS]).toEqual([...timesS].sort((a, b) => a - b));
      expect(refs).toHaveLength(timesS.length);
    }
  });

  it('sets policies side by side on the looks of a run', async () => {
    const { code, stdout } = await say('replay', run, '--sizes', '20%,100%', '--refresh-hours', '12', '--json');
    expect(code).toBe(0);
    expect((await say('replay', run, '--sizes', '20%,100%', '--refresh-hours', '0.5d', '--json')).stdout).toBe(stdout);
    const { rows, curve, keys } = JSON.parse(stdout) as { rows: ReplayRow[]; curve: unknown[]; keys: number };
    expect(rows.map(({ policy, capacity }) => [policy, capacity])).toEqual(
      policyNames.flatMap((policy) => [Math.round(0.2 * keys), keys].map((capacity) => [policy, capacity])),
    );
    expect(rows.some(({ staleHits }) => staleHits > 0)).toBe(true);
    expect(curve).toHaveLength(2);
    const text = await say('replay', run, '--policy', 'lru', '--sizes', '50%');
    expect(text.stdout).toMatch(/^[\d,]+ reads of [\d,]+ keys\n\npolicy +keys cached/);
    expect(text.stdout).toMatch(/\nlru +\d+ +5\d\.\d\d % /);
  });

  it('gives the curve of LRU as LRU itself has it', async () => {
    const { refs, timesS } = dailyHabits(80, 4, 'curve');
    const file = join(folder, 'reads.csv');
    writeFileSync(
      file,
      ['# time, id, size, next', ...Array.from(refs, (key, i) => `${timesS[i]}, k${key}, 1, -1`)].join('\n'),
    );
    const { stdout, stderr } = await say('replay', file, '--policy', 'lru', '--sizes', '5,20,60', '--json');
    const { rows, curve } = JSON.parse(stdout) as { rows: ReplayRow[]; curve: { exact: number; sampled: number }[] };
    rows.forEach(({ misses }, i) => {
      expect(curve[i]?.exact).toBeCloseTo(misses, 12);
      expect(curve[i]?.sampled).toBeCloseTo(misses, 2); // every key is sampled
    });
    expect(stderr).toMatch(/line 1 was taken as column names/);
  });

  it.each([
    ['an unknown policy', ['--policy', 'lru,clock'], /There is no policy 'clock'\n.*fifo, lru, sieve/],
    ['a size that is none', ['--sizes', '10%,0'], /'0' is no size of a cache/],
    ['an arm that is not there', ['--arm', 'dreams'], /has no arm 'dreams'/],
  ])('explains %s', async (_, words, message) => {
    const { code, stderr } = await say('replay', run, ...words);
    expect(code).toBe(2);
    expect(stderr).toMatch(message);
  });

  it('explains a trace with a torn last line, and one that is not there', async () => {
    const torn = join(folder, 'torn.csv');
    writeFileSync(torn, '1,a,5,3\n2,b,5,4\n3,c');
    expect(await say('replay', torn)).toMatchObject({
      code: 2,
      stderr: expect.stringMatching(/3.*2 columns, expected 4/s),
    });
    expect((await say('replay', join(folder, 'none.csv'))).code).toBe(2);
  });
});
