import type { Key } from '../../engine/core/random.ts';
import { dayparts, type Moment } from '../moment.ts';
import { bellOf, pairWord } from '../pair.ts';
import { unit } from '../units.ts';
import { type AcousticTaste, sweetSpots } from './acoustic.ts';
import type { Family, Surroundings } from './family.ts';

/** A mixture of genres: every scene counts, favourites less than elsewhere; artists for little. */
const mixture = sweetSpots({ loyaltyShare: 0.15, favourScale: 3, opinionScale: 1 });

/** Deviation of what a quarter of the day adds for a track one deviation more energetic than others, in 1/256 of a unit. */
const moodScale = 0.5 * 256;
/** Standard deviation of energy in 255ths of its range. */
const energyDeviation = 61;
/** What every further track of one scene in a row takes, and how many count. */
const fatigue = Math.round(0.3 * unit);
const mostFatigue = 4;
/** What news adds for whoever explores all the time, and takes for whoever never does. */
const novelty = 0.8 * unit;

/**
 * Genre mixture, and the moment: what one makes of a track depends on when it comes.
 *
 *     liking(l, t, moment) = taste(l, t) + pull(l, daypart) · energyₜ − fatigue · (tracks of this scene in a row) + novelty(l) · isNew(t)
 *
 * pull(l, ·) has mean 0 over the day: taste is what is liked on average. Favours whoever knows the moment, which no engine here does.
 */
export const context: Family<AcousticTaste> = {
  ...mixture,
  open(taste, surroundings) {
    return { ...mixture.open(taste, surroundings), mood: moodOf(surroundings) };
  },
};

function moodOf({ people, rows, trackScene, personal }: Surroundings) {
  const key = personal.keyOf('mood');
  const { bytes, stride } = rows;
  return (listener: number, track: number, { daypart, scene, run, newFrom }: Moment): number => {
    const energy = bytes[track * stride + 1]!; // in 255ths, less 128: mean about 0
    let mood = Math.floor((pull(key, listener, daypart) * energy * moodScale) / (256 * energyDeviation));
    if (trackScene[track] === scene) mood -= fatigue * Math.min(run, mostFatigue);
    if (track >= newFrom) mood += Math.floor((novelty * (2 * people.explore[listener]! - 255)) / 255);
    return mood;
  };
}

/** How much more energy than usual a listener wants in a quarter of the day, in 1/4096: mean 0 over the day. */
function pull(key: Key, listener: number, daypart: number): number {
  let sum = 0;
  for (let d = 0; d < dayparts; d++) sum += bellOf(pairWord(key, listener, d));
  return bellOf(pairWord(key, listener, daypart)) - Math.floor(sum / dayparts);
}
