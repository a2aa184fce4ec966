export type Drum = 'kick' | 'snare' | 'hat';

/** Semitones above the tonic: major, natural minor. Index = mode of the key (0 major, 1 minor). */
export const scales: readonly (readonly number[])[] = [
  [0, 2, 4, 5, 7, 9, 11],
  [0, 2, 3, 5, 7, 8, 10],
];

/** Four chords as scale degrees of their roots (0 = tonic), by mode. The minor ones stay in natural minor. */
export const progressions: readonly (readonly (readonly number[])[])[] = [
  [
    [0, 4, 5, 3],
    [0, 3, 4, 4],
    [1, 4, 0, 0],
    [5, 3, 0, 4],
    [0, 5, 3, 4],
    [0, 3, 0, 4],
  ],
  [
    [0, 5, 2, 6],
    [0, 3, 4, 0],
    [0, 6, 5, 4],
    [0, 3, 6, 2],
    [0, 5, 3, 4],
    [0, 6, 3, 0],
  ],
];

/** One bar of sixteenths per drum; `x` is a stroke. */
export const drumPatterns: readonly Readonly<Record<Drum, string>>[] = [
  { kick: 'x...x...x...x...', snare: '....x.......x...', hat: '..x...x...x...x.' }, // four on the floor
  { kick: 'x.......x.x.....', snare: '....x.......x...', hat: 'x.x.x.x.x.x.x.x.' }, // rock
  { kick: 'x..x..x...x.....', snare: '....x.......x...', hat: 'x.x.x.x.x.x.x.x.' }, // tresillo
  { kick: 'x.........x..x..', snare: '....x..x....x...', hat: 'xxxxxxxxxxxxxxxx' }, // sixteenths
  { kick: 'x.....x.x.....x.', snare: '....x.......x..x', hat: 'x.x.x.xxx.x.x.xx' }, // broken beat
  { kick: 'x.......x.......', snare: '............x...', hat: 'x...x...x...x...' }, // half time
];
