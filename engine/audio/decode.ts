import { createReadStream } from 'node:fs';
import decode from 'audio-decode';
import { sampleRateHz } from '../core/catalogue.ts';
import { DubplateError } from '../core/errors.ts';
import { inspectContainer } from './container.ts';
import { FileBytes } from './file-bytes.ts';
import { createResampler, type Resampler } from './resample.ts';

/** A piece of a recording as the encoder wants it. */
export interface Piece {
  /** Mono, 8 kHz, in about [-1, 1]. */
  readonly samples: Float32Array;
  /** How long it is in the file; the samples may lag behind a little, and catch up in the last piece. */
  readonly durationMs: number;
}

/** Rates that make sense for a recording; also what the resampler takes. */
const lowestRateHz = 1000;
const highestRateHz = 192_000;

/** Bytes of the file that are decoded together: a few seconds. */
const bytesAtOnce = 1 << 18;

/**
 * Decode a sound file: WAV, FLAC, OGG (Vorbis or Opus) or MP3, any rate from 1 to 192 kHz, any number of channels, which are averaged.
 * It comes in pieces: a file of any length takes a few megabytes of memory.
 *
 * @throws DubplateError FILE_NOT_FOUND; INVALID_AUDIO when it is empty, cut off, without samples, of no known format (whatever its
 *   name says), at an impossible rate or holds a sample that is no number; some of it only after the last piece.
 */
export async function* decodeAudio(path: string): AsyncGenerator<Piece> {
  const { format, codec, problem, promisedSamples } = inspect(path);
  const fail = (found: string): DubplateError => invalidAudio(path, `as ${format}, ${found}`, again);
  if (problem) throw fail(problem);
  let rateHz = 0;
  let length = 0;
  let resampler: Resampler | undefined;
  try {
    for await (const { channelData, sampleRate } of decoded(path, codec, fail)) {
      const mono = mixDown(channelData);
      if (mono.length === 0) continue;
      if (!(sampleRate >= lowestRateHz && sampleRate <= highestRateHz)) {
        throw fail(`its rate is ${sampleRate} Hz, expected ${lowestRateHz} to ${highestRateHz}`);
      }
      if (rateHz !== 0 && sampleRate !== rateHz) throw fail(`its rate changes from ${rateHz} to ${sampleRate} Hz`);
      if (!mono.every(Number.isFinite)) throw fail('it holds samples that are not numbers');
      rateHz = sampleRate;
      length += mono.length;
      resampler ??= await createResampler(rateHz, sampleRateHz);
      yield { samples: resampler.push(mono), durationMs: (mono.length / rateHz) * 1000 };
    }
    if (length === 0) throw fail('it holds no samples');
    if (promisedSamples !== undefined && length < promisedSamples) {
      throw fail(`it is cut off: ${length} of ${promisedSamples} samples can be decoded`);
    }
    if (resampler) yield { samples: resampler.end(), durationMs: 0 };
  } finally {
    resampler?.close();
  }
}

type Decoded = Awaited<ReturnType<Awaited<ReturnType<typeof decode.wav>>>>;

async function* decoded(
  path: string,
  codec: 'wav' | 'flac' | 'oga' | 'opus' | 'mp3',
  fail: (found: string) => DubplateError,
): AsyncGenerator<Decoded> {
  try {
    // A copy: a decoder looks at the whole memory behind a view.
    const bytes = async function* () {
      for await (const chunk of createReadStream(path, { highWaterMark: bytesAtOnce })) yield Uint8Array.from(chunk);
    };
    yield* decode(bytes(), codec);
  } catch (cause) {
    throw cause instanceof DubplateError
      ? cause
      : fail(`it cannot be decoded: ${cause instanceof Error ? cause.message : cause}`);
  }
}

/** The mean of all channels. */
function mixDown(channels: readonly Float32Array[]): Float32Array {
  const [first] = channels;
  if (!first || channels.length === 1) return first ?? new Float32Array(0);
  return first.map((_, i) => channels.reduce((sum, channel) => sum + (channel[i] ?? 0), 0) / channels.length);
}

/** What the file says about itself. @throws DubplateError as {@link decodeAudio}. */
function inspect(path: string) {
  const bytes = open(path);
  try {
    if (bytes.length === 0) throw invalidAudio(path, 'it is empty (0 bytes)', 'Get the file again.');
    const container = inspectContainer(bytes);
    if (container) return container;
    const found = `it begins with ${beginning(bytes.slice(0, 12))}, which is no sound file that is known`;
    throw invalidAudio(path, found, otherFormat);
  } finally {
    bytes.close();
  }
}

function open(path: string): FileBytes {
  try {
    return new FileBytes(path);
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

/** Bytes as a reader can recognise them: text in quotes, anything else in hexadecimal. */
function beginning(bytes: Buffer): string {
  const isText = bytes.every((byte) => (byte >= 32 && byte < 127) || byte === 10 || byte === 13 || byte === 9);
  return isText ? `the text ${JSON.stringify(bytes.toString('latin1'))}` : `the bytes ${bytes.toString('hex')}`;
}

const again = 'Get the file again, or convert it to WAV: ffmpeg -i FILE out.wav';
const otherFormat = 'Give a WAV, FLAC, OGG or MP3 file; others can be converted: ffmpeg -i FILE out.wav';

const invalidAudio = (path: string, found: string, hint: string): DubplateError =>
  new DubplateError('INVALID_AUDIO', `${path} cannot be used as sound: ${found}`, { hint, details: { path } });
