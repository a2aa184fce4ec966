import { existsSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { type Encoder, loadEncoder } from '../engine/audio/encoder.ts';
import { attributesOf } from '../engine/audio/labels.ts';
import { trainEncoder } from '../engine/audio/train.ts';
import type { SoundAttributes } from '../engine/core/catalogue.ts';
import { writeFileAtomic } from '../engine/core/files.ts';
import type { Progress } from '../engine/core/progress.ts';
import { createStreams } from '../engine/core/random.ts';
import { synthesiseTracks } from './synthesised-tracks.ts';

/** Raised whenever the network, the synthesiser or the training below changes what comes out. */
const standardVersion = 3;

/** How much the standard encoder is trained. */
const standardTraining = { tracks: 2000, epochs: 8, batch: 32 };

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
  const examples = synthesiseTracks(training.tracks, createStreams('standard tracks'), { progress }).map(
    (track, i) => ({
      ...track,
      factor: soundMap(track.sound),
      group: String(i),
    }),
  );
  const dim = soundMap({ tempoBpm: 100, key: 0, energy: 0, timbre: [0, 0, 0, 0] }).length;
  const { encoder } = await trainEncoder(examples, { ...training, dim }, createStreams('standard encoder'), {
    progress,
    checkpoint: `${path}.checkpoint`,
  });
  writeFileAtomic(path, encoder.bytes);
  return encoder;
}

/**
 * Coordinates of a sound: six bells over log tempo, the tonic on the circle of fifths, the mode, then energy and timbre
 * in [-1, 1].
 */
function soundMap(sound: SoundAttributes): Float32Array {
  const tempo = Math.log(sound.tempoBpm / 58) / Math.log(190 / 58);
  const bells = Array.from({ length: 6 }, (_, i) => Math.exp(-0.5 * ((tempo - i / 5) / 0.18) ** 2));
  const fifths = (2 * Math.PI * (((sound.key >> 1) * 7) % 12)) / 12;
  const mode = sound.key & 1 ? 1 : -1;
  const attributes = attributesOf(sound).map((value) => 2 * value - 1);
  return Float32Array.of(...bells, Math.cos(fifths), Math.sin(fifths), mode, ...attributes);
}
