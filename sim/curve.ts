import { sigmoid } from './exact.ts';
import { unit } from './units.ts';

/** A chance that depends on a utility, as a table of 16-bit thresholds: the decision is a comparison of integers. */
export interface Curve {
  /** Whether it happens at a utility of `x` / 4096, given 16 random bits. */
  happens(x: number, bits: number): boolean;
}

const low = -8 * unit;
const high = 8 * unit;
/** A step is 1/64 of a unit. */
const shift = 6;

/** The logistic chance: one half at `middle`, steeper for larger `slope`. Utility is cut to [−8, 8] and to 64 steps a unit. */
export function logisticCurve(options: { readonly middle: number; readonly slope: number }): Curve {
  const thresholds = Uint16Array.from({ length: ((high - low) >> shift) + 1 }, (_, i) =>
    Math.round(65_535 * sigmoid(options.slope * ((low + (i << shift)) / unit - options.middle))),
  );
  return {
    happens: (x, bits) => bits < thresholds[((x < low ? low : x > high ? high : x) - low) >> shift]!,
  };
}
