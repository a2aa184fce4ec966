import { createHash } from 'node:crypto';
import { join } from 'node:path';
import type { Kernel } from './als/kernel.ts';
import type { Encoder } from './audio/encoder.ts';
import { carryFromElsewhere, SoundLibrary, type SoundState } from './audio/sound-library.ts';
import { lifetimeMs } from './cache/lifetime.ts';
import type { SlateStore } from './cache/slate-store.ts';
import type { Catalogue } from './core/catalogue.ts';
import { digestOf } from './core/digest.ts';
import type { EventColumns } from './core/events.ts';
import { writeFileAtomic } from './core/files.ts';
import type { Matrix } from './core/matrix.ts';
import type { Memo } from './core/memo.ts';
import { writeNpy } from './core/npy.ts';
import type { Progress } from './core/progress.ts';
import type { Streams } from './core/random.ts';
import type { SimTime } from './core/time.ts';
import { createFallback, type Fallback } from './fallback.ts';
import type { Factors, Generation } from './generation.ts';
import { makeLists } from './make-lists.ts';
import { Observations } from './observations.ts';
import type { EngineOptions } from './options.ts';
import { publishLists } from './publish-lists.ts';
import { type RefreshReport, refresh } from './refresh.ts';
import type { ServedSlate } from './served-slate.ts';
import { createSlateMaker, knownAsker, type SlateMaker } from './slate-maker.ts';

/** Everything the engine is given: what may be seen, where lists are kept, its own randomness. */
export interface EngineParts {
  readonly catalogue: Catalogue;
  readonly store: SlateStore;
  readonly streams: Streams;
  /** Shared by arms of one world: equal work is done once. */
  readonly memo: Memo;
  /** A trained encoder to use instead of training one. */
  readonly encoder?: Encoder | undefined;
  /** What trains, folds in and retrieves. */
  readonly kernel: Kernel;
  /** Wall clock in milliseconds, for costs only. */
  readonly clock: () => number;
  readonly progress: Progress;
}

/**
 * What an engine knows at night beside the log, as plain data. One that is created with it and observes the same log anew goes
 * on as if it were the same: equal lists, models and digests.
 */
export interface EngineState {
  /** Undefined before the first refresh. */
  readonly factors: Factors | undefined;
  /** Undefined where nothing has listened yet. */
  readonly sound: SoundState | undefined;
  /** Digest of all lists so far. */
  readonly slates: string;
}

/** The recommender: learns from the log, refreshes every list at night, answers reads by day. */
export interface Engine {
  /** Takes the log in its order: what the next refresh learns from. */
  observe(events: EventColumns): void;
  /** Takes note of events as they happen: what listeners are served by whom the last refresh did not know. */
  notice(events: EventColumns): void;
  /** Builds and publishes the next generation. */
  refresh(now: SimTime): Promise<RefreshReport>;
  /**
   * The list of each listener, in order: from the cache, else folded in, else the charts; counted as hits and misses. Where
   * everyone is folded in, the cache is not asked.
   */
  serve(listeners: Uint32Array, times: Int32Array): Promise<ServedSlate[]>;
  /** What `serve` would rank for each listener at `now`, counted nowhere. */
  peek(listeners: Uint32Array, now: SimTime): Promise<Uint32Array[]>;
  /** What `serve` would rank if the cache had lost every list, and the operations that would take; counted nowhere. */
  peekMissed(
    listeners: Uint32Array,
    now: SimTime,
  ): Promise<{ readonly lists: readonly Uint32Array[]; readonly flops: number }>;
  /**
   * What tonight's list of each listener would be if its tracks sounded as `vectors` say, in the place of the encoder; counted
   * nowhere. A question of those who measure the encoder.
   *
   * @param listeners all known to the last refresh.
   * @param vectors   [tracks of the last refresh × any]: of any space, carried into that of the factors.
   */
  peekHanded(listeners: Uint32Array, vectors: Matrix): Promise<Uint32Array[]>;
  /** Writes `user_factors.npy`, `track_factors.npy`, `users.txt`, `tracks.txt` and `encoder.onnx`. */
  saveModel(folder: string): void;
  /** To be asked between a day and its night. */
  state(): EngineState;
  /** Lists that `serve` had made for their readers since the engine was created, and the operations that took (derived). */
  madeForReads(): { readonly lists: number; readonly flops: number };
  /** How many plays were in the events observed so far. */
  playsObserved(): number;
  digests(): { readonly model: string; readonly slates: string };
  /** @throws DubplateError AUDIT_FAILED when counts that must balance do not. */
  audit(): void;
}

/** What the last refresh has left: the generation that is served, and what answers for it. */
interface Night {
  readonly generation: Generation;
  readonly maker: SlateMaker;
  readonly fallback: Fallback;
}

/**
 * An engine that has observed nothing yet.
 * @param options complete, as parsed by `engineOptionsSchema`.
 * @param state of the engine to go on from; of one with equal options and parts.
 */
export function createEngine(options: EngineOptions, parts: EngineParts, state?: EngineState): Engine {
  const { catalogue, store, streams } = parts;
  const observations = new Observations(options.weights, options.slate.foldIn);
  const library = new SoundLibrary({
    catalogue,
    options: options.encoder,
    streams,
    memo: parts.memo,
    given: parts.encoder,
    kernel: parts.kernel,
    state: state?.sound,
  });
  let slates = state?.slates ?? '';
  let factors = state?.factors;
  let night: Night | undefined;
  const madeForReads = { lists: 0, flops: 0 };

  /** When the generations of this engine were built. */
  const builtAt = new Map<number, SimTime>();
  const { ttlHours } = options.slate;
  const isAlive = (generation: number, listener: number, now: SimTime): boolean =>
    ttlHours === undefined ||
    1000 * (now - (builtAt.get(generation) ?? Number.NEGATIVE_INFINITY)) < lifetimeMs(listener, ttlHours);

  /**
   * By day, too, a server may come back without lists: they are written again, once for all who wait to read, so that who is served
   * what depends on no fault.
   */
  let restoring: Promise<void> | undefined;
  const restore = async ({ generation, maker }: Night): Promise<void> => {
    while (store.isInDoubt(generation.number)) {
      restoring ??= publishLists(generation.number, store, (lost) =>
        makeLists(lost, generation, maker, streams),
      ).finally(() => {
        restoring = undefined;
      });
      await restoring;
    }
  };

  const answer = async (
    listeners: Uint32Array,
    times: (i: number) => SimTime,
    read: SlateStore['read'],
  ): Promise<{ answers: ServedSlate[]; made: number; flops: number }> => {
    const known = served(night);
    const isFresh = options.slate.foldIn === 'everyone';
    const cached = isFresh
      ? Array.from(listeners, () => undefined)
      : await read(listeners, {
          isFresh: ({ generation }, i) => isAlive(generation, listeners[i]!, times(i)),
          makeWhole: () => restore(known),
        });
    const missing = [...cached.keys()].filter((i) => cached[i] === undefined);
    if (missing.length === 0) return { answers: cached as ServedSlate[], made: 0, flops: 0 };
    const { lists, flops } = await known.fallback(missing.map((i) => ({ listener: listeners[i]!, time: times(i) })));
    const answers: (ServedSlate | undefined)[] = [...cached];
    for (const [n, i] of missing.entries()) answers[i] = isFresh ? { ...lists[n]!, isFresh } : lists[n];
    return { answers: answers as ServedSlate[], made: missing.length, flops };
  };

  return {
    observe: (events) => observations.observe(events),

    notice: (events) => observations.notice(events),

    async refresh(now) {
      const tonight = createHash('sha256');
      const next = await refresh(factors, now, {
        ...parts,
        options,
        observations,
        library,
        onList: ({ listener, tracks }) => {
          tonight
            .update(`${listener}:${tracks.length}:`)
            .update(new Uint8Array(tracks.buffer, tracks.byteOffset, tracks.byteLength));
        },
      });
      slates = digestOf(slates, tonight.digest('hex'));
      const { generation, maker } = next;
      factors = { number: generation.number, users: generation.users, tracks: generation.tracks };
      builtAt.set(generation.number, now);
      night = { generation, maker, fallback: createFallback(generation, maker, observations, streams) };
      return next.report;
    },

    async serve(listeners, times) {
      const { answers, made, flops } = await answer(listeners, (i) => times[i] ?? 0, store.read);
      madeForReads.lists += made;
      madeForReads.flops += flops;
      return answers;
    },

    peek: async (listeners, now) => {
      const { answers } = await answer(listeners, () => now, store.peek);
      return answers.map(({ tracks }) => tracks);
    },

    async peekMissed(listeners, now) {
      const { answers, flops } = await answer(
        listeners,
        () => now,
        async (wanted) => Array.from(wanted, () => undefined),
      );
      return { lists: answers.map(({ tracks }) => tracks), flops };
    },

    async peekHanded(listeners, vectors) {
      const known = served(night).generation;
      const { tracks, evidence } = known;
      const handed: Generation = {
        ...known,
        sound: {
          embeddings: await carryFromElsewhere(
            vectors,
            { tracks, fans: evidence.fans },
            options.encoder.minFans,
            parts.kernel,
          ),
          isTaught: new Uint8Array(tracks.rows),
        },
      };
      const maker = await createSlateMaker(handed, catalogue, options, parts.kernel);
      const lists: Uint32Array[] = [];
      for (let from = 0; from < listeners.length; from += maker.blockSize) {
        const askers = Array.from(listeners.subarray(from, from + maker.blockSize), (listener) =>
          knownAsker(known, listener, streams),
        );
        const listAt = await maker.prepare(askers);
        for (const i of askers.keys()) lists.push(listAt(i).tracks);
      }
      return lists;
    },

    saveModel(folder) {
      const { users, tracks } = served(night).generation;
      writeNpy(join(folder, 'user_factors.npy'), users);
      writeNpy(join(folder, 'track_factors.npy'), tracks);
      writeFileAtomic(join(folder, 'users.txt'), lines(catalogue.listeners.slice(0, users.rows)));
      writeFileAtomic(join(folder, 'tracks.txt'), lines(catalogue.tracks.slice(0, tracks.rows)));
      if (library.encoderFile) writeFileAtomic(join(folder, 'encoder.onnx'), library.encoderFile);
    },

    digests() {
      const { users, tracks } = served(night).generation;
      return {
        model: digestOf(users.data, tracks.data, library.encoderFile ?? 'no encoder'),
        slates,
      };
    },

    state: () => ({ factors, sound: library.state(), slates }),

    madeForReads: () => ({ ...madeForReads }),

    playsObserved: () => observations.plays(),

    audit: () => observations.audit(),
  };
}

const lines = (rows: readonly { readonly id: string }[]): string => rows.map(({ id }) => `${id}\n`).join('');

function served<T>(present: T | undefined): T {
  if (!present) throw new Error('the engine has no generation yet: refresh it before the first day');
  return present;
}
