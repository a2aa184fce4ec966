import { secondsPerDay } from '../../../engine/core/time.ts';
import { plural } from '../../../reports/format.ts';
import type { Inputs } from '../inputs.ts';
import { daysPerYear, type Line } from '../line.ts';
import { hosts, interactions, releasesPerRefresh } from '../work.ts';

const factorBytes = ({ listeners, tracks, factors }: Inputs, bytesPerNumber: number): number =>
  (listeners + tracks) * factors * bytesPerNumber;

/** Compressed rows from both sides: pairs, and where each row begins. */
const trainingBytes = (inputs: Inputs): number =>
  interactions(inputs) * inputs.pairBytes + 4 * (inputs.listeners + inputs.tracks + 2);

/** What the hosts of a refresh can hold. */
const hostMemory = (inputs: Inputs): number => hosts(inputs) * inputs.hostBytes * inputs.memoryHeadroom;

const hostsFor = (bytes: number, { hostBytes, memoryHeadroom }: Inputs): string =>
  `${Math.ceil(bytes / (hostBytes * memoryHeadroom))} hosts`;

/** New listeners of a day, each folded in anew at every read of that day, as it falls in the busiest hour. */
const foldInCores = (inputs: Inputs): number =>
  (((inputs.listeners * inputs.listenersGrowth) / daysPerYear) *
    inputs.readsPerActiveDay *
    inputs.peakFactor *
    inputs.foldInMs) /
  1000 /
  secondsPerDay;

/** Questions 13, 14, 15 and 18: what is kept beside the cache. */
export const storageLines: readonly Line[] = [
  factorsLine('bytes', 'factors of listeners and tracks in float32, one generation', 4),
  { ...factorsLine('float16Bytes', 'the same in half precision', 2), isAlternative: true },
  { ...factorsLine('int8Bytes', 'the same in int8', 1), isAlternative: true },
  {
    id: 'tracks.newShare',
    question: 14,
    about: 'share of the catalogue that is new at a refresh',
    unit: 'share',
    formula: 'releases · T / 24 / I',
    value: (inputs) => releasesPerRefresh(inputs) / inputs.tracks,
  },
  {
    id: 'factors.bytesPerDay',
    question: 14,
    about: 'what a day’s releases add to the factors',
    unit: 'B',
    formula: 'releases · d · 4',
    value: ({ releasesPerDay, factors }) => releasesPerDay * factors * 4,
  },
  {
    id: 'foldIn.cores',
    question: 14,
    about: 'cores that fold in new listeners at each of their reads, in the busiest hour of their first day',
    unit: 'cores',
    formula: 'U · growth / 365 · reads · peak · ms / 1000 / 86,400',
    value: foldInCores,
    limit: {
      name: 'cores, with headroom',
      side: 'most',
      bound: ({ cores, cpuHeadroom }) => cores * cpuHeadroom,
      remedy: (inputs) => `${Math.ceil(foldInCores(inputs) / inputs.cpuHeadroom)} cores`,
    },
  },
  {
    id: 'log.bytesPerDay',
    question: 15,
    about: 'events of a day as they are logged',
    unit: 'B',
    formula: 'U · plays · bytes of an event',
    value: ({ listeners, playsPerListenerDay, eventBytes }) => listeners * playsPerListenerDay * eventBytes,
  },
  {
    id: 'log.bytesKept',
    question: 15,
    about: 'the log as long as it is kept',
    unit: 'B',
    formula: 'U · plays · bytes of an event · days',
    value: ({ listeners, playsPerListenerDay, eventBytes, keptDays }) =>
      listeners * playsPerListenerDay * eventBytes * keptDays,
  },
  {
    id: 'train.bytes',
    question: 15,
    about: 'interactions in memory while ALS trains, with the factors',
    unit: 'B',
    formula: 'n · bytes of a pair + 4 (U + I + 2) + (U + I) · d · 4',
    value: (inputs) => trainingBytes(inputs) + factorBytes(inputs, 4),
    limit: {
      name: 'memory of the hosts, with headroom',
      side: 'most',
      bound: hostMemory,
      remedy: (inputs) => hostsFor(trainingBytes(inputs) + factorBytes(inputs, 4), inputs),
    },
  },
  {
    id: 'features.bytes',
    question: 18,
    about: 'embedding in float32 and what is heard of every track',
    unit: 'B',
    formula: 'I · (4 d + meta)',
    value: ({ tracks, factors, metaBytes }) => tracks * (4 * factors + metaBytes),
    limit: {
      name: 'one NVMe drive',
      side: 'most',
      bound: ({ nvmeBytes }) => nvmeBytes,
      remedy: ({ tracks, factors, metaBytes, nvmeBytes }) =>
        plural(Math.ceil((tracks * (4 * factors + metaBytes)) / nvmeBytes), 'drive'),
    },
  },
];

function factorsLine(id: string, about: string, bytesPerNumber: number): Line {
  return {
    id: `factors.${id}`,
    question: 13,
    about,
    unit: 'B',
    formula: `(U + I) · d · ${bytesPerNumber}`,
    value: (inputs) => factorBytes(inputs, bytesPerNumber),
    limit: {
      name: 'memory of the hosts, with headroom, for two generations',
      side: 'most',
      bound: (inputs) => hostMemory(inputs) / 2,
      remedy: (inputs) => hostsFor(2 * factorBytes(inputs, bytesPerNumber), inputs),
    },
  };
}
