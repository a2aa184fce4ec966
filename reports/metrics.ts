/** Segments in the order of every table, with what they mean. */
export const segments = {
  all: 'every listener and track',
  warm: 'listeners and tracks that are both established',
  newUser: 'listeners who signed up at most 3 days before the refresh',
  newTrack: 'tracks released at most 7 days before the refresh',
  newUserNewTrack: 'new listeners on new tracks',
} as const;
export type Segment = keyof typeof segments;
export const segmentNames = Object.keys(segments) as Segment[];

interface MetricText {
  /** Completes "… is". */
  readonly means: string;
  readonly better?: 'higher' | 'lower';
}

/** Metrics by the name before `@` or the first point, in the order of every list; `k` is what follows. */
const texts: Readonly<Record<string, MetricText>> = {
  oracleRecall: {
    means: "share of the listener's k truly best unheard tracks among the first k served",
    better: 'higher',
  },
  regret: { means: 'true enjoyment lost against the best k tracks, as a share', better: 'lower' },
  recall: {
    means: 'share of the tracks enjoyed in a session without lists that the first k served hold',
    better: 'higher',
  },
  ndcg: { means: 'discounted gain of enjoyed tracks in the first k, against the best order', better: 'higher' },
  map: { means: 'mean average precision of the first k', better: 'higher' },
  mrr: { means: 'mean reciprocal rank of the first enjoyed track', better: 'higher' },
  hit: { means: 'share of listeners with an enjoyed track in the first k', better: 'higher' },
  newTrackShare: { means: 'share of slots that hold new tracks' },
  coverage: { means: 'share of the catalogue in at least one list', better: 'higher' },
  gini: { means: 'inequality of slots over tracks: 0 equal, 1 one track has all', better: 'lower' },
  satisfaction: { means: 'mean true enjoyment of a play', better: 'higher' },
  skipRate: { means: 'skips per play', better: 'lower' },
  algorithmicShare: { means: 'share of plays that came from a list' },
  collaborativeShare: { means: 'share of slots whose score came mostly from plays, not sound' },
  reach: { means: 'share of releases that reached k or more listeners within 7 days', better: 'higher' },
  daysToTenPlays: { means: 'median days from release to the tenth play', better: 'lower' },
  cacheHitRate: { means: 'share of reads that found a list', better: 'higher' },
  staleHitRate: { means: 'share of hits older than the served generation', better: 'lower' },
  cacheBytesPerListener: { means: 'bytes of one list in the cache', better: 'lower' },
  listRegret: {
    means: 'enjoyment lost with what is left of a list, by its tracks and its age in hours',
    better: 'lower',
  },
  listRecall: {
    means: 'share of the 50 truly best tracks in what is left of a list, by its tracks and its age in hours',
    better: 'higher',
  },
  missRegret: { means: 'enjoyment lost with a list made on a miss, by its tracks', better: 'lower' },
  missRecall: { means: 'share of the 50 truly best tracks in a list made on a miss, by its tracks', better: 'higher' },
  missFlops: { means: 'floating-point operations of a list made on a miss', better: 'lower' },
  tempoAcc1: { means: 'share of tempi within 4 %', better: 'higher' },
  tempoAcc2: { means: 'share of tempi within 4 % of the tempo, its half, double, third or triple', better: 'higher' },
  keyWeighted: { means: 'mean key score: 1 right, 0.5 a fifth off, 0.3 relative, 0.2 parallel', better: 'higher' },
  energyR2: { means: 'share of the variance of energy that is heard', better: 'higher' },
  brightnessR2: { means: 'share of the variance of brightness that is heard', better: 'higher' },
  envelopeR2: { means: 'share of the variance of attack and decay that is heard', better: 'higher' },
  oddEvenR2: { means: 'share of the variance of odd against even partials that is heard', better: 'higher' },
  modulationR2: { means: 'share of the variance of vibrato and tremolo that is heard', better: 'higher' },
  embeddingR2: { means: 'share of the variance of the factors that is predicted', better: 'higher' },
  embeddingShare: {
    means: 'the same over the most there is: the part of the factors that the sound tells',
    better: 'higher',
  },
  coldRecall: {
    means:
      'share of the tenth of new tracks that a listener likes best among the tenth that sounds best, where the sound tells k % of what is liked',
    better: 'higher',
  },
  epochs: { means: 'the epoch that did best on tracks kept back' },
  trainSeconds: { means: 'seconds that training took', better: 'lower' },
  refreshesPerDay: { means: 'refreshes a day' },
  listsPerDay: { means: 'lists written to the cache a day', better: 'lower' },
  foldInsPerDay: { means: 'lists made for their readers a day', better: 'lower' },
  flopsPerDay: {
    means: 'floating-point operations of refreshes and of lists made for readers, a day',
    better: 'lower',
  },
  refreshSecondsPerDay: { means: 'seconds of refreshes a day', better: 'lower' },
  refreshSeconds: { means: 'seconds of one refresh', better: 'lower' },
  seconds: { means: 'seconds of this stage in one refresh', better: 'lower' },
  flops: { means: 'floating-point operations of this stage in one refresh', better: 'lower' },
};
const order = Object.keys(texts);

/** What follows `@`, or the point where that is a number. */
const numberIn = (metric: string): string | undefined => /[@.](\d+)$/.exec(metric)?.[1];

const stem = (metric: string): string => metric.replace(/[@.].*$/, '');

/** What a metric means, in one phrase; '' for a metric this version does not know. */
export function meaningOf(metric: string): string {
  const text = texts[stem(metric)];
  if (!text) return '';
  const k = numberIn(metric);
  const means = k === undefined ? text.means : text.means.replace(/\bk\b/g, k);
  return text.better ? `${means}; ${text.better} is better` : means;
}

/** Known metrics in the order above, small k first, then the others; stages keep the order they ran in. */
export function compareMetrics(a: string, b: string): number {
  const rank = (metric: string): number => (order.includes(stem(metric)) ? order.indexOf(stem(metric)) : order.length);
  const k = (metric: string): number => Number(numberIn(metric) ?? 0);
  return rank(a) - rank(b) || k(a) - k(b);
}

/** The stage in `seconds.train` or `flops.train`, or undefined for another metric. */
export const stageOf = (metric: string, kind: 'seconds' | 'flops'): string | undefined =>
  metric.startsWith(`${kind}.`) ? metric.slice(kind.length + 1) : undefined;
