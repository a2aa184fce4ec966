import { noTrack } from '../engine/core/events.ts';

/** Most tracks on a chart. */
export const chartLength = 50;

/** Yesterday's most played tracks, per region. */
export interface Charts {
  /** Row-major [regions × 50], best first, {@link noTrack} where a region played fewer. */
  readonly tracks: Uint32Array;
  /** Row-major [regions × tracks]: satisfied plays of the day that is going on. */
  readonly playsToday: Uint32Array;
}

export const createCharts = (regions: number, tracks: number): Charts => ({
  tracks: new Uint32Array(regions * chartLength).fill(noTrack),
  playsToday: new Uint32Array(regions * tracks),
});

export const copyCharts = (charts: Charts): Charts => ({
  tracks: charts.tracks.slice(),
  playsToday: charts.playsToday.slice(),
});

/** Make the day's plays the charts of the next day, and begin to count anew. Ties go to the older track. */
export function closeCharts(charts: Charts, regions: number): void {
  const tracks = charts.playsToday.length / regions;
  for (let region = 0; region < regions; region++) {
    const plays = charts.playsToday.subarray(region * tracks, (region + 1) * tracks);
    const chart = charts.tracks.subarray(region * chartLength, (region + 1) * chartLength).fill(noTrack);
    for (let t = 0, length = 0; t < tracks; t++) {
      const count = plays[t]!;
      if (count === 0 || (length === chartLength && count <= plays[chart[length - 1]!]!)) continue;
      let at = length < chartLength ? length++ : length - 1;
      for (; at > 0 && plays[chart[at - 1]!]! < count; at--) chart[at] = chart[at - 1]!;
      chart[at] = t;
    }
  }
  charts.playsToday.fill(0);
}
