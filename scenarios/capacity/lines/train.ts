import type { Inputs } from '../inputs.ts';
import type { Line } from '../line.ts';
import { alsFlops, deepFlops, sweepFlops, unitHours } from '../work.ts';

const deepHours = (inputs: Inputs): number => unitHours(deepFlops(inputs), inputs.deepRate) / inputs.cores;

/** Question 12: ALS, and a deep model in its place. */
export const trainLines: readonly Line[] = [
  {
    id: 'train.flopsPerSweep',
    question: 12,
    about: 'a sweep of ALS by conjugate gradients, as engine/als does it',
    unit: 'FLOP',
    formula: '2 n d (4 s + 2) + (U + I) d² (2 (s + 1) + 1), n = U · tracks per listener',
    value: (inputs) => sweepFlops(inputs),
  },
  {
    id: 'train.flopsPerSweepCholesky',
    question: 12,
    about: 'a sweep with every row solved exactly',
    unit: 'FLOP',
    formula: '2 n d² + (U + I) (d³ / 3 + d²)',
    value: (inputs) => sweepFlops(inputs, 'cholesky'),
    note: 'for comparison: no other line uses it',
  },
  {
    id: 'train.coreHours',
    question: 12,
    about: 'core-hours of the sweeps of a refresh',
    unit: 'core-h',
    formula: 'sweeps · FLOP / rate',
    value: (inputs) => unitHours(alsFlops(inputs), inputs.alsRate),
  },
  {
    id: 'train.hours',
    question: 12,
    about: 'hours of that on the cores that there are',
    unit: 'h',
    formula: 'core-h / cores',
    value: (inputs) => unitHours(alsFlops(inputs), inputs.alsRate) / inputs.cores,
    limit: { name: 'hours between refreshes', side: 'most', bound: ({ refreshHours }) => refreshHours },
    note: 'computing only: what a cluster sends among its hosts is not in it',
  },
  {
    id: 'train.alsVsDeep',
    question: 12,
    about: 'FLOP of a two-tower model over those of ALS',
    unit: '1',
    formula: 'n · epochs · (6 · weights + 6 · d · batch) / (sweeps · FLOP of a sweep)',
    value: (inputs) => deepFlops(inputs) / alsFlops(inputs),
    isAlternative: true,
    note: 'look-ups of embeddings are not counted; whether it is more accurate is not for a plan to say',
  },
  {
    id: 'train.deepFlops',
    question: 12,
    about: 'FLOP to train the two-tower model',
    unit: 'FLOP',
    formula: 'n · epochs · (6 · weights + 6 · d · batch)',
    value: deepFlops,
    isAlternative: true,
  },
  {
    id: 'train.deepHours',
    question: 12,
    about: 'hours of that on the same cores',
    unit: 'h',
    formula: 'FLOP / (rate · cores)',
    value: deepHours,
    limit: {
      name: 'hours between refreshes',
      side: 'most',
      bound: ({ refreshHours }) => refreshHours,
      remedy: (inputs) =>
        unitHours(deepFlops(inputs), inputs.gpuRate) / inputs.gpus <= inputs.refreshHours
          ? `${inputs.gpus} GPUs at their rate`
          : undefined,
    },
    isAlternative: true,
  },
];
