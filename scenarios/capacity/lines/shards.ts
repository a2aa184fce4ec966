import { redisTableBytes } from '../../../engine/cache/redis-bytes.ts';
import { plural } from '../../../reports/format.ts';
import { packed30, pages } from '../cache-layouts.ts';
import type { Inputs } from '../inputs.ts';
import type { Line } from '../line.ts';
import { nominalBytes } from '../memory-budget.ts';
import {
  bytesPerShard,
  listenersAtHorizon,
  plannedLists,
  type ShardedLists,
  shardCount,
  shardsNeeded,
  usableBytes,
} from '../shards.ts';
import { annFlopsPerListener, peakReads } from '../work.ts';

/** Questions 4, 5 and 9: how lists are spread, how they grow, and what is lost with a shard. */
export const shardLines: readonly Line[] = [
  shardsLine('planned', 'shards for the lists as planned, all generations side by side', plannedLists),
  ...Object.entries({ packed30, pages }).map(([id, layout]) => ({
    ...shardsLine(id, `shards for ${layout.name}, overwritten in place`, ({ listeners }) => ({
      layout,
      lists: listeners,
      generations: 1,
    })),
    isAlternative: true as const,
  })),
  {
    id: 'instances.planned',
    question: 4,
    about: 'instances with replicas',
    unit: 'instances',
    formula: 'S · (1 + replicas)',
    value: (inputs) => shardCount(inputs) * (1 + inputs.replicas),
  },
  {
    id: 'shard.keys',
    question: 5,
    about: 'keys of a shard as planned',
    unit: 'count',
    formula: '⌈generations · U / S⌉',
    value: keysPerShard,
  },
  {
    id: 'shard.tableBytesPerKey',
    question: 5,
    about: 'share of the table of keys; it doubles at the next power of two',
    unit: 'B',
    formula: '8 · 2^⌈log₂ keys⌉ / keys',
    value: (inputs) => redisTableBytes(keysPerShard(inputs)) / keysPerShard(inputs),
  },
  {
    id: 'shard.bytesAtHorizon',
    question: 5,
    about: 'bytes of a shard at the end of the horizon, without new shards',
    unit: 'B',
    formula: 'bytes(generations · U · (1 + growth)^(months / 12) / S)',
    value: (inputs) =>
      bytesPerShard({ ...plannedLists(inputs), lists: listenersAtHorizon(inputs) }, shardCount(inputs), inputs),
    limit: {
      name: 'memory of a shard',
      side: 'most',
      bound: usableBytes,
      remedy: (inputs) => {
        const later = shardsNeeded({ ...plannedLists(inputs), lists: listenersAtHorizon(inputs) }, inputs);
        return `${later} shards by then`;
      },
    },
  },
  {
    id: 'loss.lists',
    question: 9,
    about: 'lists that are gone with a shard and its replicas',
    unit: 'count',
    formula: 'U / S',
    value: (inputs) => inputs.listeners / shardCount(inputs),
  },
  {
    id: 'loss.missesPerSecond',
    question: 9,
    about: 'reads a second that then find nothing, at the peak',
    unit: '1/s',
    formula: 'peak reads / S',
    value: missesAfterLoss,
  },
  {
    id: 'loss.cores',
    question: 9,
    about: 'cores that make these lists at once, by approximate retrieval',
    unit: 'cores',
    formula: 'misses/s · FLOP(approximate) / rate',
    value: (inputs) => (missesAfterLoss(inputs) * annFlopsPerListener(inputs)) / (1e9 * inputs.retrievalRate),
    limit: {
      name: 'cores, where no replica takes over',
      side: 'most',
      bound: ({ replicas, cores, cpuHeadroom }) => (replicas > 0 ? Number.POSITIVE_INFINITY : cores * cpuHeadroom),
      remedy: () => 'a replica of each shard',
    },
  },
];

function shardsLine(id: string, about: string, sharded: (inputs: Inputs) => ShardedLists): Line {
  const value = (inputs: Inputs): number => shardsNeeded(sharded(inputs), inputs);
  return {
    id: `shards.${id}`,
    question: 4,
    about,
    unit: 'shards',
    formula: 'least S with bytes(generations · U / S) ≤ shard · headroom / fragmentation',
    value,
    limit: {
      name: 'shards that there are, or that the nominal bytes would fill',
      side: 'most',
      bound: (inputs) => inputs.shards || Math.ceil(nominalBytes(inputs) / usableBytes(inputs)),
      remedy: (inputs) => plural(value(inputs), 'shard'),
    },
  };
}

function keysPerShard(inputs: Inputs): number {
  return Math.ceil((inputs.generations * inputs.listeners) / shardCount(inputs));
}

function missesAfterLoss(inputs: Inputs): number {
  return peakReads(inputs) / shardCount(inputs);
}
