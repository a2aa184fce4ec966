import { flopsPerSweep } from './als/conjugate-gradient.ts';
import type { Kernel } from './als/kernel.ts';
import { startFactors } from './als/seed-factors.ts';
import { trainAls } from './als/train.ts';
import type { SoundIndex, SoundLibrary } from './audio/sound-library.ts';
import { listensToSound } from './blend/trust.ts';
import type { ListenerSlate, SlateStore } from './cache/slate-store.ts';
import type { Catalogue } from './core/catalogue.ts';
import { digestOf } from './core/digest.ts';
import type { Memo } from './core/memo.ts';
import type { Progress } from './core/progress.ts';
import type { Streams } from './core/random.ts';
import type { SimTime } from './core/time.ts';
import type { Factors, Generation } from './generation.ts';
import { interactionMatrix } from './interactions/csr.ts';
import type { Evidence } from './interactions/weigh.ts';
import { makeLists } from './make-lists.ts';
import type { Observations } from './observations.ts';
import type { EngineOptions } from './options.ts';
import { publishLists } from './publish-lists.ts';
import { createSlateMaker, type SlateMaker } from './slate-maker.ts';

/** What one stage of a refresh took. */
export interface StageCost {
  readonly seconds: number;
  /** Floating-point operations of the algorithm (derived from sizes); 0 where none are counted. */
  readonly flops: number;
}

/** An encoder, and where its embeddings stand: ALS axes drift, so they are carried from one generation's space to another's. */
export interface EncoderInUse {
  /** SHA-256 of its file. */
  readonly digest: string;
  /** The generation whose factors it learnt from, null for one that was given; and the one in whose space its embeddings are. */
  readonly trainedOn: number | null;
  readonly carriedTo: number;
  /** How far the factors of well-known tracks have moved in between, as a share of their length. */
  readonly drift: number;
}

export interface RefreshReport {
  readonly generation: number;
  readonly seconds: number;
  readonly stages: Readonly<Record<string, StageCost>>;
  readonly lists: number;
  /** How many slots each track has over all lists [tracks]. */
  readonly slots: Float64Array;
  /** Bytes a list takes in Redis with its key: derived from the closed form that a real server confirmed. */
  readonly cacheBytesPerList: number;
  /** Share of slots whose score came mostly from ALS. */
  readonly collaborativeShare: number;
  readonly losses: readonly number[];
  /** Undefined where nothing listened. */
  readonly encoder: EncoderInUse | undefined;
}

/** What a refresh works on; owned by the engine. */
export interface RefreshParts {
  readonly options: EngineOptions;
  readonly catalogue: Catalogue;
  readonly observations: Observations;
  readonly library: SoundLibrary;
  readonly store: SlateStore;
  readonly streams: Streams;
  readonly memo: Memo;
  readonly kernel: Kernel;
  /** Told every list as it is written. */
  readonly onList: (slate: ListenerSlate) => void;
  readonly clock: () => number;
  readonly progress: Progress;
}

/**
 * One night: builds the next generation from everything known at `now`, writes every listener's list, checks what was written and
 * publishes it. When anything fails the old generation stays the published one, and every listener has a whole list: of the old
 * generation or already of the new. A cache that is lost and comes back costs the night no more than the lists it has forgotten.
 */
export async function refresh(
  previous: Factors | undefined,
  now: SimTime,
  parts: RefreshParts,
): Promise<{ generation: Generation; maker: SlateMaker; report: RefreshReport }> {
  const { options, catalogue, store, clock } = parts;
  const stages: Record<string, StageCost> = {};
  // What another arm computed before is charged in full: costs must not depend on the order of arms.
  const spent = (): number => clock() + parts.memo.savedMilliseconds;
  const stage = async <T>(name: string, flopsOf: (result: T) => number, work: () => T | Promise<T>): Promise<T> => {
    const startedAt = spent();
    const result = await work();
    const before = stages[name]?.seconds ?? 0; // of a stage that came before, since the cache was lost meanwhile
    stages[name] = { seconds: before + (spent() - startedAt) / 1000, flops: flopsOf(result) };
    return result;
  };
  const uncounted = (): number => 0;
  const startedAt = spent();
  const number = (previous?.number ?? 0) + 1;
  const [users, tracks] = [catalogue.listeners.length, catalogue.tracks.length];

  const evidence = await stage('load', uncounted, () => parts.observations.at(now, users, tracks));
  const model = await stage(
    'train',
    ({ losses }) =>
      losses.length * flopsPerSweep({ users, tracks, interactions: evidence.weights.indices.length, ...options.als }),
    () => train(previous, evidence, parts),
  );
  const sound = listensToSound(options.blend)
    ? await stage<SoundIndex | undefined>('embed', uncounted, () =>
        parts.library.update({ generation: number, now, tracks: model.tracks, fans: evidence.fans }, parts.progress),
      )
    : undefined;
  const foldIn = await stage(
    'foldIn',
    () => 2 * tracks * model.tracks.cols ** 2, // the Gram matrix, and as much for whitening; each half a product
    async () => parts.kernel.prepareFoldIn(model.tracks, await parts.kernel.gramMatrix(model.tracks), options.als),
  );
  const generation: Generation = {
    number,
    builtAt: now,
    users: model.users,
    tracks: model.tracks,
    foldIn,
    sound,
    evidence,
  };

  // Where every read has a list of its own, none is kept.
  const listed = options.slate.foldIn === 'everyone' ? 0 : users;
  // Retrieval, blending and writing are one stream: lists are made only as fast as the cache takes them. What is done so far
  // outlives a cache that is lost: it is waited for, and the stream goes on where it stopped.
  const blendingFrom = clock();
  const maker = await createSlateMaker(generation, catalogue, options, parts.kernel);
  const make = (listeners: Iterable<number>) => makeLists(listeners, generation, maker, parts.streams);
  let collaborative = 0;
  let written = await store.write(number, []); // a generation without listeners is one too
  let writing = 0;
  const slots = new Float64Array(tracks);
  for await (const lists of make(Array(listed).keys())) {
    for (const list of lists) {
      collaborative += list.collaborativeShare;
      for (let position = 0; position < list.tracks.length; position++) slots[list.tracks[position]!]! += 1;
      parts.onList(list);
    }
    const before = clock();
    written += await store.write(number, lists);
    writing += clock() - before;
    parts.progress('making lists', written, listed);
  }
  stages.blend = {
    seconds: (clock() - blendingFrom - writing) / 1000,
    flops: 2 * listed * tracks * model.tracks.cols * (sound ? 2 : 1),
  };
  stages.write = { seconds: writing / 1000, flops: 0 };
  await publishLists(number, store, make, (name, work) => stage(name, uncounted, work));

  const report: RefreshReport = {
    generation: number,
    seconds: (spent() - startedAt) / 1000,
    stages,
    lists: written,
    slots,
    cacheBytesPerList: store.sizeOf(number).redisBytesPerList,
    collaborativeShare: listed === 0 ? 0 : collaborative / listed,
    losses: model.losses,
    encoder: sound && {
      digest: sound.encoder,
      trainedOn: sound.trainedOn,
      carriedTo: number,
      drift: sound.drift,
    },
  };
  return { generation, maker, report };
}

/** Factors of all listeners and tracks: warm-started from the last generation, seeded by id where there is none. */
function train(
  previous: Factors | undefined,
  evidence: Evidence,
  { options, catalogue, streams, memo, kernel, progress }: RefreshParts,
) {
  const { als } = options;
  const userIds = catalogue.listeners.map(({ id }) => id);
  const trackIds = catalogue.tracks.map(({ id }) => id);
  const known = (ids: readonly string[], factors: Generation['users'] | undefined) =>
    factors && { ids: ids.slice(0, factors.rows), factors };
  const start = {
    users: startFactors(userIds, als.factors, 'users', streams, known(userIds, previous?.users)),
    tracks: startFactors(trackIds, als.factors, 'tracks', streams, known(trackIds, previous?.tracks)),
  };
  const sweeps = previous ? als.sweeps : als.firstSweeps;
  const { weights } = evidence;
  // Arms whose logs and options agree so far get the same factors: train them once.
  const key = digestOf(
    'als',
    JSON.stringify(als),
    String(sweeps),
    weights.indptr,
    weights.indices,
    weights.weights,
    start.users.data,
    start.tracks.data,
  );
  return memo.get(key, () => trainAls(interactionMatrix(weights), start, { ...als, sweeps }, { kernel, progress }));
}
