import { type InputName, type Inputs, inputNames, type PlanInputs, valuesOf } from './inputs.ts';

/** What a figure becomes when one input is at the low and at the high end of its range, and all others stay. */
export interface Swing {
  readonly input: InputName;
  /** The ends of the input. */
  readonly from: number;
  readonly to: number;
  /** The figure there. */
  readonly low: number;
  readonly high: number;
}

type Figure = (inputs: Inputs) => number;

/** A figure, and the inputs that it asked for. */
export function evaluated(figure: Figure, inputs: Inputs): { readonly value: number; readonly uses: InputName[] } {
  const asked = new Set<string>();
  const watched = new Proxy(inputs, {
    get: (target, name) => {
      asked.add(String(name));
      return target[name as InputName];
    },
  });
  const value = figure(watched);
  return { value, uses: inputNames.filter((name) => asked.has(name)) };
}

/** The figure with one input after the other at the ends of its range: a tornado, the largest change first. */
export function swingsOf(figure: Figure, inputs: PlanInputs): Swing[] {
  const values = valuesOf(inputs);
  const { value, uses } = evaluated(figure, values);
  const swings = uses
    .filter((input) => inputs[input].low !== inputs[input].high)
    .map((input): Swing => {
      const { low: from, high: to } = inputs[input];
      return {
        input,
        from,
        to,
        low: figure({ ...values, [input]: from }),
        high: figure({ ...values, [input]: to }),
      };
    });
  return swings.sort((a, b) => widthOf(b, value) - widthOf(a, value));
}

/** How far a swing takes a figure, as the larger of its relative changes. */
export const widthOf = ({ low, high }: Swing, value: number): number =>
  Math.max(Math.abs(low - value), Math.abs(high - value)) / (Math.abs(value) || 1);

/**
 * The interval of a figure from the ranges of the inputs that are not given, taken as independent: changes up and changes down
 * add up by their squares, as shares where the figure stays positive:
 *
 *     ln high = ln v + √Σ max(0, ln(vᵢ / v))²,   vᵢ with input i at the end of its range that raises the figure; low likewise
 */
export function intervalOf(
  value: number,
  swings: readonly Swing[],
  inputs: PlanInputs,
): { readonly low: number; readonly high: number } {
  const doubtful = swings.filter(({ input }) => inputs[input].provenance !== 'given');
  const isPositive = value > 0 && doubtful.every(({ low, high }) => low > 0 && high > 0);
  const change = (v: number): number => (isPositive ? Math.log(v / value) : v - value);
  const root = (side: 1 | -1): number =>
    Math.hypot(...doubtful.map(({ low, high }) => Math.max(0, side * change(low), side * change(high))));
  if (isPositive) return { low: value * Math.exp(-root(-1)), high: value * Math.exp(root(1)) };
  // What is never negative is not said to be: an end at 0 has no logarithm.
  const isNeverNegative = value >= 0 && doubtful.every(({ low, high }) => low >= 0 && high >= 0);
  const low = value - root(-1);
  return { low: isNeverNegative ? Math.max(0, low) : low, high: value + root(1) };
}
