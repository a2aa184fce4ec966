import { createReadStream } from 'node:fs';
import decode from 'audio-decode';
import { sampleRateHz } from '../core/catalogue.ts';
import { DubplateError, messageOf } from '../core/errors.ts';
import { type Container, inspectContainer } from './container.ts';
import { FileBytes } from './file-bytes.ts';
import { createResampler, type Resampler } from './resample.ts';

/** A piece of a recording as the encoder wants it. */
export interface Piece {
  /** Mono, 8 kHz, in about [-1, 1]. */
  readonly samples: Float32Array;
  /** How long it is in the file; the samples may lag behind a little, and catch up in the last piece. */
  readonly durationMs: number;
  /** Share of the file's sound that has been read with it, 0-1. */
  readonly readShare: number;
}

/** Rates that make sense for a recording; also what the resampler takes. */
const lowestRateHz = 1000;
const highestRateHz = 192_000;

/** Beyond 60 dB above full scale it is no sound; the encoder would answer with NaN from about 1e18 on. */
const loudest = 1000;

/** Bytes of the file that are decoded together: a second or less, but of silence in FLAC or Opus minutes. */
const bytesAtOnce = 1 << 14;

/**
 * How many bytes a decoder may take in and give no sound: more than a frame, or a picture in OGG, can need. It keeps them all in
 * memory, so a file that never becomes sound has to be given up.
 */
const mostUnheardBytes = 1 << 24;

/**
 * Decode a sound file: WAV, FLAC, OGG (Vorbis or Opus) or MP3, any rate from 1 to 192 kHz, any number of channels, which are averaged.
 * It comes in pieces: a file of any length takes a few megabytes of memory.
 *
 * @throws DubplateError FILE_NOT_FOUND; INVALID_AUDIO when it is empty, cut off, damaged, without samples, of no known format
 *   (whatever its name says), at an impossible rate or holds a sample that is no number; some of it only after the last piece.
 */
export async function* decodeAudio(path: string): AsyncGenerator<Piece> {
  const container = inspect(path);
  const { format, problem, promisedSamples } = container;
  const fail = (found: string): DubplateError => invalidAudio(path, `as ${format}, ${found}`, again);
  if (problem) throw fail(problem);
  let rateHz = 0;
  let length = 0;
  let resampler: Resampler | undefined;
  try {
    for await (const { channelData, sampleRate, readShare } of decoded(path, container, fail)) {
      const mono = mixDown(channelData);
      if (mono.length === 0) continue;
      if (!(sampleRate >= lowestRateHz && sampleRate <= highestRateHz)) {
        throw fail(`its rate is ${sampleRate} Hz, expected ${lowestRateHz} to ${highestRateHz}`);
      }
      if (rateHz !== 0 && sampleRate !== rateHz) throw fail(`its rate changes from ${rateHz} to ${sampleRate} Hz`);
      const unusable = mono.find((sample) => !(Math.abs(sample) <= loudest));
      if (unusable !== undefined) throw fail(`it holds a sample of ${unusable}, expected about -1 to 1`);
      rateHz = sampleRate;
      length += mono.length;
      resampler ??= await createResampler(rateHz, sampleRateHz);
      yield { samples: resampler.push(mono), durationMs: (mono.length / rateHz) * 1000, readShare };
    }
    if (length === 0) throw fail('it holds no samples');
    if (promisedSamples !== undefined && length < promisedSamples) {
      throw fail(`it is cut off: ${length} of ${promisedSamples} samples can be decoded`);
    }
    if (resampler) yield { samples: resampler.end(), durationMs: 0, readShare: 1 };
  } finally {
    resampler?.close();
  }
}

type Decoded = Awaited<ReturnType<Awaited<ReturnType<typeof decode.wav>>>> & Pick<Piece, 'readShare'>;

async function* decoded(
  path: string,
  container: Container,
  fail: (found: string) => DubplateError,
): AsyncGenerator<Decoded> {
  const length = container.head.length + container.sound.end - container.sound.start;
  let read = 0;
  let unheard = 0;
  const bytes = async function* () {
    for await (const part of encoded(path, container)) {
      read += part.length;
      unheard += part.length;
      if (unheard > mostUnheardBytes) throw fail(`it is damaged: no sound can be found in ${unheard} bytes in a row`);
      yield part;
    }
  };
  try {
    for await (const part of decode(bytes(), container.codec)) {
      unheard = 0;
      yield { ...part, readShare: read / length };
    }
  } catch (cause) {
    throw cause instanceof DubplateError ? cause : fail(`it cannot be decoded: ${messageOf(cause)}`);
  }
}

/** The bytes for the decoder, in parts, each a copy: a decoder looks at the whole memory behind a view. */
async function* encoded(path: string, { codec, head, sound }: Container): AsyncGenerator<Uint8Array> {
  let rest = head;
  if (sound.start === sound.end) return;
  const range = { start: sound.start, end: sound.end - 1 }; // both included
  for await (const chunk of createReadStream(path, { ...range, highWaterMark: bytesAtOnce })) {
    const bytes = Buffer.concat([rest, chunk]);
    const end = codec === 'flac' ? endOfWholeHeaders(bytes) : bytes.length;
    yield Uint8Array.from(bytes.subarray(0, end));
    rest = bytes.subarray(end);
  }
  if (rest.length > 0) yield Uint8Array.from(rest);
}

/** Longest header of a FLAC frame, in bytes. */
const longestFlacHeader = 16;

/** The last place ahead of what may be the beginning of a frame: the decoder overlooks a frame when its header comes in two parts. */
function endOfWholeHeaders(bytes: Uint8Array): number {
  for (let at = Math.max(0, bytes.length - longestFlacHeader); at < bytes.length; at++) {
    if (bytes[at] === 0xff && ((bytes[at + 1] ?? 0xf8) & 0xfe) === 0xf8) return at;
  }
  return bytes.length;
}

/** The mean of all channels. */
function mixDown(channels: readonly Float32Array[]): Float32Array {
  const [first] = channels;
  if (!first || channels.length === 1) return first ?? new Float32Array(0);
  const mono = new Float32Array(first.length);
  for (const channel of channels) {
    for (let i = 0; i < mono.length; i++) mono[i]! += channel[i]! / channels.length;
  }
  return mono;
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
    throw new DubplateError('FILE_NOT_FOUND', `Cannot read ${path}: ${messageOf(cause)}`, {
      hint: 'Check the path and that the file may be read.',
      cause,
    });
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
