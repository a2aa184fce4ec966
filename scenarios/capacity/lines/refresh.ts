import { secondsPerHour } from '../../../engine/core/time.ts';
import { valueBytes } from '../cache-layouts.ts';
import type { Inputs } from '../inputs.ts';
import type { Line } from '../line.ts';
import { plannedLayout } from '../shards.ts';
import { annFlops, exactFlops, hoursBesideRetrieval, unitHours, writeHours } from '../work.ts';

/** Bytes of a list as planned on the wire, once. */
const listWireBytes = (inputs: Inputs): number =>
  valueBytes(inputs.slate, plannedLayout(inputs).packing) + inputs.wireBytes;

/** What all copies of the lists take on the wire: the writer sends to a shard, and that to its replicas. */
const networkBytes = (inputs: Inputs): number => inputs.listeners * listWireBytes(inputs) * (1 + inputs.replicas);

const refreshWindow = { name: 'hours between refreshes', side: 'most', bound: (x: Inputs) => x.refreshHours } as const;

/** Questions 6, 7 and 20: what a refresh writes, and how long all of it takes. */
export const refreshLines: readonly Line[] = [
  {
    id: 'refresh.setsPerSecond',
    question: 6,
    about: 'lists a second, spread over the whole period',
    unit: '1/s',
    formula: 'U / (T · 3600)',
    value: ({ listeners, refreshHours }) => listeners / (refreshHours * secondsPerHour),
    limit: {
      name: 'what the writers write, with headroom',
      side: 'most',
      bound: ({ setsPerSecond, writers, cpuHeadroom }) => setsPerSecond * writers * cpuHeadroom,
      remedy: ({ listeners, refreshHours, setsPerSecond, cpuHeadroom }) =>
        `${Math.ceil(listeners / (refreshHours * secondsPerHour) / (setsPerSecond * cpuHeadroom))} writers`,
    },
  },
  {
    id: 'refresh.writeHours',
    question: 6,
    about: 'hours to write every list once, as fast as the writers can',
    unit: 'h',
    formula: 'U / (sets/s · writers) / 3600',
    value: writeHours,
    limit: {
      name: 'hours for writing',
      side: 'most',
      bound: (inputs) => inputs.writeHours,
      remedy: (inputs) => `${Math.ceil((writeHours(inputs) * inputs.writers) / inputs.writeHours)} writers`,
    },
  },
  {
    id: 'refresh.networkBytes',
    question: 7,
    about: 'bytes of a refresh on the network, replicas included',
    unit: 'B',
    formula: 'U · (value + wire) · (1 + replicas)',
    value: networkBytes,
  },
  {
    id: 'refresh.networkRate',
    question: 7,
    about: 'the same within the hours for writing',
    unit: 'Gbit/s',
    formula: '8 · bytes / (hours for writing · 3600)',
    value: (inputs) => (8 * networkBytes(inputs)) / (inputs.writeHours * secondsPerHour) / 1e9,
    limit: {
      name: 'one link, with headroom',
      side: 'most',
      bound: ({ linkRate, cpuHeadroom }) => linkRate * cpuHeadroom,
      remedy: (inputs) =>
        `writers on ${Math.ceil((8 * networkBytes(inputs)) / (inputs.writeHours * secondsPerHour) / 1e9 / (inputs.linkRate * inputs.cpuHeadroom))} hosts`,
    },
  },
  {
    id: 'refresh.hours',
    question: 20,
    about: 'training, new releases, exact lists for all and writing, one after the other',
    unit: 'h',
    formula: '(train + hear + exact retrieval) / cores + write',
    value: (inputs) =>
      hoursBesideRetrieval(inputs) + unitHours(exactFlops(inputs), inputs.retrievalRate) / inputs.cores,
    limit: {
      ...refreshWindow,
      // Approximate lists make the difference, or nothing does.
      remedy: (inputs) =>
        hoursWithAnn(inputs) <= inputs.refreshHours && inputs.annRecall >= inputs.leastRecall
          ? 'approximate retrieval, at its recall'
          : undefined,
    },
    note: 'computing only: what a cluster sends among its hosts is not in it',
  },
  {
    id: 'refresh.hoursApproximate',
    question: 20,
    about: 'the same with approximate retrieval',
    unit: 'h',
    formula: '(train + hear + approximate retrieval) / cores + write',
    value: hoursWithAnn,
    limit: refreshWindow,
    isAlternative: true,
  },
];

function hoursWithAnn(inputs: Inputs): number {
  return hoursBesideRetrieval(inputs) + unitHours(annFlops(inputs), inputs.retrievalRate) / inputs.cores;
}
