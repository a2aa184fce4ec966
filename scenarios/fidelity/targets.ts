import type { FactName } from './fact-names.ts';

/** What a fact should be. */
export interface Target {
  /** A median, a mean, or the one published figure. */
  readonly middle: number;
  /** Quartiles over listeners; without them there is one figure. */
  readonly low?: number;
  readonly high?: number;
  /** In ascending order, where single listeners are known. */
  readonly perListener?: Float64Array;
  readonly source: string;
}

/** Facts without a target are left out of a comparison. */
export type Targets = Readonly<Partial<Record<FactName, Target>>>;

/** How many artists and listeners the targets of concentration were counted over. */
export const concentrationSize = { artists: 17_632, listeners: 1892 } as const;

const logs = 'quartiles over 24 real listeners’ logs of about a year (656,000 plays): self-selected, heavy listeners';
const ofLogs = (low: number, middle: number, high: number): Target => ({ low, middle, high, source: logs });

const lastFm = `Last.fm HetRec 2011: plays of ${concentrationSize.artists} artists by ${concentrationSize.listeners} listeners, 50 artists each at most`;

/** What is published about listening, as aggregate figures. */
export const publishedTargets: Readonly<Record<FactName, Target>> = {
  playsPerListenerDay: {
    middle: 16,
    source: 'Yambda’s card: 4.79 billion interactions of one million listeners in ten months',
  },
  sessionsPerActiveDay: ofLogs(2.71, 3.37, 4.2525),
  medianSessionTracks: ofLogs(8.5, 10, 13),
  meanSessionTracks: ofLogs(15.085, 17.15, 21.76),
  oneTrackSessions: ofLogs(0.09025, 0.1265, 0.18925),
  repeatShare: ofLogs(0.6515, 0.7765, 0.8365),
  immediateRepeats: ofLogs(0.02815, 0.03645, 0.048225),
  under5s: ofLogs(0.11075, 0.158, 0.224),
  under30s: ofLogs(0.1785, 0.2295, 0.3665),
  medianGapDays: ofLogs(1.1175, 2.74, 7.5475),
  busiestHour: ofLogs(0.0815, 0.0865, 0.1005),
  emptiestSixHours: ofLogs(0.013875, 0.02995, 0.07255),
  fridayPeak: { middle: 0.85, source: 'Luminate 2023: streams on a Sunday for each on a Friday' },
  releaseDecay: {
    middle: 0.54,
    source: 'The New York Times via mediaconfidential 2022: one superstar’s album, 221M streams, then 119M',
  },
  topShare: { middle: 0.52, source: lastFm },
  gini: { middle: 0.893, source: lastFm },
};
