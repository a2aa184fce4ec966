import { momentOf } from './moments.ts';
import { millisecondsOf, type PlayFormat, type Reading, textOf } from './play-row.ts';

/**
 * Spotify's streaming history: the extended one (`ts`, `ms_played`, `master_metadata_…`) and the one of the last year (`endTime`,
 * `msPlayed`, `artistName`, `trackName`). The moment is that of the end, in UTC. The extended one says whose it is
 * (`username`); the other is of one person per export.
 */
export const spotify: PlayFormat = { name: 'Spotify streaming history', playedTime: 'heard' };

export const isSpotify = (row: Readonly<Record<string, unknown>>): boolean =>
  ('ts' in row && 'ms_played' in row) || ('endTime' in row && 'msPlayed' in row);

export function readSpotify(row: Readonly<Record<string, unknown>>): Reading {
  const end = momentOf(row.ts ?? row.endTime);
  const playedMs = millisecondsOf(row.ms_played ?? row.msPlayed);
  if (end === undefined) return { broken: `no moment in ${row.ts === undefined ? 'endTime' : 'ts'}` };
  if (playedMs === undefined) return { broken: 'no played time from 0 ms to a day' };
  const artist = textOf(row.master_metadata_album_artist_name ?? row.artistName);
  const name = textOf(row.master_metadata_track_name ?? row.trackName);
  const uri = textOf(row.spotify_track_uri);
  const track = uri ?? (artist === undefined ? undefined : name);
  if (track === undefined) {
    const isTalk = [row.spotify_episode_uri, row.episode_name, row.audiobook_uri].some((value) => textOf(value));
    return isTalk ? { leftOut: 'podcasts and audiobooks' } : { leftOut: 'plays without track or artist' };
  }
  // A track that was withdrawn has no names any more: it counts as by an artist of its own.
  const listener = textOf(row.username);
  return { listener, artist: artist ?? track, track, startedAt: Math.floor(end - playedMs / 1000), playedMs };
}

/** Do files of this name belong together, as the parts of one person's export? */
export const isSpotifyPart = (fileName: string): boolean =>
  /^(streaming_history_|streaminghistory|endsong)/i.test(fileName);
