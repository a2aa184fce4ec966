import type { Inputs } from './inputs.ts';
import { bytesPerShard, type ShardedLists, usableBytes } from './shards.ts';

/** What the plan reckons with: U · K · bits / 8. */
export const nominalBytes = ({ listeners, slate, idBits }: Inputs): number => (listeners * slate * idBits) / 8;

/** Bytes that lists may take: of the shards that there are or, where that is not said, what the plan itself claims to need. */
export const memoryBudget = (inputs: Inputs): number =>
  inputs.shards > 0 ? inputs.shards * usableBytes(inputs) : nominalBytes(inputs);

export const budgetName = ({ shards }: Inputs): string =>
  shards > 0 ? 'memory of the shards that there are, with headroom' : 'memory that the plan itself reckons with';

/**
 * Bytes of all lists, with keys and tables: over the shards that there are, each as full as the fullest, so that they are within
 * {@link memoryBudget} where each shard is within its memory; on one server where shards are not said.
 */
export function bytesInRedis(sharded: ShardedLists, inputs: Inputs): number {
  const shards = Math.max(1, inputs.shards);
  return shards * bytesPerShard(sharded, shards, inputs);
}
