import { secondsPerDay } from '../../engine/core/time.ts';

/** Monday, 31 December 2001, 00:00: the origin of the listeners' clocks. Nobody kept a log of their listening before 2002. */
const originS = 1_009_756_800;
export const firstMomentS = 1_009_843_200;

const months = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'];
const iso = /^(\d{4})-(\d{2})-(\d{2})[T ](\d{2}):(\d{2})(?::(\d{2})(?:[.,]\d+)?)? ?(Z|UTC|[+-]\d{2}(?::?\d{2})?)?$/i;
const spelled = /^(\d{1,2}) ([a-z]{3})[a-z]* (\d{4}),? (\d{2}):(\d{2})$/i;

/**
 * A moment as logs write it: ISO 8601 with or without a zone (`2023-01-05T12:34:56Z`, `2023-01-05 12:34`, `…+02:00`), seconds or
 * milliseconds since 1970, or `05 Jan 2023, 12:34`. Without a zone it is taken as UTC, which is what these logs are in.
 * @returns seconds since 1970-01-01 00:00 UTC; undefined when it is no moment, 30 February and 25 o'clock included.
 */
export function momentOf(value: unknown): number | undefined {
  if (typeof value === 'number') return sinceEpoch(value);
  if (typeof value !== 'string') return undefined;
  const text = value.trim();
  if (/^\d{9,13}$/.test(text)) return sinceEpoch(Number(text));
  const written = iso.exec(text);
  if (written) {
    const [year, month, day, hour, minute, second] = written.slice(1, 7).map((part) => Number(part ?? 0));
    const offset = zoneSeconds(written[7]);
    const utc = utcSeconds([year, month, day, hour, minute, second]);
    return utc === undefined || offset === undefined ? undefined : utc - offset;
  }
  const [, day, month = '', year, hour, minute] = spelled.exec(text) ?? [];
  if (day === undefined) return undefined;
  return utcSeconds([year, months.indexOf(month.toLowerCase()) + 1, day, hour, minute, 0].map(Number));
}

/** Does a moment as text come with a zone other than UTC? */
export const hasZone = (text: string | null | undefined): boolean =>
  typeof text === 'string' && /:\d{2}(?:[.,]\d+)? ?[+-](?!00(?::?00)?$)\d{2}(?::?\d{2})?$/.test(text.trim());

/** Seconds of a listener's own clock since the Monday of its origin, as weekday and hour are counted from it. */
export const clockTime = (epochS: number, utcOffsetHours: number): number =>
  Math.floor(epochS + 3600 * utcOffsetHours) - originS;

/** Ten digits are seconds, thirteen milliseconds: a log of seconds beyond the year 5000 is not expected. */
const sinceEpoch = (value: number): number | undefined =>
  Number.isFinite(value) ? Math.floor(Math.abs(value) >= 1e11 ? value / 1000 : value) : undefined;

function utcSeconds(parts: readonly (number | undefined)[]): number | undefined {
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = parts;
  if (month < 1 || month > 12 || hour > 23 || minute > 59 || second > 59) return undefined;
  const midnight = new Date(Date.UTC(year, month - 1, day));
  // 30 February would become a day of March.
  if (midnight.getUTCDate() !== day || midnight.getUTCMonth() !== month - 1) return undefined;
  return (midnight.getTime() / 86_400_000) * secondsPerDay + 3600 * hour + 60 * minute + second;
}

/** Seconds that a zone is ahead of UTC; none, and Z, are UTC. Undefined when nobody lives there. */
function zoneSeconds(zone: string | undefined): number | undefined {
  if (zone === undefined || /^(z|utc)$/i.test(zone)) return 0;
  const hours = Number(zone.slice(1, 3));
  const minutes = Number(zone.slice(3).replace(':', '') || 0);
  if (hours > 14 || minutes > 59) return undefined;
  return (zone.startsWith('-') ? -1 : 1) * (3600 * hours + 60 * minutes);
}
