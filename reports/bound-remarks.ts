import { testsHearing } from './columns.ts';
import type { Figures } from './figures.ts';

type Bounded = Pick<Figures, 'bounds' | 'metrics'>;

/** How the bounds came about: "bounds are …". */
export const boundsBasis = (figures: Bounded): string =>
  testsHearing(figures) ? 'found without an encoder' : 'scored on the state of the first arm';

/** What the bounds are whose names do not say it, `trueSound: …`. */
export function boundRemarks(figures: Bounded): string[] {
  const meanings: Readonly<Record<string, string>> = {
    trueSound: testsHearing(figures)
      ? 'what the sound truly tells of the factors, in the place of an embedding'
      : 'the first arm that listens, handed how tracks truly sound in the place of what its encoder hears',
    level: 'a regression on the level alone',
  };
  return figures.bounds.flatMap((name) => (meanings[name] ? [`${name}: ${meanings[name]}`] : []));
}
