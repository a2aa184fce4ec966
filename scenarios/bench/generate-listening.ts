import { DubplateError } from '../../engine/core/errors.ts';
import { type Progress, silent } from '../../engine/core/progress.ts';
import { below, normalFrom, type Streams } from '../../engine/core/random.ts';
import { type Csr, checkCount } from '../../engine/interactions/csr.ts';
import { aliasOf } from '../../sim/alias.ts';
import { choose, type HiddenTaste, topicsOf } from './hidden-taste.ts';

/** No listener has heard more than this share of the catalogue. */
const mostHeard = 0.25;

/** Standard deviation of the logarithm of how much listeners hear. */
const activitySpread = 1.1;

const mostOf = (tracks: number): number => Math.floor(tracks * mostHeard);

export interface ListeningSize {
  readonly users: number;
  readonly tracks: number;
  readonly interactions: number;
}

/** @throws DubplateError INVALID_OPTIONS when so many users cannot have so many interactions with so many tracks. */
export function checkSize({ users, tracks, interactions }: ListeningSize): void {
  const [least, most] = [users, users * mostOf(tracks)];
  if (least <= interactions && interactions <= most) return;
  throw new DubplateError(
    'INVALID_OPTIONS',
    `${interactions} interactions of ${users} users with ${tracks} tracks, expected ${least} to ${most}`,
    { hint: 'Every user has at least one interaction and at most a quarter of the tracks. Change one of the sizes.' },
  );
}

/**
 * How many tracks each listener has heard: lognormal, so that some hear hundreds of times as much as others, at least one
 * and at most a quarter of the catalogue, and exactly `interactions` together.
 *
 * @throws DubplateError as {@link checkSize} does.
 */
export function activityOf(size: ListeningSize, streams: Streams): Uint32Array {
  checkSize(size);
  const { users, tracks, interactions } = size;
  const most = mostOf(tracks);
  const wish = Float64Array.from({ length: users }, (_, user) =>
    Math.exp(activitySpread * normalFrom(streams('bench activity', user))),
  );
  const heard = (scale: number, user: number): number => Math.min(most, Math.max(1, scale * wish[user]!));
  const scale = scaleFor(interactions, (candidate) => wish.reduce((sum, _, user) => sum + heard(candidate, user), 0));
  // Rounding the running sum, not each number, keeps the total.
  let sum = 0;
  return Uint32Array.from(wish, (_, user) => {
    const before = Math.round(sum);
    sum += heard(scale, user);
    return Math.round(sum) - before;
  });
}

/** Where a growing function reaches `total`, by halving. */
function scaleFor(total: number, sumAt: (scale: number) => number): number {
  let [low, high] = [0, 1];
  while (sumAt(high) < total && high < 1e12) high *= 2;
  for (let step = 0; step < 60; step++) {
    const middle = (low + high) / 2;
    if (sumAt(middle) < total) low = middle;
    else high = middle;
  }
  return high;
}

const mostPlays = 5000;

/** P(plays ≥ m) = m^−1.1 up to 5,000 plays. */
const plays = aliasOf(
  Float64Array.from({ length: mostPlays }, (_, i) => (i + 1) ** -1.1 - (i + 1 < mostPlays ? (i + 2) ** -1.1 : 0)),
);
/** r = 8·log₂(1 + plays). */
const weightOf = Float32Array.from({ length: mostPlays }, (_, i) => 8 * Math.log2(2 + i));

/**
 * Generated interactions: `heard[u]` different tracks for each listener, chosen by {@link HiddenTaste}, with weights from
 * Pareto-distributed plays. Row u depends on the seed, the catalogue, `first + u` and `heard[u]` alone.
 *
 * @param heard  how many tracks each listener has heard, at most a quarter of the catalogue.
 * @param first  number of the first listener: other numbers, other people.
 * @returns rows sorted by track. Cost about 0.3 µs an interaction; memory: the result, and 4 bytes for each track.
 */
export function generateListening(
  taste: HiddenTaste,
  heard: Uint32Array,
  { first = 0, progress = silent }: { readonly first?: number; readonly progress?: Progress } = {},
): Csr {
  const users = heard.length;
  const indptr = new Uint32Array(users + 1);
  const total = heard.reduce((sum, count) => sum + count, 0);
  checkCount('interactions', total);
  const most = mostOf(taste.tracks);
  const longest = heard.reduce((longest, count) => Math.max(longest, count), 0);
  if (longest > most) throw new Error(`a listener has heard ${longest} of ${taste.tracks} tracks, more than ${most}`);
  const indices = new Uint32Array(total);
  const weights = new Float32Array(total);
  const lastHeardBy = new Uint32Array(taste.tracks); // user + 1
  for (let user = 0, at = 0; user < users; user++) {
    const start = at;
    const end = start + heard[user]!;
    const draw = taste.streams('bench listener', first + user);
    const topics = topicsOf(taste, heard[user]!, draw);
    const patience = 20 * heard[user]!; // who has heard out their topics takes anything new
    for (let tries = 0; at < end; tries++) {
      const track = tries < patience ? choose(taste, topics, draw) : below(taste.tracks, draw);
      if (lastHeardBy[track] === user + 1) continue;
      lastHeardBy[track] = user + 1;
      indices[at++] = track;
    }
    indices.subarray(start, end).sort();
    for (let i = start; i < end; i++) weights[i] = weightOf[plays.draw(draw(), draw())]!;
    indptr[user + 1] = end;
    if (user % 1024 === 1023 || user + 1 === users) progress('generating interactions', end, total);
  }
  return { rows: users, cols: taste.tracks, indptr, indices, weights };
}
