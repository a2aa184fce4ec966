import { type EventColumns, kindCode, noTrack } from '../engine/core/events.ts';
import { columnOf, copyColumns } from './columns.ts';

/** Most tracks on a chart. */
export const chartLength = 50;

/** Yesterday's most played tracks, per region. */
export interface Charts {
  /** Row-major [regions × 50], best first, {@link noTrack} where a region played fewer. */
  readonly tracks: Uint32Array;
  /** Row-major [tracks × regions]: satisfied plays of the day that is going on. Every thread has its own, added up at night. */
  readonly playsToday: Uint32Array;
  /** Yesterday's satisfied plays of every track, all regions together. */
  readonly played: Uint32Array;
}

export const createCharts = (regions: number, tracks: number): Charts => ({
  tracks: columnOf('uint32', regions * chartLength).fill(noTrack),
  playsToday: columnOf('uint32', tracks * regions),
  played: columnOf('uint32', tracks),
});

export const copyCharts = ({ tracks, playsToday, played }: Charts): Charts =>
  copyColumns({ tracks, playsToday, played });

/** Rows that are counted at a time. */
const countedAtOnce = 4096;
const cells = new Uint32Array(countedAtOnce);

/**
 * Count the plays among events, from row `from` on. Done for many at once, and first looked up, then counted: a processor that need
 * not guess what is a play waits for many cells of memory side by side.
 *
 * @param regionOf region of every listener, of `regions` that there are.
 */
export function countPlays(
  { playsToday }: Charts,
  { kind, user, track, length }: EventColumns,
  from: number,
  regionOf: Uint8Array,
  regions: number,
): void {
  for (let first = from; first < length; first += countedAtOnce) {
    const end = Math.min(length, first + countedAtOnce);
    let plays = 0;
    for (let row = first; row < end; row++) {
      cells[plays] = track[row]! * regions + regionOf[user[row]!]!;
      plays += isPlay(kind[row]!);
    }
    for (let i = 0; i < plays; i++) playsToday[cells[i]!]! += 1;
  }
}

/** 1 or 0, without a branch: only of 0 does one less have the sign bit. */
const isPlay = (kind: number): number => ((kind ^ kindCode.play) - 1) >>> 31;

/** Make the day's plays the charts of the next day, and begin to count anew. Ties go to the older track. */
export function closeCharts({ tracks, playsToday, played }: Charts, regions: number): void {
  tracks.fill(noTrack);
  played.fill(0);
  for (let region = 0; region < regions; region++) {
    const chart = tracks.subarray(region * chartLength, (region + 1) * chartLength);
    let length = 0;
    let least = 0;
    for (let track = 0; track < played.length; track++) {
      const plays = playsToday[track * regions + region]!;
      played[track]! += plays;
      if (plays <= least) continue;
      let place = length < chartLength ? length++ : length - 1;
      for (; place > 0 && playsToday[chart[place - 1]! * regions + region]! < plays; place--) {
        chart[place] = chart[place - 1]!;
      }
      chart[place] = track;
      if (length === chartLength) least = playsToday[chart[length - 1]! * regions + region]!;
    }
  }
  playsToday.fill(0);
}
