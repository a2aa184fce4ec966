import type { Figures } from '../figures.ts';
import type { Slot } from './line-chart.ts';

/** An arm or a bound with its place in the page. */
export interface Contender {
  readonly name: string;
  readonly slot: Slot;
}

/** Arms first, then bounds; a contender keeps its colour, mark and toggle everywhere. */
export const contendersOf = ({ arms, bounds }: Figures): Contender[] => [
  ...arms.map((name, rank): Contender => ({ name, slot: { index: rank, kind: 'arm', rank } })),
  ...bounds.map((name, rank): Contender => ({ name, slot: { index: arms.length + rank, kind: 'bound', rank } })),
];
