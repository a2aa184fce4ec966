import { formatCount, formatFigure } from '../reports/format.ts';

/** Units of inputs and lines. Sizes are bytes, times are hours unless the name says otherwise; GB are 10⁹ bytes. */
export type Unit =
  | '1'
  | 'count'
  | 'share'
  | 'B'
  | 'B/s'
  | 'h'
  | 's'
  | 'ms'
  | 'years'
  | 'months'
  | 'bits'
  | '1/s'
  | 'FLOP'
  | 'GFLOP/s'
  | 'Gbit/s'
  | 'core-h'
  | 'cores'
  | 'shards'
  | 'instances'
  | '$/month'
  | '$/GB-h'
  | '$/core-h'
  | '$/GPU-h'
  | '$/GB-month';

const powers = { k: 1e3, M: 1e6, G: 1e9, B: 1e9, T: 1e12 } as const;
type Suffixes = Readonly<Record<string, number>>;
/** The number alone will do too. */
const withPlain = (suffixes: Suffixes): Suffixes => ({ '': 1, ...suffixes });

/** What may follow a number, and what it multiplies by. Elsewhere only the unit's own name may. */
const suffixes: Partial<Record<Unit, Suffixes>> = {
  count: withPlain(powers),
  cores: withPlain(powers),
  '1/s': withPlain({ ...powers, '/s': 1, 'k/s': 1e3, 'M/s': 1e6 }),
  share: withPlain({ '%': 0.01 }),
  h: withPlain({ h: 1, d: 24, min: 1 / 60 }),
  B: withPlain({
    ...{ B: 1, kB: 1e3, MB: 1e6, GB: 1e9, TB: 1e12 },
    ...{ KiB: 2 ** 10, MiB: 2 ** 20, GiB: 2 ** 30, TiB: 2 ** 40 },
  }),
  'GFLOP/s': withPlain({ 'GFLOP/s': 1, 'TFLOP/s': 1e3 }),
  'Gbit/s': withPlain({ 'Gbit/s': 1, 'Mbit/s': 1e-3 }),
};

/** How an amount of each unit is written, for errors. */
const examples: Partial<Record<Unit, string>> = {
  count: 'a number with k, M, G, B (billion) or T behind it, such as 300M',
  cores: 'a number, such as 640 or 20k',
  '1/s': 'a number of a second, such as 90k',
  share: 'a share, such as 40% or 0.4',
  h: 'a time, such as 24h, 7d or 30min',
  B: 'a size, such as 25GB or 25GiB',
  'GFLOP/s': 'a rate, such as 10 or 10GFLOP/s',
  'Gbit/s': 'a rate, such as 10Gbit/s',
};

/** An amount in its unit and, of a price, its day (`2026-11-23`). */
export interface Amount {
  readonly value: number;
  readonly date?: string;
}

const numberPattern = /^\s*(-?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?)\s*(\S*)\s*$/i;

/**
 * Read an amount as people write it: `300M`, `40%`, `24h`, `25GB`, `$0.0067/GB-h@2026-11-23`.
 * @returns the amount, or undefined where it is none of that unit. Whether it is large enough is for the schema.
 */
export function parseAmount(text: string, unit: Unit): Amount | undefined {
  if (unit.startsWith('$')) return parsePrice(text, unit);
  const [, number, suffix = ''] = numberPattern.exec(text) ?? [];
  const known = suffixes[unit] ?? withPlain({ [unit]: 1 });
  if (number === undefined || !Object.hasOwn(known, suffix)) return undefined;
  // What is multiplied by a power of ten is rounded to what was written: 0.3M is 300,000.
  return { value: Number((Number(number) * (known[suffix] ?? Number.NaN)).toPrecision(15)) };
}

function parsePrice(text: string, unit: Unit): Amount | undefined {
  const [price = '', date] = text.trim().split('@');
  const [, number, suffix = ''] = numberPattern.exec(price.replace(/^\$/, '')) ?? [];
  if (number === undefined || (suffix !== '' && `$${suffix}` !== unit)) return undefined;
  if (date === undefined) return { value: Number(number) };
  return isDay(date) ? { value: Number(number), date } : undefined;
}

/** A day that there is, as 2026-11-23. */
function isDay(text: string): boolean {
  const date = new Date(`${text}T00:00:00Z`);
  // Of a month that there is, a day too many is carried over to the next; a month too many makes no date at all.
  return /^\d{4}-\d{2}-\d{2}$/.test(text) && !Number.isNaN(date.getTime()) && date.toISOString().startsWith(text);
}

/** What an amount of a unit looks like. */
export const exampleOf = (unit: Unit): string =>
  examples[unit] ??
  (unit.startsWith('$') ? `a price with its day, such as $0.01${unit.slice(1)}@2026-11-23` : 'a number');

/** An amount for people: 480 GB, 3,472 /s, 24.0 h, 40 %. */
export function formatAmount(value: number, unit: Unit): string {
  if (!Number.isFinite(value)) return '-';
  switch (unit) {
    case 'B':
      return value >= 1000 ? scaled(value, ['kB', 'MB', 'GB', 'TB', 'PB']) : `${formatFigure(value)} B`;
    case 'B/s':
      return value >= 1000 ? scaled(value, ['kB/s', 'MB/s', 'GB/s', 'TB/s']) : `${formatFigure(value)} B/s`;
    case 'FLOP':
      return `${value.toExponential(2).replace('e+', 'e')} FLOP`;
    case 'share':
      return `${formatFigure(100 * value)} %`;
    case '1':
      return formatFigure(value);
    case 'count':
      return Number.isInteger(value) && Math.abs(value) < 1e6 ? formatCount(value) : formatFigure(value);
    case 'shards':
    case 'instances':
      return `${formatCount(value)} ${unit}`;
    case '$/month':
      return `$${formatFigure(value)} a month`;
    case '1/s':
      return `${formatFigure(value)} /s`;
    default:
      return unit.startsWith('$') ? `$${value}${unit.slice(1)}` : `${formatFigure(value)} ${unit}`;
  }
}

/** At three digits and by thousands, so that 999.9 MB is 1.00 GB. */
function scaled(value: number, units: readonly string[]): string {
  const power = Math.floor(Math.log10(Number(value.toPrecision(3))) / 3 + 1e-9);
  const unit = Math.min(power, units.length);
  return `${formatFigure(value / 1000 ** unit)} ${units[unit - 1]}`;
}
