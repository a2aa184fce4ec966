/**
 * Utility is counted in whole numbers, 4096 to the unit (one standard deviation of a listener's taste over tracks): sums of
 * products of small integers are exact and quick in every JavaScript engine, and what reaches the event log follows from them.
 */
export const unit = 4096;

/** A real number as a whole number of 1/4096. */
export const inUnits = (x: number): number => Math.round(x * unit);

/** x within the range of an 8-bit signed integer, rounded. */
export const toInt8 = (x: number): number => Math.max(-127, Math.min(127, Math.round(x)));
/** x within the range of an 8-bit unsigned integer, rounded. */
export const toUint8 = (x: number): number => Math.max(0, Math.min(255, Math.round(x)));
