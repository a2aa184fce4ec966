import type { Inputs } from '../inputs.ts';
import type { Limit, Line } from '../line.ts';
import { annFlops, exactFlops, hoursBesideRetrieval, unitHours } from '../work.ts';

/** What training, hearing and writing leave of the period. */
const hoursLeft: Limit = {
  name: 'hours that the rest of a refresh leaves',
  side: 'most',
  bound: (inputs) => Math.max(0, inputs.refreshHours - hoursBesideRetrieval(inputs)),
};

const exactCoreHours = (inputs: Inputs): number => unitHours(exactFlops(inputs), inputs.retrievalRate);

/** Questions 10 and 11: the best tracks of everybody. */
export const retrievalLines: readonly Line[] = [
  {
    id: 'retrieval.exactFlops',
    question: 10,
    about: 'every listener with every track',
    unit: 'FLOP',
    formula: '2 · U · I · d',
    value: exactFlops,
  },
  {
    id: 'retrieval.exactCoreHours',
    question: 10,
    about: 'core-hours of that in float32',
    unit: 'core-h',
    formula: 'FLOP / rate',
    value: exactCoreHours,
  },
  {
    id: 'retrieval.exactHours',
    question: 10,
    about: 'hours on the cores that there are',
    unit: 'h',
    formula: 'core-h / cores',
    value: (inputs) => exactCoreHours(inputs) / inputs.cores,
    limit: hoursLeft,
  },
  {
    id: 'retrieval.int8Hours',
    question: 10,
    about: 'hours with scores in int8 on the same cores',
    unit: 'h',
    formula: 'core-h / (cores · speed-up)',
    value: (inputs) => exactCoreHours(inputs) / inputs.cores / inputs.int8Speedup,
    limit: hoursLeft,
    isAlternative: true,
  },
  {
    id: 'retrieval.gpuHours',
    question: 10,
    about: 'hours on the GPUs, exactly',
    unit: 'h',
    formula: 'FLOP / (rate · GPUs)',
    value: (inputs) => unitHours(exactFlops(inputs), inputs.gpuRate) / inputs.gpus,
    limit: hoursLeft,
    note: 'dense products only: selecting the best K of I scores for every listener is not in it',
    isAlternative: true,
  },
  {
    id: 'retrieval.annFlops',
    question: 11,
    about: 'the same lists by an inverted file, at its recall, and assigning the tracks to its cells',
    unit: 'FLOP',
    formula: 'U · 2 · d · (cells + I · probes / cells) + passes · 2 · I · cells · d',
    value: annFlops,
    isAlternative: true,
  },
  {
    id: 'retrieval.annHours',
    question: 11,
    about: 'hours of that on the cores that there are',
    unit: 'h',
    formula: 'FLOP / (rate · cores)',
    value: (inputs) => unitHours(annFlops(inputs), inputs.retrievalRate) / inputs.cores,
    limit: hoursLeft,
    isAlternative: true,
  },
  {
    id: 'retrieval.annRecall',
    question: 11,
    about: 'share of the exact list that it finds',
    unit: 'share',
    formula: 'recall',
    value: ({ annRecall }) => annRecall,
    limit: { name: 'least recall that is recommended', side: 'least', bound: ({ leastRecall }) => leastRecall },
    isAlternative: true,
    note: 'a guess until it is measured on your factors',
  },
];
