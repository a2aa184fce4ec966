import { isWithinReach } from './fit.ts';
import { type FoundInput, type InputName, specOf, withinSpec } from './inputs.ts';

/** A rate that was measured on work of one size, for work of another. */
export interface MeasuredRate {
  readonly input: InputName;
  /** At the largest size, and the ends that were seen, in the unit of the input. */
  readonly value: number;
  readonly low: number;
  readonly high: number;
  readonly source: string;
}

/**
 * The rate where time stays in proportion to the work, which nobody measured there: it is derived, and may be off to either side
 * by as much as it was seen to vary. Beyond the reach of a fit it is no surer than an assumed one.
 *
 * @param times the work of the plan over that which was measured.
 */
export function structuralRate({ input, value, low, high, source }: MeasuredRate, times: number): FoundInput {
  const [down, up] = isWithinReach({ largest: 1 }, times) ? [1, 1] : specOf(input).range;
  const spread = Math.max(value / low, high / value);
  return {
    value,
    low: withinSpec(input, Math.min(value / spread, value * down)),
    high: withinSpec(input, Math.max(value * spread, value * up)),
    source: `${source}, structural: in proportion from the largest size; the plan is ${times.toPrecision(2)} times that`,
    provenance: 'derived',
  };
}
