import { type Matrix, zeros } from '../engine/core/matrix.ts';
import { createStreams, type KeyedStreams } from '../engine/core/random.ts';
import type { Arrivals } from './arrivals.ts';
import { asinExact, turnBy } from './exact.ts';
import type { Family, Ingredients, Matches, Surroundings, TasteColumns } from './families/family.ts';
import { drawPeople, favouriteScenes } from './people.ts';
import { inUnits, unit } from './units.ts';

/**
 * Where every listener's taste moves to: what somebody else in the same market might like, drawn as the listener's own taste was
 * but from streams apart. A destination belongs to its listener alone, so one listener more or less moves nobody else's.
 */
export interface Destinations {
  /** Favourite scenes, as of people: row-major [listeners × 3]. */
  readonly scenes: Uint8Array;
  readonly taste: TasteColumns;
}

/** @param hiddenSeed of the streams that the listeners' own tastes are drawn from. */
export function drawDestinations(
  family: Family,
  ingredients: Ingredients,
  arrivals: Arrivals,
  hiddenSeed: string,
): Destinations {
  const personal = streamsOf(hiddenSeed);
  const people = drawPeople(ingredients.options, arrivals, personal);
  return { scenes: people.scenes, taste: family.draw({ ...ingredients, people, personal }).taste };
}

const streamsOf = (hiddenSeed: string): KeyedStreams => createStreams(`${hiddenSeed} destination`);

/** What destinations are opened in: the same tracks, other people. */
export const surroundingsAt = (
  { scenes }: Destinations,
  here: Surroundings & { readonly hiddenSeed: string },
): Surroundings => ({
  ...here,
  people: { ...here.people, scenes },
  personal: streamsOf(here.hiddenSeed),
  memory: undefined,
});

/**
 * The matches of a day, on the way from one taste to another:
 *
 *     match(l, t) = cos θ · from(l, t) + sin θ · to(l, t)        θ = asin(√drift) · day / 365
 *
 * so that the share `drift` of the variance of taste is another a year on. The variance itself is 1 + sin 2θ · r, r being how the
 * two tastes correlate over tracks: as those of two people of one market do. cos θ and sin θ are whole 1/4096. What the moment
 * adds stays as it is.
 */
export function matchesOn(day: number, drift: number, from: Matches, to: Matches): Matches {
  const { cos, sin } = turnBy((asinExact(Math.sqrt(drift)) * day) / 365);
  const near = inUnits(cos);
  const far = inUnits(sin);
  const turned =
    (here: Match, there: Match): Match =>
    (listener, track) =>
      Math.floor((near * here(listener, track) + far * there(listener, track)) / unit);
  return {
    ...from,
    sound: turned(from.sound, to.sound),
    hidden: turned(from.hidden, to.hidden),
    mixed: (soundWeight, hiddenWeight) =>
      turned(from.mixed(soundWeight, hiddenWeight), to.mixed(soundWeight, hiddenWeight)),
  };
}

type Match = (listener: number, track: number) => number;

/** The listeners' matrices again, by `destination_` and their names, and the favourite scenes, which no other file has. */
export function destinationMatrices(
  { scenes, taste }: Destinations,
  family: Family,
  surroundings: Surroundings,
): Record<string, Matrix> {
  const own = {
    ...family.matrices(taste, surroundings).listeners,
    scenes: zeros(scenes.length / favouriteScenes, favouriteScenes),
  };
  own.scenes.data.set(scenes);
  return Object.fromEntries(Object.entries(own).map(([name, matrix]) => [`destination_${name}`, matrix]));
}
