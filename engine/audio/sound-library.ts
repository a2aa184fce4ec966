import type { Kernel } from '../als/kernel.ts';
import type { Catalogue } from '../core/catalogue.ts';
import { certaintyOf } from '../core/certainty.ts';
import { digestOf } from '../core/digest.ts';
import { type Matrix, rowOf, zeros } from '../core/matrix.ts';
import type { Memo } from '../core/memo.ts';
import type { Progress } from '../core/progress.ts';
import type { Streams } from '../core/random.ts';
import { dayOf, type SimTime } from '../core/time.ts';
import type { EncoderOptions } from '../options.ts';
import { type Encoder, loadEncoder } from './encoder.ts';
import { splitPurpose } from './examples.ts';
import { fitRetargeting, retarget } from './retarget.ts';
import { type Example, trainEncoder } from './train.ts';

/** What a library is asked to be up to date with: one generation of ALS factors. */
export interface SoundTargets {
  readonly generation: number;
  readonly now: SimTime;
  /** Y [tracks × k] of that generation. */
  readonly tracks: Matrix;
  /** How many listeners each factor was made from [tracks]. */
  readonly fans: Uint32Array;
}

/** How all tracks sound, in the ALS space of one generation, whoever says so. */
export interface Sound {
  /** [tracks × k]. */
  readonly embeddings: Matrix;
  /** 1 where the embedding was learnt from the factor of that very track [tracks]. */
  readonly isTaught: Uint8Array;
}

/** How all tracks sound to an encoder. */
export interface SoundIndex extends Sound {
  /** SHA-256 of the encoder's file. */
  readonly encoder: string;
  /** The generation whose factors the encoder was trained towards; the embeddings were carried from there. Null for one that was given. */
  readonly trainedOn: number | null;
  readonly drift: number;
}

/** All that a library keeps, as plain data: with it another goes on from there. */
export interface SoundState {
  /** The encoder's `.onnx` file. */
  readonly encoder: Uint8Array;
  /** When it was trained. */
  readonly generation: number;
  readonly day: number;
  /** Y of the generation the encoder was trained towards, and how well each row was known then. */
  readonly anchors: Matrix;
  readonly fans: Uint32Array;
  /** Embeddings in that generation's space, by track: of those it was trained on, and of all tracks met so far in turn. */
  readonly trained: Embeddings;
  readonly embeddings: readonly Float32Array[];
  /** Tracks whose factors it has learnt from. */
  readonly taught: ReadonlySet<number>;
}

/** The same with the encoder ready to listen. */
interface Shelf extends Omit<SoundState, 'encoder' | 'embeddings'> {
  readonly encoder: Encoder;
  readonly digest: string;
  readonly embeddings: Float32Array[];
}

type Embeddings = ReadonlyMap<number, Float32Array>;

/** A track to learn from. */
interface TrackExample extends Example {
  readonly track: number;
}

/**
 * Keeps an encoder and what it heard. The encoder is trained on the first night and again every `retrainDays`; in
 * between only new tracks are embedded, and all embeddings are carried along as the ALS axes move.
 */
export class SoundLibrary {
  readonly #catalogue: Catalogue;
  readonly #options: EncoderOptions;
  readonly #streams: Streams;
  readonly #memo: Memo;
  readonly #given: Encoder | undefined;
  readonly #kernel: Kernel;
  readonly #state: SoundState | undefined;
  #shelf: Shelf | undefined;

  /**
   * @param given an encoder to use instead of training one, whatever space it embeds in.
   * @param state of the library to go on from.
   */
  constructor(parts: {
    readonly catalogue: Catalogue;
    readonly options: EncoderOptions;
    readonly streams: Streams;
    readonly memo: Memo;
    readonly given: Encoder | undefined;
    readonly kernel: Kernel;
    readonly state?: SoundState | undefined;
  }) {
    this.#catalogue = parts.catalogue;
    this.#options = parts.options;
    this.#streams = parts.streams;
    this.#memo = parts.memo;
    this.#given = parts.given;
    this.#kernel = parts.kernel;
    this.#state = parts.state;
  }

  /** The encoder's `.onnx` file, once there is one. */
  get encoderFile(): Uint8Array | undefined {
    return this.#shelf?.encoder.bytes;
  }

  state(): SoundState | undefined {
    if (!this.#shelf) return this.#state;
    const { digest, encoder, ...rest } = this.#shelf;
    return { ...rest, encoder: encoder.bytes };
  }

  /** @returns undefined when there is no encoder and nothing to train one on. */
  async update(targets: SoundTargets, progress: Progress): Promise<SoundIndex | undefined> {
    this.#shelf ??= this.#state && (await this.#reopen(this.#state));
    const day = dayOf(targets.now);
    const isDue = !this.#shelf || (!this.#given && day - this.#shelf.day >= this.#options.retrainDays);
    const examples = isDue && !this.#given ? this.#examples(targets) : [];
    if (isDue && (this.#given || examples.length > 0)) this.#shelf = await this.#open(targets, day, examples, progress);
    const shelf = this.#shelf;
    if (!shelf) return undefined;
    await this.#embedNewTracks(shelf, targets.tracks.rows, progress);
    const carried = await this.#carry(shelf, targets);
    return {
      ...carried,
      encoder: shelf.digest,
      trainedOn: this.#given ? null : shelf.generation,
      isTaught: Uint8Array.from({ length: targets.tracks.rows }, (_, track) => (shelf.taught.has(track) ? 1 : 0)),
    };
  }

  async #reopen(state: SoundState): Promise<Shelf> {
    const digest = digestOf(state.encoder);
    const encoder = this.#given ?? (await this.#memo.get(`encoder ${digest}`, () => loadEncoder(state.encoder)));
    return { ...state, encoder, digest, embeddings: [...state.embeddings] };
  }

  async #open(
    targets: SoundTargets,
    day: number,
    examples: readonly TrackExample[],
    progress: Progress,
  ): Promise<Shelf> {
    const { encoder, trained, taught } = this.#given
      ? { encoder: this.#given, trained: new Map(), taught: new Set<number>() }
      : await this.#train(targets, examples, progress);
    return {
      encoder,
      digest: digestOf(encoder.bytes),
      generation: targets.generation,
      day,
      anchors: targets.tracks,
      fans: targets.fans,
      trained,
      taught,
      embeddings: [],
    };
  }

  #train(
    targets: SoundTargets,
    examples: readonly TrackExample[],
    progress: Progress,
  ): Promise<{ readonly encoder: Encoder; readonly trained: Embeddings; readonly taught: ReadonlySet<number> }> {
    const dim = targets.tracks.cols;
    const earlier = this.#options.goOn ? this.#shelf?.encoder : undefined;
    // The same examples, options, generation and start give the same encoder: arms that agree so far train it once.
    const key = digestOf(
      'encoder',
      this.#options.goOn ? (this.#shelf?.digest ?? '') : '',
      JSON.stringify(this.#options),
      `${targets.generation} ${examples.length}`,
      targets.tracks.data,
      targets.fans,
    );
    return this.#memo.get(key, async () => {
      const streams: Streams = (purpose, actor, step) => {
        const isOfAllTrainings = purpose === splitPurpose;
        return this.#streams(isOfAllTrainings ? purpose : `encoder ${targets.generation} ${purpose}`, actor, step);
      };
      const { encoder, embeddings, split } = await trainEncoder(examples, { ...this.#options, dim }, streams, {
        progress,
        startFrom: earlier,
      });
      const trained = new Map(examples.map(({ track }, i) => [track, embeddings[i]!]));
      const learnt = new Set<Example>(split.train);
      const taught = new Set(
        examples.flatMap((example) => (example.factor && learnt.has(example) ? [example.track] : [])),
      );
      return { encoder, trained, taught, close: () => encoder.close() };
    });
  }

  /** Tracks that can teach something: annotated, or with a factor that enough listeners have shaped. */
  #examples({ tracks, fans }: SoundTargets): TrackExample[] {
    const examples: TrackExample[] = [];
    for (let track = 0; track < tracks.rows; track++) {
      const sound = this.#catalogue.annotation(track);
      const fanCount = fans[track] ?? 0;
      const isKnown = fanCount >= this.#options.minFans;
      const artist = this.#catalogue.tracks[track]?.artist;
      if ((!sound && !isKnown) || artist === undefined) continue;
      examples.push({
        track,
        waveform: () => this.#catalogue.waveform(track),
        group: artist,
        ...(sound ? { sound } : {}),
        ...(isKnown ? { factor: rowOf(tracks, track), weight: certaintyOf(fanCount) } : {}),
      });
    }
    return examples;
  }

  async #embedNewTracks(shelf: Shelf, trackCount: number, progress: Progress): Promise<void> {
    const from = shelf.embeddings.length;
    if (from >= trackCount) return;
    const tracks = Array.from({ length: trackCount - from }, (_, i) => from + i);
    const unheard = tracks.filter((track) => !shelf.trained.has(track));
    const heard = await this.#memo.get(`embeddings by ${shelf.digest} of ${from} to ${trackCount}`, async () => {
      const waveforms = function* (catalogue: Catalogue) {
        for (const track of unheard) yield catalogue.waveform(track);
      };
      const readings = await shelf.encoder.read(waveforms(this.#catalogue), progress, unheard.length);
      return new Map(unheard.map((track, i) => [track, readings[i]!.embedding]));
    });
    for (const track of tracks) shelf.embeddings.push(shelf.trained.get(track) ?? heard.get(track)!);
  }

  /**
   * The embeddings in the space of the present generation. Anchors are tracks that are well known now: an encoder trained
   * here embeds in the space of an earlier generation, where they had factors; one from elsewhere in a space of its own,
   * where all that is known of them is their embeddings.
   */
  async #carry(shelf: Shelf, targets: SoundTargets): Promise<{ embeddings: Matrix; drift: number }> {
    const { tracks, fans } = targets;
    const embeddings = zeros(tracks.rows, shelf.encoder.dim);
    for (const [track, embedding] of shelf.embeddings.entries()) rowOf(embeddings, track).set(embedding);
    const { minFans } = this.#options;
    if (this.#given) {
      return { embeddings: await carryFromElsewhere(embeddings, targets, minFans, this.#kernel), drift: 1 };
    }
    const known = wellKnown(fans, minFans).filter((track) => (shelf.fans[track] ?? 0) >= minFans);
    const retargeting = fitRetargeting(pickRows(shelf.anchors, known), pickRows(tracks, known), 'identity');
    return { embeddings: await retarget(embeddings, retargeting, this.#kernel), drift: retargeting.drift };
  }
}

/**
 * Vectors of any space in that of the ALS factors: the linear map that fits best on the tracks of at least `minFans` listeners.
 *
 * @param vectors [tracks × any].
 * @returns [tracks × k].
 */
export function carryFromElsewhere(
  vectors: Matrix,
  { tracks, fans }: Pick<SoundTargets, 'tracks' | 'fans'>,
  minFans: number,
  kernel: Kernel,
): Promise<Matrix> {
  const known = wellKnown(fans, minFans);
  return retarget(vectors, fitRetargeting(pickRows(vectors, known), pickRows(tracks, known), 'zero'), kernel);
}

const wellKnown = (fans: Uint32Array, minFans: number): number[] =>
  [...fans.keys()].filter((track) => fans[track]! >= minFans);

function pickRows(matrix: Matrix, rows: readonly number[]): Matrix {
  const picked = zeros(rows.length, matrix.cols);
  for (const [i, row] of rows.entries()) rowOf(picked, i).set(rowOf(matrix, row));
  return picked;
}
