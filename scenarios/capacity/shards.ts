import { type CacheLayout, stringsOf } from './cache-layouts.ts';
import { type Inputs, packingOf } from './inputs.ts';
import { daysPerYear } from './line.ts';

/** The layout of the nominal plan: a value for each listener, ids as wide as planned. */
export function plannedLayout({ idBits }: Inputs): CacheLayout {
  const packing = packingOf(idBits);
  if (packing === undefined) throw new Error(`no packing of ${idBits} bits`);
  return stringsOf(packing);
}

/** Bytes of a shard that lists can fill, by Redis' own count: headroom and fragmentation are taken off. */
export const usableBytes = ({ shardBytes, memoryHeadroom, fragmentation }: Inputs): number =>
  (shardBytes * memoryHeadroom) / fragmentation;

/** What lists are spread over shards for. */
export interface ShardedLists {
  readonly layout: CacheLayout;
  readonly lists: number;
  /** Generations of lists in memory at once. */
  readonly generations: number;
}

/** Bytes of the fullest of so many shards. */
export const bytesPerShard = ({ layout, lists, generations }: ShardedLists, shards: number, inputs: Inputs): number =>
  layout.bytesOf(Math.ceil((generations * lists) / shards), inputs);

/**
 * The number of shards none of which is overfull, where one fewer would be. Lists are spread evenly; the table of a shard doubles
 * by itself, so fewer shards can be fuller than their share.
 */
export function shardsNeeded(sharded: ShardedLists, inputs: Inputs): number {
  const usable = usableBytes(inputs);
  const isFull = (shards: number): boolean => bytesPerShard(sharded, shards, inputs) > usable;
  let shards = Math.max(1, Math.floor(bytesPerShard(sharded, 1, inputs) / (1.05 * usable)));
  while (shards > 1 && !isFull(shards - 1)) shards--;
  let full = shards - 1;
  while (isFull(shards)) {
    full = shards;
    shards += Math.max(1, Math.floor(shards / 10_000));
  }
  // The last step may have been a long one.
  while (shards - full > 1) {
    const middle = Math.floor((full + shards) / 2);
    if (isFull(middle)) full = middle;
    else shards = middle;
  }
  return shards;
}

/** The lists of the plan as stated. */
export const plannedLists = (inputs: Inputs): ShardedLists => ({
  layout: plannedLayout(inputs),
  lists: inputs.listeners,
  generations: inputs.generations,
});

/** Shards that there are or, where that is not said, that the plan as stated needs. */
export const shardCount = (inputs: Inputs): number =>
  inputs.shards > 0 ? inputs.shards : shardsNeeded(plannedLists(inputs), inputs);

/** Listeners at the end of the horizon: U · (1 + g)^(months / 12). */
export const listenersAtHorizon = ({ listeners, listenersGrowth, horizonMonths }: Inputs): number =>
  listeners * (1 + listenersGrowth) ** (horizonMonths / 12);

/** Tracks at the end of the horizon. */
export const tracksAtHorizon = ({ tracks, releasesPerDay, horizonMonths }: Inputs): number =>
  tracks + (releasesPerDay * daysPerYear * horizonMonths) / 12;
