import type { FileBytes } from './file-bytes.ts';

/** The kinds of sound file that Dubplate reads. */
export type AudioFormat = 'WAV' | 'FLAC' | 'OGG' | 'MP3';

/** Who decodes them. */
export type Codec = 'wav' | 'flac' | 'oga' | 'opus' | 'mp3';

/** What the bytes of a sound file say about themselves before anything is decoded. */
export interface Container {
  readonly format: AudioFormat;
  readonly codec: Codec;
  /** What is wrong with it, in words, if anything: decoders return what they can and do not complain. */
  readonly problem: string | undefined;
  /** Samples per channel that the header promises, where it says. */
  readonly promisedSamples: number | undefined;
}

/** Look at the header and the frame structure of a sound file; undefined when it is none that we know. */
export function inspectContainer(bytes: FileBytes): Container | undefined {
  const body = id3Length(bytes);
  const starts = (text: string, at = 0): boolean => textAt(bytes, body + at, text.length) === text;
  if (starts('RIFF') && starts('WAVE', 8)) return { format: 'WAV', codec: 'wav', ...inspectWav(bytes, body) };
  if (starts('fLaC')) return { format: 'FLAC', codec: 'flac', ...inspectFlac(bytes, body) };
  if (starts('OggS')) return { format: 'OGG', codec: oggCodec(bytes, body), ...inspectOgg(bytes, body) };
  if (mp3FrameLength(bytes, body) !== undefined) return { format: 'MP3', codec: 'mp3', ...inspectMp3(bytes, body) };
  return undefined;
}

type Finding = Omit<Container, 'format' | 'codec'>;

const sound = (promisedSamples?: number): Finding => ({ problem: undefined, promisedSamples });
const broken = (problem: string): Finding => ({ problem, promisedSamples: undefined });

const textAt = (bytes: FileBytes, at: number, length: number): string => bytes.slice(at, length).toString('latin1');

/** Length of an ID3v2 tag at the start, 0 when there is none: ten bytes, then four times seven bits of size. */
function id3Length(bytes: FileBytes): number {
  const tag = bytes.slice(0, 10);
  if (tag.length < 10 || tag.toString('latin1', 0, 3) !== 'ID3') return 0;
  const size = [6, 7, 8, 9].reduce((total, at) => total * 128 + (tag[at]! & 0x7f), 0);
  return 10 + size + (tag[5]! & 0x10 ? 10 : 0);
}

/** Chunks: four letters, 32-bit size, content padded to an even length. */
function inspectWav(bytes: FileBytes, body: number): Finding {
  let bytesPerFrame = 0;
  for (let at = body + 12; at + 8 <= bytes.length; ) {
    const name = textAt(bytes, at, 4);
    const size = bytes.slice(at + 4, 4).readUInt32LE();
    const left = bytes.length - at - 8;
    if (name === 'fmt ' && left >= 16) {
      const form = bytes.slice(at + 8, 16);
      if (form.readUInt16LE(2) === 0) return broken('its header says 0 channels');
      if (form.readUInt32LE(4) === 0) return broken('its header says 0 samples per second (0 Hz)');
      bytesPerFrame = form.readUInt16LE(12);
    }
    if (name === 'data') {
      if (bytesPerFrame === 0) return broken('its header does not say how samples are stored');
      // 0 and 2³² - 1 are written by recorders that did not know the length.
      if (size > left && size < 0xffff_0000)
        return broken(`it is cut off: ${left} of ${size} bytes of samples are there`);
      return sound(Math.floor(Math.min(size, left) / bytesPerFrame));
    }
    at += 8 + size + (size & 1);
  }
  return broken('it ends before the samples begin');
}

/** The first block of metadata is STREAMINFO; bits 108–143 of it are the number of samples, 0 when unknown. */
function inspectFlac(bytes: FileBytes, body: number): Finding {
  const header = bytes.slice(body, 42);
  if (header.length < 42) return broken('it ends within its header');
  const rate = header.readUInt32BE(18) >>> 12;
  if (rate === 0) return broken('its header says 0 samples per second (0 Hz)');
  const samples = (header[21]! & 0x0f) * 2 ** 32 + header.readUInt32BE(22);
  return sound(samples > 0 ? samples : undefined);
}

/** The first packet names the codec. */
function oggCodec(bytes: FileBytes, body: number): Codec {
  const packet = textAt(bytes, body + 27 + (bytes.at(body + 26) ?? 0), 8);
  return packet === 'OpusHead' ? 'opus' : packet.slice(1, 5) === 'FLAC' ? 'flac' : 'oga';
}

/** Pages: 27 bytes, then a table of segment lengths. The last page of a stream carries flag 4. */
function inspectOgg(bytes: FileBytes, body: number): Finding {
  let isEnded = false;
  for (let at = body; at < bytes.length; ) {
    const header = bytes.slice(at, 27);
    if (header.length < 27 || header.toString('latin1', 0, 4) !== 'OggS') {
      return isEnded ? sound() : broken(`page structure is lost at byte ${at} of ${bytes.length}`);
    }
    const segments = bytes.slice(at + 27, header[26]!);
    const end = at + 27 + header[26]! + segments.reduce((total, length) => total + length, 0);
    if (end > bytes.length)
      return broken(`it is cut off: the page at byte ${at} needs ${end - bytes.length} bytes more`);
    isEnded = (header[5]! & 4) !== 0;
    at = end;
  }
  return isEnded ? sound() : broken('it is cut off: its last page does not end the stream');
}

const bitratesKbps = {
  mpeg1: [0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320],
  mpeg2: [0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160],
} as const;

/** Length in bytes of the layer III frame at `at`; undefined when there is none. */
function mp3FrameLength(bytes: FileBytes, at: number): number | undefined {
  const [sync, kind, rates] = [bytes.at(at), bytes.at(at + 1), bytes.at(at + 2)];
  if (sync !== 0xff || kind === undefined || rates === undefined || (kind & 0xe6) !== 0xe2) return undefined;
  const version = (kind >> 3) & 3; // 3 MPEG 1, 2 MPEG 2, 0 MPEG 2.5
  const kbps = bitratesKbps[version === 3 ? 'mpeg1' : 'mpeg2'][rates >> 4];
  const rateHz = [44_100, 48_000, 32_000][(rates >> 2) & 3];
  if (version === 1 || !kbps || !rateHz) return undefined;
  const samples = version === 3 ? 1152 : 576;
  const rate = rateHz / (version === 3 ? 1 : version === 2 ? 2 : 4);
  return Math.floor(((samples / 8) * kbps * 1000) / rate) + ((rates >> 1) & 1);
}

/** Frames follow each other until a tag or the end; a file that ends within one was cut off. */
function inspectMp3(bytes: FileBytes, body: number): Finding {
  let at = body;
  let frames = 0;
  for (;;) {
    const length = mp3FrameLength(bytes, at);
    if (length === undefined) break;
    if (at + length > bytes.length) return broken(`it is cut off within frame ${frames + 1}`);
    at += length;
    frames++;
  }
  const promised = xingFrames(bytes, body);
  if (promised !== undefined && frames - 1 < promised && at === bytes.length) {
    return broken(`it is cut off: ${frames - 1} of ${promised} frames are there`);
  }
  return frames < 2 ? broken('no sound follows its first frame') : sound();
}

/** Number of frames that a Xing or Info header in the first frame promises. */
function xingFrames(bytes: FileBytes, body: number): number | undefined {
  const isMpeg1 = ((bytes.at(body + 1) ?? 0) & 0x08) !== 0;
  const isMono = (bytes.at(body + 3) ?? 0) >> 6 === 3;
  const header = bytes.slice(body + 4 + (isMpeg1 ? (isMono ? 17 : 32) : isMono ? 9 : 17), 12);
  const name = header.toString('latin1', 0, 4);
  if ((name !== 'Xing' && name !== 'Info') || header.length < 12) return undefined;
  return header.readUInt32BE(4) & 1 ? header.readUInt32BE(8) : undefined;
}
