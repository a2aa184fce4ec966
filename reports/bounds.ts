/** What each bound ranks or predicts by. */
const meanings: Readonly<Record<string, string>> = {
  random: 'chance',
  popular: 'the most played tracks',
  oracle: 'true taste',
  trueSound: 'the first arm that listens, handed how tracks truly sound in the place of what its encoder hears',
  level: 'a regression on the level alone',
};

/** In the order of every table. */
export const boundNames: readonly string[] = Object.keys(meanings);

/** The bounds of a run with what they are, `trueSound: …`; those whose name says enough are left out. */
export const boundRemarks = (bounds: readonly string[]): string[] =>
  bounds.filter((name) => name === 'trueSound' || name === 'level').map((name) => `${name}: ${meanings[name]}`);
