/** The kinds of sound file that Dubplate reads. */
export type AudioFormat = 'WAV' | 'FLAC' | 'OGG' | 'MP3';

/** What the bytes of a sound file say about themselves before anything is decoded. */
export interface Container {
  readonly format: AudioFormat;
  /** What is wrong with it, in words, if anything: decoders return what they can and do not complain. */
  readonly problem: string | undefined;
  /** Samples per channel that the header promises, where it says. */
  readonly promisedSamples: number | undefined;
}

/** Look at the header and the frame structure of a sound file; undefined when it is none that we know. */
export function inspectContainer(bytes: Uint8Array): Container | undefined {
  const body = bytes.subarray(id3Length(bytes));
  const starts = (text: string, at = 0): boolean => latin1(body, at, text.length) === text;
  if (starts('RIFF') && starts('WAVE', 8)) return { format: 'WAV', ...inspectWav(body) };
  if (starts('fLaC')) return { format: 'FLAC', ...inspectFlac(body) };
  if (starts('OggS')) return { format: 'OGG', ...inspectOgg(body) };
  if (mp3FrameLength(body, 0) !== undefined) return { format: 'MP3', ...inspectMp3(body) };
  return undefined;
}

type Finding = Omit<Container, 'format'>;

const sound = (promisedSamples?: number): Finding => ({ problem: undefined, promisedSamples });
const broken = (problem: string): Finding => ({ problem, promisedSamples: undefined });

const view = (bytes: Uint8Array): DataView => new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
const latin1 = (bytes: Uint8Array, at: number, length: number): string =>
  String.fromCharCode(...bytes.subarray(at, at + length));

/** Length of an ID3v2 tag at the start, 0 when there is none: ten bytes, then four times seven bits of size. */
function id3Length(bytes: Uint8Array): number {
  if (bytes.length < 10 || latin1(bytes, 0, 3) !== 'ID3') return 0;
  const size = [6, 7, 8, 9].reduce((total, at) => total * 128 + (bytes[at]! & 0x7f), 0);
  return 10 + size + (bytes[5]! & 0x10 ? 10 : 0);
}

/** Chunks: four letters, 32-bit size, content padded to an even length. */
function inspectWav(bytes: Uint8Array): Finding {
  const data = view(bytes);
  let bytesPerFrame = 0;
  for (let at = 12; at + 8 <= bytes.length; ) {
    const name = latin1(bytes, at, 4);
    const size = data.getUint32(at + 4, true);
    const left = bytes.length - at - 8;
    if (name === 'fmt ' && left >= 16) {
      if (data.getUint16(at + 10, true) === 0) return broken('its header says 0 channels');
      if (data.getUint32(at + 12, true) === 0) return broken('its header says 0 samples per second (0 Hz)');
      bytesPerFrame = data.getUint16(at + 20, true);
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
function inspectFlac(bytes: Uint8Array): Finding {
  if (bytes.length < 42) return broken('it ends within its header');
  const data = view(bytes);
  const rate = data.getUint32(18) >>> 12;
  if (rate === 0) return broken('its header says 0 samples per second (0 Hz)');
  const samples = (bytes[21]! & 0x0f) * 2 ** 32 + data.getUint32(22);
  return sound(samples > 0 ? samples : undefined);
}

/** Pages: 27 bytes, then a table of segment lengths. The last page of a stream carries flag 4. */
function inspectOgg(bytes: Uint8Array): Finding {
  let isEnded = false;
  for (let at = 0; at < bytes.length; ) {
    if (latin1(bytes, at, 4) !== 'OggS' || at + 27 > bytes.length) {
      return isEnded ? sound() : broken(`page structure is lost at byte ${at} of ${bytes.length}`);
    }
    const segments = bytes.subarray(at + 27, at + 27 + bytes[at + 26]!);
    const end = at + 27 + bytes[at + 26]! + segments.reduce((total, length) => total + length, 0);
    if (end > bytes.length)
      return broken(`it is cut off: the page at byte ${at} needs ${end - bytes.length} bytes more`);
    isEnded = (bytes[at + 5]! & 4) !== 0;
    at = end;
  }
  return isEnded ? sound() : broken('it is cut off: its last page does not end the stream');
}

const bitratesKbps = {
  mpeg1: [0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320],
  mpeg2: [0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160],
} as const;

/** Length in bytes of the layer III frame at `at`; undefined when there is none. */
function mp3FrameLength(bytes: Uint8Array, at: number): number | undefined {
  const [sync, kind, rates] = [bytes[at], bytes[at + 1], bytes[at + 2]];
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
function inspectMp3(bytes: Uint8Array): Finding {
  let at = 0;
  let frames = 0;
  for (;;) {
    const length = mp3FrameLength(bytes, at);
    if (length === undefined) break;
    if (at + length > bytes.length) return broken(`it is cut off within frame ${frames + 1}`);
    at += length;
    frames++;
  }
  const promised = xingFrames(bytes);
  if (promised !== undefined && frames - 1 < promised && at === bytes.length) {
    return broken(`it is cut off: ${frames - 1} of ${promised} frames are there`);
  }
  return frames < 2 ? broken('no sound follows its first frame') : sound();
}

/** Number of frames that a Xing or Info header in the first frame promises. */
function xingFrames(bytes: Uint8Array): number | undefined {
  const isMpeg1 = (bytes[1]! & 0x08) !== 0;
  const isMono = bytes[3]! >> 6 === 3;
  const at = 4 + (isMpeg1 ? (isMono ? 17 : 32) : isMono ? 9 : 17);
  const name = latin1(bytes, at, 4);
  if ((name !== 'Xing' && name !== 'Info') || bytes.length < at + 12) return undefined;
  return view(bytes).getUint32(at + 4) & 1 ? view(bytes).getUint32(at + 8) : undefined;
}
