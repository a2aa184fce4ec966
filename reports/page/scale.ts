/** A vertical axis: its ends and the values that get a line. */
export interface Axis {
  readonly low: number;
  readonly high: number;
  readonly ticks: readonly number[];
}

/**
 * An axis with two to five round ticks that holds all values. It starts at 0 unless the values keep to the upper half
 * of their range from 0: lines may leave 0 out, but never by accident.
 */
export function axisFor(values: readonly number[]): Axis {
  const highest = Math.max(...values);
  const lowest = Math.min(...values);
  const size = Math.max(Math.abs(highest), Math.abs(lowest));
  if (values.length === 0 || size < 1e-12) return { low: 0, high: 1, ticks: [0, 0.5, 1] };
  // Values that differ only by rounding have no range of their own: they are shown against 0.
  const isFlat = highest - lowest <= 1e-9 * size;
  const from = lowest >= 0 && (isFlat || lowest < highest / 2) ? 0 : lowest;
  const to = highest <= 0 && isFlat ? 0 : highest;
  const step = roundStep((to - from) / 3);
  const first = Math.floor(from / step + 1e-9);
  const last = Math.ceil(to / step - 1e-9);
  // Products of whole numbers and a decimal step carry dust (3 · 0.1); twelve digits remove it.
  const ticks = Array.from({ length: last - first + 1 }, (_, i) => Number(((first + i) * step).toPrecision(12)));
  return { low: ticks[0] ?? 0, high: ticks[ticks.length - 1] ?? 1, ticks };
}

/** The smallest of 1, 2, 2.5, 5, 10 times a power of ten that is at least `least`. */
function roundStep(least: number): number {
  const power = 10 ** Math.floor(Math.log10(least));
  return ([1, 2, 2.5, 5].find((digit) => digit * power >= least * (1 - 1e-9)) ?? 10) * power;
}

/** Digits that tell the ticks of an axis apart: 0.05, 0.10; 10, 20; 1.5M. */
export function tickLabel(value: number, axis: Axis): string {
  const step = Math.abs((axis.ticks[1] ?? axis.high) - axis.low);
  const largest = Math.max(Math.abs(axis.low), Math.abs(axis.high));
  const unit = largest >= 1000 ? Math.min(6, Math.floor(Math.log10(largest) / 3 + 1e-9)) : 0;
  const scaled = step / 1000 ** unit;
  const digits = Math.min(6, Math.max(0, Math.ceil(-Math.log10(scaled) - 1e-9)));
  // A step of 0.25 needs one digit more than its size says.
  const decimals = Number((scaled * 10 ** digits).toPrecision(6)) % 1 === 0 ? digits : digits + 1;
  const suffix = unit === 0 || value === 0 ? '' : 'kMGTPE'[unit - 1];
  return value === 0 ? '0' : `${(value / 1000 ** unit).toFixed(decimals)}${suffix}`;
}
