import { parentPort, Worker } from 'node:worker_threads';
import type { EngineOptions } from '../options.ts';
import { type BlendedSlate, type Blender, createBlender, type TrackEvidence } from './blend-slate.ts';

/** What several listeners bring, as one listener does in `ListenerScores`. */
export interface ListenerBlock {
  /** [listeners × tracks]. */
  readonly collaborative: Float32Array;
  readonly audio: Float32Array;
  readonly heard: readonly Uint32Array[];
  readonly interactions: readonly number[];
}

/** What lists are made against. */
export interface Basis {
  readonly tracks: TrackEvidence;
  readonly options: Pick<EngineOptions, 'blend' | 'slate' | 'degrade'>;
}

interface Waiting {
  resolve(lists: readonly BlendedSlate[]): void;
  reject(error: unknown): void;
}

/** Whether lists are the same without a draw, of which the other thread has none. */
export const isDrawless = ({ slate, degrade }: Basis['options']): boolean =>
  slate.epsilonSlots === 0 && degrade.randomSlots === 0;

/** Blends lists on another thread, which starts when it is first needed: the same lists as a blender gives here. */
export class BlendThread {
  #worker: Worker | undefined;
  /** What the other thread has. */
  #basis: Basis | undefined;
  /** Blocks are answered in the order in which they are asked. */
  readonly #waiting: Waiting[] = [];

  /**
   * The list of each listener; the memory of the scores is handed over.
   * @param basis sent along only where it is another object than the last; its options are {@link isDrawless}.
   */
  blend(basis: Basis, block: ListenerBlock): Promise<readonly BlendedSlate[]> {
    this.#worker ??= this.#start();
    const worker = this.#worker;
    if (basis !== this.#basis) worker.postMessage(basis);
    this.#basis = basis;
    return new Promise((resolve, reject) => {
      this.#waiting.push({ resolve, reject });
      worker.ref();
      worker.postMessage(block, [block.collaborative.buffer as ArrayBuffer, block.audio.buffer as ArrayBuffer]);
    });
  }

  async close(): Promise<void> {
    const worker = this.#worker;
    this.#end(new Error('the thread that blends was closed'));
    await worker?.terminate();
  }

  /** Those who wait are told why; the next block starts another thread. */
  #end(error: unknown): void {
    this.#worker = undefined;
    this.#basis = undefined;
    for (const { reject } of this.#waiting.splice(0)) reject(error);
  }

  #start(): Worker {
    const worker = new Worker(new URL('./blend-thread-entry.js', import.meta.url));
    worker.unref();
    worker.on('message', (lists: readonly BlendedSlate[]) => {
      if (worker !== this.#worker) return;
      this.#waiting.shift()?.resolve(lists);
      if (this.#waiting.length === 0) worker.unref();
    });
    const end = (error: unknown): void => {
      if (worker === this.#worker) this.#end(error);
    };
    worker.on('error', end);
    worker.on('exit', (code) => end(new Error(`the thread that blends ended with code ${code}`)));
    return worker;
  }
}

/** Runs on the other thread. */
export function answerBlocks(): void {
  let blender: Blender | undefined;
  let size = 0;
  parentPort?.on('message', (message: Basis | ListenerBlock) => {
    if ('options' in message) {
      blender = createBlender(message.tracks, message.options);
      size = message.tracks.isReleased.length;
      return;
    }
    if (!blender) throw new Error('a block came before what it is blended against');
    const made = blender;
    const { collaborative, audio, heard, interactions } = message;
    const scoresOf = (block: Float32Array, i: number): Float32Array => block.subarray(i * size, (i + 1) * size);
    parentPort?.postMessage(
      heard.map((tracks, i) =>
        made.blend(
          {
            collaborative: scoresOf(collaborative, i),
            audio: scoresOf(audio, i),
            heard: tracks,
            interactions: interactions[i]!,
          },
          noDraw,
        ),
      ),
    );
  });
}

const noDraw = (): number => {
  throw new Error('a list without chance asked for a draw');
};
