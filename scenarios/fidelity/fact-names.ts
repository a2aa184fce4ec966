/** How a fact is written: shares in per cent, the others as they are. */
export type FactUnit = 'plays' | 'sessions' | 'tracks' | 'share' | 'days' | 'ratio';

export interface FactForm {
  /** As it stands in a table. */
  readonly label: string;
  readonly unit: FactUnit;
  /** Of one listener, summed up as the median over listeners; or of everybody together. */
  readonly of: 'listener' | 'everybody';
}

/** The facts of listening that a world is held against, in the order in which they are printed. Shares are 0–1. */
export const factForms = {
  playsPerListenerDay: { label: 'plays per listener and day', unit: 'plays', of: 'everybody' },
  sessionsPerActiveDay: { label: 'sessions per active day', unit: 'sessions', of: 'listener' },
  medianSessionTracks: { label: 'tracks per session, median', unit: 'tracks', of: 'listener' },
  meanSessionTracks: { label: 'tracks per session, mean', unit: 'tracks', of: 'listener' },
  oneTrackSessions: { label: 'one-track sessions', unit: 'share', of: 'listener' },
  repeatShare: { label: 'repeat share', unit: 'share', of: 'listener' },
  immediateRepeats: { label: 'immediate repeats', unit: 'share', of: 'listener' },
  under5s: { label: 'played under 5 s', unit: 'share', of: 'listener' },
  under30s: { label: 'played under 30 s', unit: 'share', of: 'listener' },
  medianGapDays: { label: 'same-track gap, median days', unit: 'days', of: 'listener' },
  busiestHour: { label: 'busiest hour', unit: 'share', of: 'listener' },
  emptiestSixHours: { label: 'emptiest six hours', unit: 'share', of: 'listener' },
  fridayPeak: { label: 'Sunday / Friday', unit: 'ratio', of: 'everybody' },
  releaseDecay: { label: 'second / first week of a release', unit: 'ratio', of: 'everybody' },
  topShare: { label: 'plays of the top 1 % of artists', unit: 'share', of: 'everybody' },
  gini: { label: 'Gini of plays over artists', unit: 'ratio', of: 'everybody' },
} as const satisfies Readonly<Record<string, FactForm>>;

export type FactName = keyof typeof factForms;

export const factNames = Object.keys(factForms) as readonly FactName[];

/** Something for each of the facts. */
export const forEachFact = <T>(of: (fact: FactName) => T): Readonly<Record<FactName, T>> =>
  Object.fromEntries(factNames.map((fact) => [fact, of(fact)])) as Record<FactName, T>;
