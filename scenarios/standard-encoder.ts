import { existsSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { type Encoder, loadEncoder } from '../engine/audio/encoder.ts';
import { attributesOf } from '../engine/audio/labels.ts';
import { type Example, trainEncoder } from '../engine/audio/train.ts';
import type { SoundAttributes, Waveform } from '../engine/core/catalogue.ts';
import { writeFileAtomic } from '../engine/core/files.ts';
import type { Progress } from '../engine/core/progress.ts';
import { below, createStreams, type Draw } from '../engine/core/random.ts';
import { synthesise } from '../sim/audio/synthesise.ts';

/** Raised whenever the network, the synthesiser or the training below changes what comes out. */
const standardVersion = 1;

/** How much the standard encoder is trained: about a minute on two cores. */
export const standardTraining = { tracks: 2000, epochs: 8, batch: 32 };

/** Where the standard encoder is kept on this machine. */
export const standardEncoderPath = (env: NodeJS.ProcessEnv = process.env, platform = process.platform): string =>
  join(cacheFolder(env, platform), `standard-encoder-v${standardVersion}.onnx`);

/** The folder where this platform keeps what can be made again. */
function cacheFolder(env: NodeJS.ProcessEnv, platform: NodeJS.Platform): string {
  const home = env.HOME ?? homedir();
  if (env.XDG_CACHE_HOME) return join(env.XDG_CACHE_HOME, 'dubplate');
  if (platform === 'darwin') return join(home, 'Library', 'Caches', 'dubplate');
  if (platform === 'win32') return join(env.LOCALAPPDATA ?? join(home, 'AppData', 'Local'), 'dubplate', 'Cache');
  return join(home, '.cache', 'dubplate');
}

/**
 * The encoder for those who bring none: trained once on synthesised tracks, then taken from the cache folder.
 * Its embedding is a map of sound: near tracks are alike in tempo, key, energy and timbre.
 */
export async function standardEncoder(
  progress: Progress,
  options: { readonly path?: string; readonly training?: typeof standardTraining } = {},
): Promise<Encoder> {
  const { path = standardEncoderPath(), training = standardTraining } = options;
  if (existsSync(path)) return loadEncoder(path);
  const examples = synthesiseExamples(training.tracks, progress);
  const dim = soundMap({ tempoBpm: 100, key: 0, energy: 0, timbre: [0, 0, 0, 0] }).length;
  const { encoder } = await trainEncoder(examples, { ...training, dim }, createStreams('standard encoder'), progress);
  writeFileAtomic(path, encoder.bytes);
  return encoder;
}

function synthesiseExamples(tracks: number, progress: Progress): Example[] {
  const streams = createStreams('standard tracks');
  return Array.from({ length: tracks }, (_, track) => {
    const sound = drawSound(streams('sound', track));
    const waveform = compact(synthesise(sound, streams('waveform', track)));
    progress('synthesising tracks to learn from', track + 1, tracks);
    return { waveform, sound, factor: soundMap(sound), group: String(track) };
  });
}

const drawSound = (draw: Draw): SoundAttributes => ({
  tempoBpm: 58 * (190 / 58) ** draw(),
  key: below(24, draw),
  energy: draw(),
  timbre: [draw(), draw(), draw(), draw()],
});

/** Kept at 16 bits: half the memory, and as good as a CD. Plain loops: this runs for every track of every batch. */
function compact(waveform: Waveform): () => Waveform {
  const stored = new Int16Array(waveform.length);
  for (let i = 0; i < stored.length; i++) stored[i] = Math.round((waveform[i] ?? 0) * 32_767);
  return () => {
    const samples = new Float32Array(stored.length);
    for (let i = 0; i < samples.length; i++) samples[i] = (stored[i] ?? 0) / 32_767;
    return samples;
  };
}

/**
 * Coordinates of a sound: six bells over log tempo, the tonic on the circle of fifths, the mode, then energy and timbre
 * in [-1, 1].
 */
export function soundMap(sound: SoundAttributes): Float32Array {
  const tempo = Math.log(sound.tempoBpm / 58) / Math.log(190 / 58);
  const bells = Array.from({ length: 6 }, (_, i) => Math.exp(-0.5 * ((tempo - i / 5) / 0.18) ** 2));
  const fifths = (2 * Math.PI * (((sound.key >> 1) * 7) % 12)) / 12;
  const mode = sound.key & 1 ? 1 : -1;
  const attributes = attributesOf(sound).map((value) => 2 * value - 1);
  return Float32Array.of(...bells, Math.cos(fifths), Math.sin(fifths), mode, ...attributes);
}
