import { readFileSync, statSync } from 'node:fs';
import decodeBytes from 'audio-decode';
import { sampleRateHz } from '../core/catalogue.ts';
import { DubplateError } from '../core/errors.ts';
import { inspectContainer } from './container.ts';
import { resample } from './resample.ts';

/** A recording as the encoder wants it. */
export interface Recording {
  /** Mono, 8 kHz, in about [-1, 1]. */
  readonly samples: Float32Array;
  readonly durationMs: number;
}

/** Rates that make sense for a recording; also what the resampler takes. */
const lowestRateHz = 1000;
const highestRateHz = 192_000;

/**
 * Decode a sound file: WAV, FLAC, OGG (Vorbis or Opus) or MP3, any rate from 1 to 192 kHz, any number of channels, which are averaged.
 *
 * @throws DubplateError FILE_NOT_FOUND; INVALID_AUDIO when it is empty, cut off, without samples, of no known format (whatever its
 *   name says) or at an impossible rate.
 */
export async function decodeAudio(path: string): Promise<Recording> {
  const bytes = readBytes(path);
  if (bytes.length === 0) throw invalidAudio(path, 'it is empty (0 bytes)', 'Get the file again.');
  const container = inspectContainer(bytes);
  if (!container) {
    throw invalidAudio(path, `it begins with ${beginning(bytes)}, which is no sound file that is known`, otherFormat);
  }
  const { format, problem, promisedSamples } = container;
  const fail = (found: string): DubplateError => invalidAudio(path, `as ${format}, ${found}`, again);
  if (problem) throw fail(problem);
  // A copy: the decoder looks at the whole memory behind a view.
  const { channelData, sampleRate } = await decodeBytes(Uint8Array.from(bytes)).catch((cause: unknown) => {
    throw fail(`it cannot be decoded: ${cause instanceof Error ? cause.message : cause}`);
  });
  const mono = mixDown(channelData);
  if (mono.length === 0) throw fail('it holds no samples');
  if (promisedSamples !== undefined && mono.length < promisedSamples) {
    throw fail(`it is cut off: ${mono.length} of ${promisedSamples} samples can be decoded`);
  }
  if (!(sampleRate >= lowestRateHz && sampleRate <= highestRateHz)) {
    throw fail(`its rate is ${sampleRate} Hz, expected ${lowestRateHz} to ${highestRateHz}`);
  }
  if (!mono.every(Number.isFinite)) throw fail('it holds samples that are not numbers');
  const samples = await resample(mono, sampleRate, sampleRateHz);
  return { samples, durationMs: (mono.length / sampleRate) * 1000 };
}

/** The mean of all channels. */
function mixDown(channels: readonly Float32Array[]): Float32Array {
  const [first] = channels;
  if (!first || channels.length === 1) return first ?? new Float32Array(0);
  return first.map((_, i) => channels.reduce((sum, channel) => sum + (channel[i] ?? 0), 0) / channels.length);
}

function readBytes(path: string): Uint8Array {
  try {
    if (statSync(path).isDirectory()) throw new Error('it is a folder');
    return readFileSync(path);
  } catch (cause) {
    throw new DubplateError(
      'FILE_NOT_FOUND',
      `Cannot read ${path}: ${cause instanceof Error ? cause.message : cause}`,
      {
        hint: 'Check the path and that the file may be read.',
        cause,
      },
    );
  }
}

/** The first bytes as a reader can recognise them: text in quotes, anything else in hexadecimal. */
function beginning(bytes: Uint8Array): string {
  const first = bytes.subarray(0, 12);
  const isText = first.every((byte) => (byte >= 32 && byte < 127) || byte === 10 || byte === 13 || byte === 9);
  return isText
    ? `the text ${JSON.stringify(Buffer.from(first).toString('latin1'))}`
    : `the bytes ${Buffer.from(first).toString('hex')}`;
}

const again = 'Get the file again, or convert it to WAV: ffmpeg -i FILE out.wav';
const otherFormat = 'Give a WAV, FLAC, OGG or MP3 file; others can be converted: ffmpeg -i FILE out.wav';

const invalidAudio = (path: string, found: string, hint: string): DubplateError =>
  new DubplateError('INVALID_AUDIO', `${path} cannot be used as sound: ${found}`, { hint, details: { path } });
