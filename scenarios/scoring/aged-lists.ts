import { type SimTime, secondsPerHour } from '../../engine/core/time.ts';
import { type OracleLists, scoreAgainstTruth } from './ranking-figures.ts';
import type { Figure } from './rows.ts';
import type { Panel, Segmentation } from './segments.ts';

/** Lists as a refresh made them, kept to see what they are worth later. */
export interface KeptLists {
  readonly madeAt: SimTime;
  readonly listeners: Uint32Array;
  /** One for each of the listeners. */
  readonly lists: readonly Uint32Array[];
}

/** Kept lists are looked at until they are so old: the longest period twice compared, with its expiry. */
export const oldestHours = 72;

/** What lists of several ages are judged by. */
export interface AgedLists {
  readonly kept: readonly KeptLists[];
  /** What would be made now for `listeners` if the cache had lost their lists, and the operations that takes. */
  readonly missed: KeptLists & { readonly flops: number };
  /** Lists are cut to each of these lengths. */
  readonly lengths: readonly number[];
}

interface Judge {
  readonly segmentation: Segmentation;
  readonly hasHeard: (listener: number, track: number) => boolean;
  /** Whether what the listener has heard is known. */
  isKnown(listener: number): boolean;
  oracleOf(panel: Panel): OracleLists;
}

/**
 * What is left of lists: of the first L tracks those that were not heard since, and how they compare with the truly best unheard
 * ones of this moment. `listRegret.L.h` and `listRecall.L.h` (as `regret@50` and `oracleRecall@50`) for lists of L tracks made h
 * hours ago, `missRegret.L` and `missRecall.L` for lists made now on a miss, `missFlops` for one of those.
 */
export function scoreAgedLists({ kept, missed, lengths }: AgedLists, now: SimTime, judge: Judge): Figure[] {
  const figures = kept.flatMap((lists) => {
    const hours = (now - lists.madeAt) / secondsPerHour;
    return figuresOf(lists, lengths, judge, (length) => [
      `listRegret.${length}.${hours}`,
      `listRecall.${length}.${hours}`,
    ]);
  });
  const made = missed.listeners.length;
  return [
    ...figures,
    ...figuresOf(missed, lengths, judge, (length) => [`missRegret.${length}`, `missRecall.${length}`]),
    ...(made > 0 ? [{ segment: 'all' as const, metric: 'missFlops', value: missed.flops / made, n: made }] : []),
  ];
}

function figuresOf(
  { listeners, lists }: KeptLists,
  lengths: readonly number[],
  { segmentation, hasHeard, isKnown, oracleOf }: Judge,
  namesOf: (length: number) => readonly [regret: string, recall: string],
): Figure[] {
  const rows = [...listeners.keys()].filter((i) => isKnown(listeners[i]!));
  const panel: Panel = {
    listeners: Uint32Array.from(rows, (i) => listeners[i]!),
    isOn: (segment) => segment === 'all',
  };
  const oracle = oracleOf(panel);
  return lengths.flatMap((length) => {
    const left = rows.map((i) => lists[i]!.subarray(0, length).filter((track) => !hasHeard(listeners[i]!, track)));
    const [regret, recall] = namesOf(length);
    const renamed: Readonly<Record<string, string>> = { 'regret@50': regret, 'oracleRecall@50': recall };
    return scoreAgainstTruth(left, oracle, panel, segmentation).flatMap((figure) =>
      renamed[figure.metric] === undefined ? [] : [{ ...figure, metric: renamed[figure.metric]! }],
    );
  });
}
