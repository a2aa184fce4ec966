import { testsHearing } from './columns.ts';
import type { Figures } from './figures.ts';

type Bounded = Pick<Figures, 'bounds' | 'metrics'>;

/** How the bounds came about: "bounds are …". */
export function boundsBasis(figures: Bounded): string {
  if (testsHearing(figures)) return 'found without an encoder';
  if (!figures.bounds.includes('trueSound')) return 'scored on the state of the first arm';
  return figures.bounds.length === 1
    ? 'scored on the state of the first arm that listens'
    : 'scored on the state of the first arm, trueSound on that of the first arm that listens';
}

/** What the bounds are whose names do not say it, `trueSound: …`, and on whom they are scored where not on everybody's panel. */
export function boundRemarks(figures: Bounded): string[] {
  const remarks: Readonly<Record<string, readonly string[]>> = {
    trueSound: testsHearing(figures)
      ? ['trueSound: what the sound truly tells of the factors, in the place of an embedding']
      : [
          'trueSound: the first arm that listens, handed how tracks truly sound in the place of what its encoder hears',
          'trueSound is scored for at most 500 listeners of a kind',
        ],
    level: ['level: a regression on the level alone'],
  };
  return figures.bounds.flatMap((name) => remarks[name] ?? []);
}
