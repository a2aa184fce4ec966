import { type EventColumns, kindCode, noTrack } from '../engine/core/events.ts';
import { columnOf, copyColumns } from './columns.ts';

/** Most tracks on a chart. */
export const chartLength = 50;

/** Yesterday's most played tracks, per region. */
export interface Charts {
  /** Row-major [regions × 50], best first, {@link noTrack} where a region played fewer. */
  readonly tracks: Uint32Array;
  /** Row-major [regions × tracks]: satisfied plays of the day that is going on. Every thread has its own, added up at night. */
  readonly playsToday: Uint32Array;
  /** Yesterday's satisfied plays of every track, all regions together. */
  readonly played: Uint32Array;
}

export const createCharts = (regions: number, tracks: number): Charts => ({
  tracks: columnOf('uint32', regions * chartLength).fill(noTrack),
  playsToday: columnOf('uint32', regions * tracks),
  played: columnOf('uint32', tracks),
});

export const copyCharts = ({ tracks, playsToday, played }: Charts): Charts =>
  copyColumns({ tracks, playsToday, played });

/**
 * Count the plays among events. Done for many at once: one by one, each would wait for memory alone.
 *
 * @param regions region of every listener.
 */
export function countPlays(
  { playsToday }: Charts,
  events: EventColumns,
  from: number,
  regions: Uint8Array,
  tracks: number,
): void {
  const { kind, user, track } = events;
  for (let row = from; row < events.length; row++) {
    if (kind[row] === kindCode.play) playsToday[regions[user[row]!]! * tracks + track[row]!]! += 1;
  }
}

/** Make the day's plays the charts of the next day, and begin to count anew. Ties go to the older track. */
export function closeCharts(charts: Charts, regions: number): void {
  const tracks = charts.played.length;
  charts.played.fill(0);
  for (let region = 0; region < regions; region++) {
    const plays = charts.playsToday.subarray(region * tracks, (region + 1) * tracks);
    const chart = charts.tracks.subarray(region * chartLength, (region + 1) * chartLength).fill(noTrack);
    for (let t = 0, length = 0; t < tracks; t++) {
      const count = plays[t]!;
      charts.played[t]! += count;
      if (count === 0 || (length === chartLength && count <= plays[chart[length - 1]!]!)) continue;
      let at = length < chartLength ? length++ : length - 1;
      for (; at > 0 && plays[chart[at - 1]!]! < count; at--) chart[at] = chart[at - 1]!;
      chart[at] = t;
    }
  }
  charts.playsToday.fill(0);
}
