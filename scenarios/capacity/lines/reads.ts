import { plural } from '../../../reports/format.ts';
import { slotBytes, valueBytes } from '../cache-layouts.ts';
import type { Line } from '../line.ts';
import { plannedLayout, shardCount } from '../shards.ts';
import { peakReads } from '../work.ts';

/** Questions 8 and 21: who reads, from Redis or from a file. */
export const readLines: readonly Line[] = [
  {
    id: 'reads.peakPerSecond',
    question: 8,
    about: 'reads of lists in the busiest hour',
    unit: '1/s',
    formula: 'U · active · reads · peak / 86,400',
    value: peakReads,
    limit: {
      name: 'what the shards answer, with headroom',
      side: 'most',
      bound: (inputs) => inputs.getsPerSecond * shardCount(inputs) * inputs.cpuHeadroom,
      remedy: (inputs) => plural(Math.ceil(peakReads(inputs) / (inputs.getsPerSecond * inputs.cpuHeadroom)), 'shard'),
    },
  },
  {
    id: 'reads.peakBytesPerSecond',
    question: 8,
    about: 'what they send',
    unit: 'B/s',
    formula: 'reads/s · (value + wire)',
    value: (inputs) => peakReads(inputs) * (valueBytes(inputs.slate, plannedLayout(inputs).packing) + inputs.wireBytes),
  },
  {
    id: 'flatFile.bytes',
    question: 21,
    about: 'one file of slots of 27-bit ids, that of a listener at u · slot, read by pread, swapped by rename',
    unit: 'B',
    formula: 'U · (10 + ⌈27 K / 8⌉)',
    value: (inputs) => inputs.listeners * slotBytes(inputs),
    isAlternative: true,
    limit: {
      name: 'NVMe drives with room for two generations',
      side: 'most',
      bound: ({ nvmeBytes }) => nvmeBytes / 2,
      remedy: (inputs) =>
        `${Math.ceil((2 * inputs.listeners * slotBytes(inputs)) / inputs.nvmeBytes)} drives to a copy`,
    },
  },
  {
    id: 'flatFile.readsPerSecond',
    question: 21,
    about: 'its reads in the busiest hour',
    unit: '1/s',
    formula: 'U · active · reads · peak / 86,400',
    value: peakReads,
    isAlternative: true,
    limit: {
      name: 'what one drive reads, with headroom',
      side: 'most',
      bound: ({ nvmeReadsPerSecond, cpuHeadroom }) => nvmeReadsPerSecond * cpuHeadroom,
      remedy: (inputs) =>
        `${Math.ceil(peakReads(inputs) / (inputs.nvmeReadsPerSecond * inputs.cpuHeadroom))} drives that share the reads`,
    },
  },
];
