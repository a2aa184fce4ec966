import { secondsPerHour } from '../../../engine/core/time.ts';
import type { Inputs } from '../inputs.ts';
import type { Line } from '../line.ts';
import { hearingCoreHours, releasesPerRefresh } from '../work.ts';

const newHours = (inputs: Inputs): number => hearingCoreHours(releasesPerRefresh(inputs), inputs) / inputs.cores;

/** Hours for the whole catalogue, limited by the cores or by reading the files over one link, whichever is slower. */
const backHours = (inputs: Inputs): number =>
  Math.max(
    hearingCoreHours(inputs.tracks, inputs) / inputs.cores,
    (8 * inputs.tracks * inputs.clipBytes) / (1e9 * inputs.linkRate * secondsPerHour),
  );

/** Questions 16 and 17: what listening to tracks takes. */
export const audioLines: readonly Line[] = [
  {
    id: 'audio.coreHoursPerRefresh',
    question: 16,
    about: 'core-hours to decode and hear what has come out since the last refresh',
    unit: 'core-h',
    formula: 'releases · T / 24 · (encode + decode) / 3600',
    value: (inputs) => hearingCoreHours(releasesPerRefresh(inputs), inputs),
  },
  {
    id: 'audio.hoursPerRefresh',
    question: 16,
    about: 'hours of that on the cores that there are',
    unit: 'h',
    formula: 'core-h / cores',
    value: newHours,
    limit: { name: 'hours between refreshes', side: 'most', bound: ({ refreshHours }) => refreshHours },
  },
  {
    id: 'audio.backCatalogueCoreHours',
    question: 17,
    about: 'core-hours to decode and hear every track, once',
    unit: 'core-h',
    formula: 'I · (encode + decode) / 3600',
    value: (inputs) => hearingCoreHours(inputs.tracks, inputs),
  },
  {
    id: 'audio.backCatalogueBytes',
    question: 17,
    about: 'bytes of sound that are read for it',
    unit: 'B',
    formula: 'I · clip',
    value: ({ tracks, clipBytes }) => tracks * clipBytes,
  },
  {
    id: 'audio.backCatalogueHours',
    question: 17,
    about: 'hours of that: the slower of cores and link',
    unit: 'h',
    formula: 'max(core-h / cores, 8 · bytes / link)',
    value: backHours,
    limit: { name: 'hours for the back catalogue', side: 'most', bound: ({ backfillHours }) => backfillHours },
  },
];
