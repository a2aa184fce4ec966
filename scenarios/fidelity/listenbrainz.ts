import { momentOf } from './moments.ts';
import { millisecondsOf, type PlayFormat, type Reading, textOf } from './play-row.ts';

/**
 * ListenBrainz: `listened_at`, `track_metadata`, perhaps `user_name`; as JSON lines, an array, or an answer of its API. A listen is
 * submitted when a good part of the track was heard: it has the length of the track, not of the play.
 */
export const listenBrainz: PlayFormat = { name: 'ListenBrainz listens', playedTime: 'length' };

export const isListenBrainz = (row: Readonly<Record<string, unknown>>): boolean =>
  'listened_at' in row && 'track_metadata' in row;

export function readListenBrainz(row: Readonly<Record<string, unknown>>): Reading {
  const startedAt = momentOf(row.listened_at);
  const about = partOf(row.track_metadata);
  const more = partOf(about.additional_info);
  const artist = textOf(about.artist_name);
  const track = textOf(about.track_name);
  if (startedAt === undefined) return { broken: 'no moment in listened_at' };
  if (artist === undefined || track === undefined) return { broken: 'no track_name and artist_name' };
  const seconds = typeof more.duration === 'number' ? 1000 * more.duration : undefined;
  return {
    listener: textOf(row.user_name),
    artist,
    track,
    startedAt,
    playedMs: millisecondsOf(more.duration_ms ?? seconds),
  };
}

const partOf = (value: unknown): Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null ? (value as Readonly<Record<string, unknown>>) : {};
