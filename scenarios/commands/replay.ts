import { existsSync, statSync } from 'node:fs';
import { Command } from 'commander';
import { policyNamed, policyNames } from '../../engine/cache/policy/policies.ts';
import type { Trace } from '../../engine/cache/policy/policy.ts';
import { readTrace } from '../../engine/cache/policy/read-trace.ts';
import { createStreams } from '../../engine/core/random.ts';
import { secondsPerHour } from '../../engine/core/time.ts';
import { plural } from '../../reports/format.ts';
import { textColumns } from '../fidelity/fact-table.ts';
import { named, openFinishedRun } from '../finished-run.ts';
import { remakeWorld } from '../inspect/remake-world.ts';
import { countFlag, hoursFlag } from '../number-flags.ts';
import { capacityOf, parseSizes } from '../replay/cache-sizes.ts';
import { type CurvePoint, curves, type ReplayRow, replay } from '../replay/replay.ts';
import { readsOfRun } from '../replay/run-reads.ts';

interface ReplayFlags {
  readonly policy: string;
  readonly sizes: string;
  readonly refreshHours?: number;
  readonly ttlHours?: number;
  readonly arm?: string;
  readonly world?: string;
  readonly shards: number;
  readonly seed: string;
  readonly json: boolean;
}

/** `dubplate replay <trace>`: what caches of several sizes and policies would have found. */
export const replayCommand = (): Command =>
  new Command('replay')
    .description('replay reads through caches of several policies and sizes, in process and on the clock of the trace')
    .argument(
      '<trace>',
      'file of reads (libCacheSim csv: time, id, …; or ids alone; gzipped or not), or folder of a run',
    )
    .option('--policy <names>', `${policyNames.join(', ')}; several with commas between`, policyNames.join(','))
    .option('--sizes <sizes>', 'keys that a cache holds, or shares of all keys', '10%,25%,50%')
    .option('--refresh-hours <hours>', 'an older entry is a stale hit (default: none is)', hoursFlag)
    .option('--ttl-hours <hours>', 'an older entry has expired and is a miss (default: none has)', hoursFlag)
    .option('--arm <name>', 'of a run: whose log says who was there (default: the first arm)')
    .option('--world <name>', 'of a run: which world (default: the first)')
    .option('--shards <keys>', 'keys that SHARDS samples for its curve of LRU', countFlag, 8192)
    .option('--seed <text>', 'of what the policies of Redis sample, and of SHARDS', '1')
    .option('--json', 'print as JSON', false)
    .addHelpText(
      'after',
      `
Every miss is followed by a write, and an entry counts 1 whatever its bytes. hit + stale + miss = 1. belady knows the future: no
policy misses less where nothing expires. The curve is that of LRU without refresh and expiry: exact by stack distances, and by SHARDS from a sample of the keys.
Of a run, the listeners' looks at their lists are replayed, from day 0 on.

Examples:
  npx dubplate replay reads.csv.gz --policy lru,s3-fifo --sizes 5%,20%
  npx dubplate replay runs/cold-start-1 --refresh-hours 24h --ttl-hours 1.5d --json`,
    )
    .action(async (path: string, flags: ReplayFlags) => {
      const policies = flags.policy.split(',').map((name) => policyNamed(name.trim()));
      const sizes = parseSizes(flags.sizes);
      const trace = await traceAt(path, flags);
      for (const note of trace.notes) process.stderr.write(`${note}\n`);
      const capacities = [...new Set(sizes.map((size) => capacityOf(size, trace.keys)))].sort((a, b) => a - b);
      const streams = createStreams(flags.seed);
      const rows = replay(trace, {
        policies,
        capacities,
        refreshS: (flags.refreshHours ?? Number.POSITIVE_INFINITY) * secondsPerHour,
        ttlS: (flags.ttlHours ?? Number.POSITIVE_INFINITY) * secondsPerHour,
        streams,
      });
      const curve = curves(trace, capacities, { sampledKeys: flags.shards, streams });
      const about = { reads: trace.refs.length, keys: trace.keys };
      process.stdout.write(
        flags.json
          ? `${JSON.stringify({ schema: 1, trace: path, ...about, rows, curve })}\n`
          : asText(about, rows, curve),
      );
    });

/** The reads of a file, or of a run's listeners. */
async function traceAt(path: string, flags: ReplayFlags): Promise<Trace & { readonly notes: readonly string[] }> {
  if (!existsSync(path) || !statSync(path).isDirectory()) return readTrace(path);
  const run = openFinishedRun(path);
  const arm = named(run.arms, flags.arm ?? run.arms[0] ?? '', 'arm', run);
  const world = named(run.worlds, flags.world ?? run.worlds[0] ?? '', 'world', run);
  return { ...readsOfRun(run, arm, world, remakeWorld(run, arm, world)), notes: [] };
}

function asText(
  { reads, keys }: { readonly reads: number; readonly keys: number },
  rows: readonly ReplayRow[],
  curve: readonly CurvePoint[],
): string {
  const percent = (share: number): string => `${(100 * share).toFixed(2)} %`;
  const table = textColumns([
    ['policy', 'keys cached', 'of all', 'hit', 'stale', 'miss'],
    ...rows.map(({ policy, capacity, hits, staleHits, misses }) => [
      policy,
      String(capacity),
      percent(capacity / keys),
      percent(hits),
      percent(staleHits),
      percent(misses),
    ]),
  ]);
  const points = textColumns([
    ['LRU', 'keys cached', 'miss, exact', 'by SHARDS'],
    ...curve.map(({ capacity, exact, sampled }) => ['', String(capacity), percent(exact), percent(sampled)]),
  ]);
  return `${plural(reads, 'read')} of ${plural(keys, 'key')}\n\n${table}\n\n${points}\n`;
}
