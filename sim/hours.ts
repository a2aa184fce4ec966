import { pick } from './exact.ts';

/**
 * When people listen. Arrivals are lowest at 2 and peak at 9 and 18; the morning peak is gone at weekends. Set
 * by hand against `busiestHour` and `emptiestSixHours` of scenarios/fidelity/targets.ts.
 */
const weekdayHours = [3, 2, 1, 1, 1, 2, 4, 7, 9, 9, 8, 8, 8, 8, 8, 9, 9, 10, 10, 9, 9, 8, 6, 5];
const weekendHours = [5, 4, 2, 1, 1, 1, 2, 3, 5, 7, 8, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 8, 8, 7];

/** Four chronotypes of similar size: early birds, working hours, evening, night owls. Added weight by hour. Set by hand. */
const chronotypeHours = [
  { from: 5, to: 10 },
  { from: 9, to: 17 },
  { from: 17, to: 22 },
  { from: 21, to: 26 },
];
export const chronotypes = chronotypeHours.length;

/**
 * Sessions by weekday, Monday first, relative to the mean; Friday is heaviest.
 * Set by hand against `fridayPeak` of scenarios/fidelity/targets.ts.
 */
export const weekdayActivity = [0.97, 0.97, 0.99, 1.01, 1.1, 1.01, 0.95];

const favoured = (hours: readonly number[], chronotype: number): number[] =>
  hours.map((weight, hour) => {
    const { from, to } = chronotypeHours[chronotype] ?? { from: 0, to: 0 };
    const isOurs = (hour >= from && hour < to) || (hour + 24 >= from && hour + 24 < to);
    return isOurs ? 1.2 * weight : weight;
  });

/** The hours as often as they are favoured, in 256ths: [chronotypes × (weekday, weekend) × 256]. */
const hourTables = Uint8Array.from({ length: chronotypes * 2 * 256 }, (_, i) => {
  const chronotype = i >> 9;
  const isWeekend = ((i >> 8) & 1) === 1;
  return pick(favoured(isWeekend ? weekendHours : weekdayHours, chronotype), ((i & 255) + 0.5) / 256);
});

/** A second of the day for anybody, from two uniform numbers: hour, then moment within it. */
export const secondOfDay = (u: number, v: number): number => pick(weekdayHours, u) * 3600 + Math.floor(v * 3600);

/** A second of the day for a listener of this chronotype, from a random word: 8 bits for the hour, 24 for the moment. */
export const sessionSecond = (chronotype: number, isWeekend: boolean, word: number): number =>
  hourTables[(chronotype << 9) | (isWeekend ? 256 : 0) | (word >>> 24)]! * 3600 +
  Math.floor((word & 0xffffff) * (3600 / 2 ** 24));
