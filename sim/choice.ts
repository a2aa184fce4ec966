import { noTrack, sourceCode } from '../engine/core/events.ts';
import type { Draw } from '../engine/core/random.ts';
import type { SimTime } from '../engine/core/time.ts';
import type { Attention } from './attention.ts';
import { chartLength } from './charts.ts';
import type { CrowdState } from './crowd.ts';
import { expExact } from './exact.ts';
import { favouriteScenes } from './people.ts';
import type { World } from './world.ts';

/** What a listener plays next and where it came from; overwritten from choice to choice. */
export interface Choice {
  track: number;
  source: number;
}

export interface Surroundings {
  readonly world: World;
  readonly state: CrowdState;
  readonly attention: Attention;
}

/** Which ways to music are open: a shadow session leaves out the library, where nothing new is met. */
export type Openness = 'everything' | 'discovery';

/**
 * One organic choice: from the library, the charts, a followed artist, or a search. How much of it is discovery depends on
 * the listener; a way that is closed (no library yet, nobody followed) becomes a search. `track` is {@link noTrack} when
 * there is nothing to play.
 */
export function chooseOrganic(
  { world, state, attention }: Surroundings,
  listener: number,
  time: SimTime,
  openness: Openness,
  draw: Draw,
  choice: Choice,
): void {
  const discovery = openness === 'discovery' ? 1 : 0.24 + 0.5 * world.people.explore[listener]!;
  // One number picks the source: [0, discovery) is split among search, artists and charts.
  const u = draw() / discovery;
  if (u >= 1 && fromLibrary(world, state, listener, draw, choice)) return;
  if (u >= 0.4 && u < 0.75 && fromFollowed(world, state, listener, time, draw, choice)) return;
  if (u >= 0.75 && u < 1 && fromCharts(world, state, listener, draw, choice)) return;
  bySearch(world, attention, listener, draw, choice);
}

/** Wear: what a track loses by the exposure, once it has been met often. */
const freshExposures = 8;
export const fatigue = (exposures: number): number =>
  exposures <= freshExposures ? 0 : Math.min(2.5, 0.04 * (exposures - freshExposures));

/** Three tracks come to mind; the one the listener is most in the mood for is played. */
function fromLibrary(world: World, state: CrowdState, listener: number, draw: Draw, choice: Choice): boolean {
  const { library, heard } = state;
  const size = library.size[listener]!;
  if (size === 0) return false;
  let best = Number.NEGATIVE_INFINITY;
  for (let n = 0; n < 3; n++) {
    const track = library.items[listener * library.capacity + Math.floor(draw() * size)]!;
    const mood = world.truth.utility(listener, track) - fatigue(heard.exposures(listener, track)) + draw();
    if (mood <= best) continue;
    best = mood;
    choice.track = track;
  }
  choice.source = sourceCode.library;
  return true;
}

/** The newest track of a followed artist that was not heard yet, or, half of the time and when all were, any of them. */
function fromFollowed(
  world: World,
  state: CrowdState,
  listener: number,
  time: SimTime,
  draw: Draw,
  choice: Choice,
): boolean {
  const { followed, heard } = state;
  const size = followed.size[listener]!;
  if (size === 0) return false;
  const artist = followed.items[listener * followed.capacity + Math.floor(draw() * size)]!;
  const wantsNew = draw() < 0.6;
  const u = draw();
  const tracks = world.tracksOf(artist);
  let out = tracks.length;
  while (out > 0 && world.releases.releasedAt[tracks[out - 1]!]! > time) out--;
  if (out === 0) return false;
  choice.source = sourceCode.artist;
  choice.track = tracks[Math.floor(u * out)]!;
  if (!wantsNew) return true;
  for (let i = out - 1; i >= 0; i--) {
    if (heard.exposures(listener, tracks[i]!) > 0) continue;
    choice.track = tracks[i]!;
    break;
  }
  return true;
}

/** Somewhere on yesterday's chart of the listener's region, more likely near the top. */
function fromCharts(world: World, state: CrowdState, listener: number, draw: Draw, choice: Choice): boolean {
  const u = draw();
  const region = world.arrivals.region[listener]!;
  const track = state.charts.tracks[region * chartLength + Math.floor(u * u * chartLength)]!;
  if (track === noTrack) return false;
  choice.track = track;
  choice.source = sourceCode.charts;
  return true;
}

/** Tracks that a search, a radio or a friend brings up; the listener takes one in proportion to e^(β · utility). */
const searchCandidates = 12;
const searchSharpness = 1.2;
/** 16-bit-and-more weights in steps of 1/32 from utility −6 to 6. */
const searchWeights = Float64Array.from({ length: 12 * 32 + 1 }, (_, i) =>
  Math.ceil(100 * expExact(searchSharpness * (i / 32 - 6) + 4)),
);
const found = new Uint32Array(searchCandidates);
const foundWeight = new Float64Array(searchCandidates);

/**
 * Candidates come up by how much the world talks about them: a third from everywhere, the others from the listener's
 * favourite scenes. So a track is found more often the more famous, the newer and the better liked it is.
 */
function bySearch(world: World, attention: Attention, listener: number, draw: Draw, choice: Choice): void {
  choice.source = sourceCode.search;
  choice.track = noTrack;
  if (attention.released === 0) return;
  let total = 0;
  for (let n = 0; n < searchCandidates; n++) {
    const where = draw() * 6;
    const favourite = where < 2 ? -1 : where < 4 ? 0 : where < 5.2 ? 1 : 2;
    const u = draw();
    const v = draw();
    const track =
      favourite < 0
        ? attention.anyTrack(u, v)
        : attention.sceneTrack(world.people.scenes[listener * favouriteScenes + favourite]!, u, v);
    const step = Math.floor((world.truth.utility(listener, track) + 6) * 32);
    found[n] = track;
    total += searchWeights[Math.max(0, Math.min(384, step))]!;
    foundWeight[n] = total;
  }
  const target = draw() * total;
  let n = 0;
  while (foundWeight[n]! <= target) n++;
  choice.track = found[n]!;
}
