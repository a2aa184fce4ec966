/** How a missing figure looks. */
export const missing = '-';

/** A figure that is there: neither absent, null, NaN nor infinite. */
export const isFigure = (x: number | null | undefined): x is number => typeof x === 'number' && Number.isFinite(x);

/**
 * A figure at three significant digits, in no locale: 0.312, 12.3, 1,234 (whole from a thousand on), 2.30M, 4.10T.
 * A missing or non-finite figure is {@link missing}.
 */
export const formatFigure = (x: number | null | undefined): string => (isFigure(x) ? toDigits(x, 3) : missing);

/** `digits` significant digits, but every digit before the point. */
function toDigits(x: number, digits: number): string {
  // Units are chosen for the rounded value, so that 999.7 becomes 1,000 and not 1.00e+3.
  const rounded = Math.abs(Number(x.toPrecision(digits)));
  const atLeast = rounded >= 100 ? Math.max(3, digits) : digits;
  if (rounded === 0) return '0';
  if (rounded < 1000) return x.toPrecision(atLeast);
  if (rounded < 1e6) return formatCount(x);
  if (rounded >= 1e21) return x.toExponential(digits - 1).replace('e+', 'e');
  const unit = Math.floor(Math.log10(rounded) / 3 + 1e-9);
  return `${(x / 1000 ** unit).toPrecision(atLeast)}${'kMGTPE'[unit - 1]}`;
}

/** A count with every digit: 1,234,567. */
export const formatCount = (x: number | null | undefined): string =>
  isFigure(x) ? String(Math.round(x)).replace(/\B(?=(\d{3})+$)/g, ',') : missing;

/** Ends of an interval, or '' when there is none. */
export const formatInterval = (low: number | null | undefined, high: number | null | undefined): string =>
  isFigure(low) && isFigure(high) ? `[${formatFigure(low)}, ${formatFigure(high)}]` : '';

/** An interval beside its mean: '±0.020' when the ends lie alike, else both ends; '' when there is none. */
export function formatSpread(
  mean: number | null | undefined,
  low: number | null | undefined,
  high: number | null | undefined,
): string {
  if (!isFigure(mean) || !isFigure(low) || !isFigure(high) || low === high) return '';
  const [below, above] = [mean - low, high - mean];
  const isEven = Math.abs(above - below) <= 0.02 * Math.max(above, below);
  return isEven ? `±${toDigits((high - low) / 2, 2)}` : formatInterval(low, high);
}

/** '3 worlds', '1 world'. */
export const plural = (count: number, noun: string): string => `${formatCount(count)} ${noun}${count === 1 ? '' : 's'}`;

/**
 * Pad the cells of one column so that their decimal points stand below each other.
 *
 * @param digit what takes the room of a digit: a space where all characters are equally wide, else a figure space.
 * @param point what takes the room of the point.
 */
export function alignPoints(cells: readonly string[], digit = ' ', point = ' '): string[] {
  const whole = (cell: string): number => (cell.includes('.') ? cell.indexOf('.') : cell.length);
  const before = Math.max(0, ...cells.map(whole));
  const after = Math.max(0, ...cells.map((cell) => cell.length - whole(cell)));
  return cells.map((cell) => {
    const gap = after - (cell.length - whole(cell));
    const tail = gap === 0 ? '' : cell.includes('.') ? digit.repeat(gap) : point + digit.repeat(gap - 1);
    return digit.repeat(before - whole(cell)) + cell + tail;
  });
}

/** Text for one line of a terminal: no control characters, which a name from a file could use to move the cursor. */
export const oneLine = (text: string): string => text.replace(/[\p{Cc}\p{Zl}\p{Zp}]+/gu, ' ');

/** The text with its first letter large. */
export const capital = (text: string): string => `${text[0]?.toUpperCase() ?? ''}${text.slice(1)}`;
