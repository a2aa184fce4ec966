import { type Waveform, waveformSamples } from '../../engine/core/catalogue.ts';
import { createStreams } from '../../engine/core/random.ts';
import { SideThread } from '../../engine/core/side-thread.ts';
import { type Sounds, soundOf } from '../sounds.ts';
import { synthesise } from './synthesise.ts';

/** How the tracks of a world sound: waveforms are made when they are first asked for, or before, on another thread. */
export interface WaveformStore {
  waveform(track: number): Waveform;
  /**
   * Begin to make the waveforms of all tracks in turn on another thread; asking meanwhile gives the same samples.
   * @returns ends it; whoever began it does.
   */
  prefetch(): () => Promise<void>;
}

/** Shared by the threads: a track lies in slot (track mod slots) while the slot's state says so. */
export interface SharedWaveforms {
  /** 16-bit samples, row-major [slots × 49,152]. */
  readonly samples: Int16Array;
  /** Of each slot: {@link free}, {@link busy}, or 1 + the track that lies there; after the last, whether to stop. */
  readonly state: Int32Array;
}

/** What the other thread needs to make the same waveforms. */
export interface PrefetchTask extends SharedWaveforms {
  readonly sounds: Sounds;
  readonly seed: string;
}

const free = 0;
const busy = -1;

/** Waveforms kept, of 96 KiB each: all of a catalogue up to this size. Memory is taken as they are made. */
export const mostKept = 10_240;

/** Below this many tracks, another thread would hardly have started before they are made. */
const worthThread = 500;

/** @param seed of the streams that the sounds were drawn from. */
export function createWaveformStore(sounds: Sounds, seed: string): WaveformStore {
  const tracks = sounds.tempoBpm.length;
  const slots = Math.min(tracks, mostKept);
  let shared: SharedWaveforms | undefined;
  const make = createMaker(sounds, seed);
  const store = (): SharedWaveforms => {
    shared ??= {
      samples: new Int16Array(new SharedArrayBuffer(slots * waveformSamples * 2)),
      state: new Int32Array(new SharedArrayBuffer((slots + 1) * 4)),
    };
    return shared;
  };
  return {
    waveform(track) {
      const { samples, state } = store();
      const slot = track % slots;
      const kept = samples.subarray(slot * waveformSamples, (slot + 1) * waveformSamples);
      if (Atomics.load(state, slot) === track + 1) return toFloat(kept);
      const made = make(track);
      const before = Atomics.load(state, slot);
      if (before !== busy && Atomics.compareExchange(state, slot, before, busy) === before) {
        kept.set(made);
        Atomics.store(state, slot, track + 1);
      }
      return toFloat(made);
    },
    prefetch() {
      if (tracks < worthThread) return async () => {};
      const { samples, state } = store();
      const task: PrefetchTask = { samples, state, sounds, seed };
      const thread = new SideThread<PrefetchTask, void>(new URL(import.meta.url));
      thread.ask(task).catch(() => {}); // closed, or failed: then whoever asks for the waveform makes it, or fails and says so
      return async () => {
        Atomics.store(state, slots, 1);
        await thread.close();
      };
    },
  };
}

/** Makes all waveforms that nobody has asked for, until told to stop. Runs on the other thread. */
export function makeAhead({ samples, state, sounds, seed }: PrefetchTask): void {
  const make = createMaker(sounds, seed);
  const slots = state.length - 1;
  for (let track = 0; track < slots && Atomics.load(state, slots) === 0; track++) {
    if (Atomics.compareExchange(state, track, free, busy) !== free) continue;
    samples.set(make(track), track * waveformSamples);
    Atomics.store(state, track, track + 1);
  }
}

export const respond = () => makeAhead;

/** The waveform of a track as 16-bit samples: the first answer is rounded like the later ones. */
function createMaker(sounds: Sounds, seed: string): (track: number) => Int16Array {
  const streams = createStreams(seed);
  return (track) => {
    const waveform = synthesise(soundOf(sounds, track), streams('waveform', track));
    const samples = new Int16Array(waveformSamples);
    // Not Math.round, which takes five times as long: the products are exact, so this is the same.
    for (let i = 0; i < waveformSamples; i++) samples[i] = Math.floor(32_767 * waveform[i]! + 0.5);
    return samples;
  };
}

function toFloat(samples: Int16Array): Waveform {
  const waveform: Waveform = new Float32Array(waveformSamples);
  for (let i = 0; i < waveformSamples; i++) waveform[i] = samples[i]! / 32_767;
  return waveform;
}
