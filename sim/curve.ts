import { sigmoid } from './exact.ts';

/** A chance that depends on a number, as a table of 16-bit thresholds: the decision is a comparison of integers. */
export interface Curve {
  /** Whether it happens at x, given a uniform number u in [0, 1). */
  happens(x: number, u: number): boolean;
}

const low = -8;
const high = 8;
const stepsPerUnit = 64;

/** The logistic chance: one half at `middle`, steeper for larger `slope`. x is cut to [−8, 8] and to 64 steps a unit. */
export function logisticCurve(options: { readonly middle: number; readonly slope: number }): Curve {
  const thresholds = Uint16Array.from({ length: (high - low) * stepsPerUnit + 1 }, (_, i) =>
    Math.round(65_535 * sigmoid(options.slope * (low + i / stepsPerUnit - options.middle))),
  );
  return {
    happens: (x, u) => {
      const clipped = Math.max(low, Math.min(high, x));
      return Math.floor(u * 65_536) < thresholds[Math.floor((clipped - low) * stepsPerUnit)]!;
    },
  };
}
