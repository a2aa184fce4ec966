import { dayOf, startOfDay } from '../engine/core/time.ts';
import { columnsOf } from './actors/rows.ts';
import { type TrackColumns, trackLayout, trackTable } from './actors/track.ts';
import { type Alias, aliasOf } from './alias.ts';
import { expExact } from './exact.ts';
import type { Releases } from './releases.ts';

/** What the world talks about on one day, wherever people look for music; recommendations play no part in it. */
export interface Attention {
  /** Tracks out by the start of the day. */
  readonly released: number;
  /** Any released track, in proportion to e^(exponent · fame) · how new it is. */
  anyTrack(u: number, v: number): number;
  /** The same among one scene's tracks; any track when the scene has none yet. */
  sceneTrack(scene: number, u: number, v: number): number;
}

/** Days kept: two arms that run day by day ask for the same one. */
const kept = 4;

/**
 * The attention of each day, computed from the tracks' statecharts: a pure function of the day, remembered for a few.
 * Weights are fixed-point attention times a whole number made from fame.
 */
export function createAttention(
  releases: Releases,
  truth: { readonly fame: Float32Array; readonly scene: Uint8Array },
  options: { readonly popularityExponent: number; readonly scenes: number },
): (day: number) => Attention {
  const famous = Float64Array.from(truth.fame, (fame) =>
    Math.round(1000 * expExact(options.popularityExponent * fame)),
  );
  const scenes = tracksByScene(releases, truth.scene, options.scenes);
  const lives = createLives(releases);
  const days = new Map<number, Attention>();
  return (day) => {
    const known = days.get(day);
    if (known) return known;
    const attention = attentionOn(day);
    days.set(day, attention);
    for (const oldest of days.keys()) if (days.size > kept) days.delete(oldest);
    return attention;
  };

  function attentionOn(day: number): Attention {
    const { released, columns } = lives.on(day);
    const weightOf = (track: number): number => famous[track]! * columns.attention[track]!;
    const all = aliasOf(Float64Array.from({ length: released }, (_, track) => weightOf(track)));
    const byScene = scenes.map((tracks): Alias | undefined => {
      let out = 0;
      while (out < tracks.length && tracks[out]! < released) out++;
      return out === 0 ? undefined : aliasOf(Float64Array.from({ length: out }, (_, i) => weightOf(tracks[i]!)));
    });
    return {
      released,
      anyTrack: (u, v) => all.draw(u, v),
      sceneTrack(scene, u, v) {
        const alias = byScene[scene];
        return alias === undefined ? all.draw(u, v) : scenes[scene]![alias.draw(u, v)]!;
      },
    };
  }
}

/** The tracks' charts, moved from day to day; asked for an earlier day they begin again. */
function createLives(releases: Releases) {
  const tracks = releases.releasedAt.length;
  let columns = tracksAtRest(tracks);
  let released = 0;
  let today = Number.NaN;
  const { step, events } = trackTable;
  const releaseDue = (): void => {
    for (; released < tracks && releases.releasedAt[released]! <= startOfDay(today); released++) {
      step(columns, released, events['track.released']);
      // Older than the first day asked for: live through the days since the release.
      const age = today - dayOf(releases.releasedAt[released]! + 86_399);
      for (let d = 0; d < Math.min(age, 365); d++) step(columns, released, events['day.ended']);
    }
  };
  return {
    on(day: number): { readonly released: number; readonly columns: TrackColumns } {
      if (!(day >= today)) {
        columns = tracksAtRest(tracks);
        released = 0;
        today = day;
        releaseDue();
      }
      while (today < day) {
        for (let t = 0; t < released; t++) step(columns, t, events['day.ended']);
        today++;
        releaseDue();
      }
      return { released, columns };
    },
  };
}

function tracksAtRest(tracks: number): TrackColumns {
  const columns = { ...columnsOf(trackLayout, tracks), state: new Uint8Array(tracks) };
  for (let t = 0; t < tracks; t++) trackTable.start(columns, t);
  return columns;
}

function tracksByScene(releases: Releases, scene: Uint8Array, scenes: number): Uint32Array[] {
  const lists: number[][] = Array.from({ length: scenes }, () => []);
  releases.artist.forEach((artist, track) => {
    lists[scene[artist]!]!.push(track);
  });
  return lists.map((list) => Uint32Array.from(list));
}
