/** One play as a listening log has it, whatever its format. */
export interface PlayRow {
  /** Who listened, where the log says so; otherwise whoever the file belongs to. */
  readonly listener?: string | undefined;
  /** Both are names or ids: compared as they are. */
  readonly artist: string;
  readonly track: string;
  /** When the play began: seconds since 1970-01-01 00:00 UTC. */
  readonly startedAt: number;
  /** The log had a zone of its own beside that moment. */
  readonly isZoned?: boolean;
  /** How long it was heard, or how long the track is: see {@link PlayFormat}. */
  readonly playedMs?: number | undefined;
}

/** What a row of a log turned out to be: a play; broken; or something that is no play of a track, such as a podcast. */
export type Reading = PlayRow | { readonly broken: string } | { readonly leftOut: string };

/** A line of bytes that are no text. */
export const notUtf8: Reading = { broken: 'not text in UTF-8' };

/** How the rows of a format are read, and what they say of played time. */
export interface PlayFormat {
  readonly name: string;
  readonly playedTime: 'heard' | 'length' | 'none';
}

/** A name or id with something in it, or undefined. */
export const textOf = (value: unknown): string | undefined =>
  typeof value === 'string' && value.trim() !== '' ? value.trim() : undefined;

/** A non-negative amount of milliseconds below a day, or undefined. */
export const millisecondsOf = (value: unknown): number | undefined =>
  typeof value === 'number' && value >= 0 && value < 86_400_000 ? Math.round(value) : undefined;
