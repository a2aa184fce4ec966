import { packings } from '../../engine/cache/codec/packings.ts';
import { packed30, pages, slotBytes } from './cache-layouts.ts';
import type { Inputs } from './inputs.ts';
import { budgetName, bytesInRedis, memoryBudget } from './memory-budget.ts';
import { cachePrice, computePrice } from './prices.ts';
import { listenersAtHorizon, plannedLayout, type ShardedLists, shardsNeeded, tracksAtHorizon } from './shards.ts';
import { annFlops, exactFlops, hoursBesideRetrieval, peakReads, refreshesPerMonth, unitHours } from './work.ts';

/** One way of keeping lists, beside the others. */
export interface CacheAlternative {
  readonly id: string;
  readonly name: string;
  /** Bytes of all lists at the peak of a refresh; in Redis with keys and tables. */
  readonly bytes: number;
  /** Now and at the end of the horizon; for a file, drives. */
  readonly shards: number;
  readonly shardsAtHorizon: number;
  readonly dollarsPerMonth: number;
  /** Share of first reads of a day that find a list. */
  readonly hitRate: number;
  readonly holds: boolean;
  /** What binds where it does not hold. */
  readonly bindingConstraint?: string;
}

/** One way of finding the lists, beside the others. */
export interface RetrievalAlternative {
  readonly id: string;
  readonly name: string;
  readonly flops: number;
  /** Hours of this part, and of the whole refresh. */
  readonly hours: number;
  readonly refreshHours: number;
  readonly dollarsPerMonth: number;
  /** Share of the exact list that is found. */
  readonly recall: number;
  readonly holds: boolean;
  readonly bindingConstraint?: string;
}

/** Every way of keeping lists: as planned first. */
export function cacheAlternatives(inputs: Inputs): CacheAlternative[] {
  const planned = plannedLayout(inputs);
  const { listeners, generations, activeShare, activeHitRate } = inputs;
  const inPlace = { lists: listeners, generations: 1 };
  const ways: readonly { readonly id: string; readonly name: string; readonly sharded: ShardedLists }[] = [
    { id: 'planned', name: 'as nominally planned', sharded: { layout: planned, lists: listeners, generations } },
    { id: 'inPlace', name: `${planned.name}, overwritten in place`, sharded: { layout: planned, ...inPlace } },
    { id: 'packed30', name: '30-bit ids, in place', sharded: { layout: packed30, ...inPlace } },
    { id: 'pages', name: '27-bit ids in pages', sharded: { layout: pages, ...inPlace } },
    {
      id: 'activeOnly',
      name: '30-bit ids, active listeners only',
      sharded: { layout: packed30, lists: listeners * activeShare, generations: 1 },
    },
  ];
  return [
    ...ways.map(({ id, name, sharded }) =>
      redisAlternative(id, name, sharded, { hitRate: id === 'activeOnly' ? activeHitRate : 1 }, inputs),
    ),
    flatFile(inputs),
  ];
}

function redisAlternative(
  id: string,
  name: string,
  sharded: ShardedLists,
  { hitRate }: { readonly hitRate: number },
  inputs: Inputs,
): CacheAlternative {
  const { layout, lists } = sharded;
  const shards = shardsNeeded(sharded, inputs);
  const later = { ...sharded, lists: (lists * listenersAtHorizon(inputs)) / inputs.listeners };
  const bytes = bytesInRedis(sharded, inputs);
  const binding =
    bytes > memoryBudget(inputs)
      ? budgetName(inputs)
      : tracksAtHorizon(inputs) > layout.packing.largestId + 1
        ? `id width of ${layout.name}`
        : undefined;
  return {
    id,
    name,
    bytes,
    shards,
    shardsAtHorizon: shardsNeeded(later, inputs),
    dollarsPerMonth: cachePrice(shards, inputs),
    hitRate,
    ...heldBy(binding),
  };
}

/** Slots of 27-bit ids in a file on NVMe, two generations on disk while one is being written. */
function flatFile(inputs: Inputs): CacheAlternative {
  const copies = 1 + inputs.replicas;
  const drivesFor = (listeners: number): number =>
    copies *
    Math.max(
      Math.ceil((2 * listeners * slotBytes(inputs)) / inputs.nvmeBytes),
      Math.ceil(
        (peakReads(inputs) * (listeners / inputs.listeners)) /
          (inputs.nvmeReadsPerSecond * inputs.cpuHeadroom) /
          copies,
      ),
    );
  const drives = drivesFor(inputs.listeners);
  return {
    id: 'flatFile',
    name: 'flat file on NVMe, 27-bit ids',
    bytes: inputs.listeners * slotBytes(inputs),
    shards: drives,
    shardsAtHorizon: drivesFor(listenersAtHorizon(inputs)),
    dollarsPerMonth: ((drives * inputs.nvmeBytes) / 1e9) * inputs.nvmePrice,
    hitRate: 1,
    ...heldBy(tracksAtHorizon(inputs) > packings.bits27.largestId + 1 ? 'id width of bits27' : undefined),
  };
}

/** Every way of finding lists: exactly on the cores first, as planned. */
export function retrievalAlternatives(inputs: Inputs): RetrievalAlternative[] {
  const { cores, gpus, retrievalRate, int8Speedup, int8Recall, gpuRate, annRecall, gpuPrice } = inputs;
  const onCores = (id: string, name: string, flops: number, rate: number, recall: number): RetrievalAlternative => {
    const coreHours = unitHours(flops, rate);
    const dollars = computePrice(coreHours * refreshesPerMonth(inputs), inputs);
    return retrieval({ id, name, flops, recall, hours: coreHours / cores, dollarsPerMonth: dollars }, inputs);
  };
  const exact = exactFlops(inputs);
  const gpuHours = unitHours(exact, gpuRate);
  return [
    onCores('exact', 'exact, float32 on the cores', exact, retrievalRate, 1),
    onCores('int8', 'int8 scores on the cores', exact, retrievalRate * int8Speedup, int8Recall),
    retrieval(
      {
        id: 'gpu',
        name: 'exact, half precision on GPUs',
        flops: exact,
        recall: 1,
        hours: gpuHours / gpus,
        dollarsPerMonth: gpuHours * refreshesPerMonth(inputs) * gpuPrice,
      },
      inputs,
    ),
    onCores('approximate', 'approximate (IVF) on the cores', annFlops(inputs), retrievalRate, annRecall),
  ];
}

function retrieval(
  alternative: Omit<RetrievalAlternative, 'refreshHours' | 'holds' | 'bindingConstraint'>,
  inputs: Inputs,
): RetrievalAlternative {
  const refreshHours = hoursBesideRetrieval(inputs) + alternative.hours;
  return {
    ...alternative,
    refreshHours,
    ...heldBy(
      refreshHours > inputs.refreshHours
        ? 'hours between refreshes'
        : alternative.recall < inputs.leastRecall
          ? 'least recall that is recommended'
          : undefined,
    ),
  };
}

const heldBy = (
  bindingConstraint: string | undefined,
): { readonly holds: boolean; readonly bindingConstraint?: string } =>
  bindingConstraint === undefined ? { holds: true } : { holds: false, bindingConstraint };

/** The cheapest that holds. */
export const cheapest = <T extends { readonly holds: boolean; readonly dollarsPerMonth: number }>(
  alternatives: readonly T[],
): T | undefined =>
  alternatives
    .filter(({ holds }) => holds)
    .reduce<T | undefined>(
      (best, next) => (best === undefined || next.dollarsPerMonth < best.dollarsPerMonth ? next : best),
      undefined,
    );
