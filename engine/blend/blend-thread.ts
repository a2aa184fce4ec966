import { SideThread } from '../core/side-thread.ts';
import type { EngineOptions } from '../options.ts';
import { type BlendedSlate, createBlender, type TrackEvidence } from './blend-slate.ts';

/** What lists are made against, and what several listeners bring, as one does in `ListenerScores`. */
export interface BlendTask {
  readonly tracks: TrackEvidence;
  readonly options: Pick<EngineOptions, 'blend' | 'slate' | 'degrade'>;
  /** [listeners × tracks]. */
  readonly collaborative: Float32Array;
  readonly audio: Float32Array;
  readonly heard: readonly Uint32Array[];
  readonly interactions: readonly number[];
}

/** Whether lists are the same without a draw, of which the other thread has none. */
export const isDrawless = ({ slate, degrade }: BlendTask['options']): boolean =>
  slate.epsilonSlots === 0 && degrade.randomSlots === 0;

/** Blends lists on another thread: the same lists as a blender gives here. */
export class BlendThread {
  readonly #thread = new SideThread<BlendTask, BlendedSlate[]>(new URL(import.meta.url));

  /** The list of each listener; the memory of the scores is handed over. @param task its options are {@link isDrawless}. */
  blend(task: BlendTask): Promise<BlendedSlate[]> {
    return this.#thread.ask(task, [task.collaborative.buffer as ArrayBuffer, task.audio.buffer as ArrayBuffer]);
  }

  close(): Promise<void> {
    return this.#thread.close();
  }
}

/** Runs on the other thread. */
export const respond =
  () =>
  ({ tracks, options, collaborative, audio, heard, interactions }: BlendTask): BlendedSlate[] => {
    const blender = createBlender(tracks, options);
    const size = tracks.isReleased.length;
    const scoresOf = (block: Float32Array, i: number): Float32Array => block.subarray(i * size, (i + 1) * size);
    return heard.map((tracksHeard, i) =>
      blender.blend(
        {
          collaborative: scoresOf(collaborative, i),
          audio: scoresOf(audio, i),
          heard: tracksHeard,
          interactions: interactions[i]!,
        },
        noDraw,
      ),
    );
  };

const noDraw = (): number => {
  throw new Error('a list without chance asked for a draw');
};
