import { below, type Draw, type Streams } from '../../engine/core/random.ts';
import { type Alias, aliasOf } from '../../sim/alias.ts';

/**
 * What listeners of generated data choose from. A quarter of the choices follow fame alone, the others one of the listener's
 * own topics, and within it fame to a lesser degree: factors have something to find, and popular tracks are popular everywhere.
 */
export interface HiddenTaste {
  readonly tracks: number;
  readonly streams: Streams;
  /** Track by its fame: the one of rank i has (i + 10)^−0.95. */
  readonly famous: Alias;
  /** Topic by the fame of its tracks together. */
  readonly topic: Alias;
  readonly topics: readonly Topic[];
}

/** Some tracks that go together, in proportion to fame^0.8. */
export interface Topic {
  readonly members: Uint32Array;
  readonly member: Alias;
}

const mostTopics = 300;
const tracksPerTopic = 10;
const shareOfFame = 0.25;

/** A catalogue in which every track has a rank of fame, unrelated to its row, and one or two topics; the first topics have more. */
export function hiddenTaste(tracks: number, streams: Streams): HiddenTaste {
  const draw = streams('bench catalogue', 0);
  const fame = Float64Array.from(permutation(tracks, draw), (rank) => (rank + 10) ** -0.95);
  const topicCount = Math.min(mostTopics, Math.ceil(tracks / tracksPerTopic));
  const membersOf: number[][] = Array.from({ length: topicCount }, () => []);
  for (let track = 0; track < tracks; track++) {
    const first = Math.floor(topicCount * draw() ** 1.5);
    membersOf[first]!.push(track);
    if (draw() >= 0.5) continue;
    const second = Math.floor(topicCount * draw() ** 1.5);
    if (second !== first) membersOf[second]!.push(track);
  }
  const peopled = membersOf.filter((members) => members.length > 0);
  const weights = peopled.map((members) => members.map((track) => fame[track]! ** 0.8));
  return {
    tracks,
    streams,
    famous: aliasOf(fame),
    topic: aliasOf(weights.map((ofTopic) => ofTopic.reduce((sum, weight) => sum + weight, 0))),
    topics: peopled.map((members, i) => ({ members: Uint32Array.from(members), member: aliasOf(weights[i]!) })),
  };
}

/** A listener's topics, the dearest first: three to ten, and more for those who hear much. */
export function topicsOf({ topic, topics }: HiddenTaste, heard: number, draw: Draw): Topic[] {
  const count = 3 + below(8, draw) + Math.floor(heard / 50);
  return Array.from({ length: count }, () => topics[topic.draw(draw(), draw())]!);
}

/** The next track that a listener with these topics chooses; perhaps one that was chosen before. */
export function choose(taste: HiddenTaste, own: readonly Topic[], draw: Draw): number {
  if (draw() < shareOfFame) return taste.famous.draw(draw(), draw());
  const { members, member } = own[Math.floor(own.length * draw() ** 2)]!;
  return members[member.draw(draw(), draw())]!;
}

/** 0 … n − 1 in random order (Fisher–Yates). */
function permutation(n: number, draw: Draw): Uint32Array {
  const order = Uint32Array.from({ length: n }, (_, i) => i);
  for (let i = n - 1; i > 0; i--) {
    const j = below(i + 1, draw);
    const moved = order[i]!;
    order[i] = order[j]!;
    order[j] = moved;
  }
  return order;
}
