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
  /** What a decoder needs to be told before the sound: the header without tags and pictures, which may be larger than the sound. */
  readonly head: Uint8Array;
  /** Where in the file the sound lies: from `start` up to, but not including, `end`. */
  readonly sound: { readonly start: number; readonly end: number };
}

/** Look at the header and the frame structure of a sound file; undefined when it is none that we know. */
export function inspectContainer(bytes: FileBytes): Container | undefined {
  const body = endOfTags(bytes);
  const starts = (text: string, at = 0): boolean => textAt(bytes, body + at, text.length) === text;
  if (starts('RIFF') && starts('WAVE', 8)) return { format: 'WAV', codec: 'wav', ...inspectWav(bytes, body) };
  if (starts('fLaC')) return { format: 'FLAC', codec: 'flac', ...inspectFlac(bytes, body) };
  if (starts('OggS')) return { format: 'OGG', codec: oggCodec(bytes, body), ...inspectOgg(bytes, body) };
  const firstFrame = firstMp3Frame(bytes, body);
  if (firstFrame !== undefined) return { format: 'MP3', codec: 'mp3', ...inspectMp3(bytes, firstFrame) };
  return undefined;
}

type Finding = Omit<Container, 'format' | 'codec'>;

const found = (sound: Container['sound'], promisedSamples?: number, head: Uint8Array = new Uint8Array(0)): Finding => ({
  problem: undefined,
  promisedSamples,
  head,
  sound,
});
const broken = (problem: string): Finding => ({ ...found({ start: 0, end: 0 }), problem });

const textAt = (bytes: FileBytes, at: number, length: number): string => bytes.slice(at, length).toString('latin1');

/** Where the tags at the start end; a tagger may have put its own before that of another. */
function endOfTags(bytes: FileBytes): number {
  let at = 0;
  for (let length = id3Length(bytes, at); length > 0; length = id3Length(bytes, at)) at += length;
  return at;
}

/** Length of an ID3v2 tag, 0 when there is none: ten bytes, the last four of them seven bits of size each. */
function id3Length(bytes: FileBytes, start: number): number {
  const tag = bytes.slice(start, 10);
  if (tag.length < 10 || tag.toString('latin1', 0, 3) !== 'ID3') return 0;
  const size = [6, 7, 8, 9].reduce((total, at) => total * 128 + (tag[at]! & 0x7f), 0);
  return 10 + size + (tag[5]! & 0x10 ? 10 : 0);
}

/** Where an ID3v1 tag begins, which is the last 128 bytes of a file; the end of the file when there is none. */
function startOfOldTag(bytes: FileBytes): number {
  const at = bytes.length - 128;
  return textAt(bytes, at, 3) === 'TAG' ? at : bytes.length;
}

/**
 * Chunks: four letters, 32-bit size, content padded to an even length. Of those before the samples only the format is passed on:
 * the decoder forgets the padding.
 */
function inspectWav(bytes: FileBytes, body: number): Finding {
  const head = [bytes.slice(body, 12)];
  let bytesPerFrame = 0;
  for (let at = body + 12; at + 8 <= bytes.length; ) {
    const name = textAt(bytes, at, 4);
    const size = bytes.slice(at + 4, 4).readUInt32LE();
    const left = bytes.length - at - 8;
    if (name === 'fmt ' && size >= 16 && size <= left) {
      const form = bytes.slice(at + 8, 16);
      if (form.readUInt16LE(2) === 0) return broken('its header says 0 channels');
      if (form.readUInt32LE(4) === 0) return broken('its header says 0 samples per second (0 Hz)');
      bytesPerFrame = form.readUInt16LE(12);
      head.push(bytes.slice(at, 8 + size));
    }
    if (name === 'data') {
      if (bytesPerFrame === 0) return broken('its header does not say how samples are stored');
      // 0 and 2³² - 1 are written by recorders that did not know the length.
      if (size > left && size < 0xffff_0000)
        return broken(`it is cut off: ${left} of ${size} bytes of samples are there`);
      head.push(bytes.slice(at, 8));
      const isUnknown = size > left || (size === 0 && !endsInChunk(bytes, at + 8));
      const length = isUnknown ? left : size;
      const promisedSamples = Math.floor(Math.min(size, left) / bytesPerFrame);
      return found({ start: at + 8, end: at + 8 + length }, promisedSamples, Buffer.concat(head));
    }
    at += 8 + size + (size & 1);
  }
  return broken('it ends before the samples begin');
}

/** Whether another chunk of a WAV begins here and ends with the file: then the samples before it are all there are. */
function endsInChunk(bytes: FileBytes, at: number): boolean {
  if (!/^[\x20-\x7e]{4}$/.test(textAt(bytes, at, 4)) || at + 8 > bytes.length) return false;
  const size = bytes.slice(at + 4, 4).readUInt32LE();
  return at + 8 + size + (size & 1) === bytes.length;
}

/**
 * Blocks of metadata: a bit that says which is the last, 7 bits of type, 24 bits of size. The first is STREAMINFO; bits 108–143
 * of it are the number of samples, 0 when unknown.
 */
function inspectFlac(bytes: FileBytes, body: number): Finding {
  const header = bytes.slice(body, 42);
  if (header.length < 42) return broken('it ends within its header');
  const rate = header.readUInt32BE(18) >>> 12;
  if (rate === 0) return broken('its header says 0 samples per second (0 Hz)');
  const samples = (header[21]! & 0x0f) * 2 ** 32 + header.readUInt32BE(22);
  let at = body + 4;
  for (let isLast = false; !isLast; ) {
    const block = bytes.slice(at, 4);
    isLast = ((block[0] ?? 0x80) & 0x80) !== 0;
    at += 4 + (block.length === 4 ? block.readUIntBE(1, 3) : 0);
  }
  if (at > bytes.length) return broken('it ends within its header');
  header[4]! |= 0x80; // now STREAMINFO is the only block
  return found({ start: at, end: startOfOldTag(bytes) }, samples > 0 ? samples : undefined, header);
}

/** The first packet names the codec. */
function oggCodec(bytes: FileBytes, body: number): Codec {
  const packet = textAt(bytes, body + 27 + (bytes.at(body + 26) ?? 0), 8);
  return packet === 'OpusHead' ? 'opus' : packet.slice(1, 5) === 'FLAC' ? 'flac' : 'oga';
}

/** Pages: 27 bytes, then a table of segment lengths. The last page of a stream carries flag 4. */
function inspectOgg(bytes: FileBytes, body: number): Finding {
  let isEnded = false;
  let at = body;
  while (at < bytes.length) {
    const header = bytes.slice(at, 27);
    if (header.length < 27 || header.toString('latin1', 0, 4) !== 'OggS') {
      if (isEnded) break;
      return broken(`page structure is lost at byte ${at} of ${bytes.length}`);
    }
    const segments = bytes.slice(at + 27, header[26]!);
    const end = at + 27 + header[26]! + segments.reduce((total, length) => total + length, 0);
    if (end > bytes.length)
      return broken(`it is cut off: the page at byte ${at} needs ${end - bytes.length} bytes more`);
    isEnded = (header[5]! & 4) !== 0;
    at = end;
  }
  return isEnded ? found({ start: body, end: at }) : broken('it is cut off: its last page does not end the stream');
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

/** How far behind the tags the first frame is looked for. */
const farthestFrame = 1 << 16;

/** Where the frames begin: padding may be left behind a tag, and a recorded stream may begin within a frame. Then three in a row count. */
function firstMp3Frame(bytes: FileBytes, body: number): number | undefined {
  const end = (at: number | undefined): number | undefined => {
    const length = at === undefined ? undefined : mp3FrameLength(bytes, at);
    return length === undefined ? undefined : at! + length;
  };
  if (end(body) !== undefined) return body;
  const last = Math.min(bytes.length, body + farthestFrame);
  for (let at = body + 1; at < last; at++) if (end(end(end(at))) !== undefined) return at;
  return undefined;
}

/** What may stand behind the frames: tags, by their first letters, and padding up to the end of a sector. */
const tagsBehind = ['TAG', 'APETAGEX', 'LYRICSBEGIN', 'ID3'];
const mostPadding = 4096;

/**
 * Frames follow each other until a tag or the end; a file that ends within one was cut off. Anything else that follows is only
 * passed over where a header has said that all the frames are there.
 */
function inspectMp3(bytes: FileBytes, body: number): Finding {
  let at = body;
  let frames = 0;
  for (;;) {
    const length = mp3FrameLength(bytes, at);
    const isStub = bytes.length - at < 3 && bytes.at(at) === 0xff; // too short to tell its length
    if (length === undefined && !isStub) break;
    if (length === undefined || at + length > bytes.length) return broken(`it is cut off within frame ${frames + 1}`);
    at += length;
    frames++;
  }
  const promised = xingFrames(bytes, body);
  if (promised !== undefined && frames - 1 < promised) {
    return broken(`it is cut off: ${frames - 1} of ${promised} frames are there`);
  }
  if (frames < 2) return broken('no sound follows its first frame');
  const isTag = tagsBehind.some((name) => textAt(bytes, at, name.length) === name);
  if (promised === undefined && !isTag && bytes.length - at > mostPadding) {
    return broken(`its frames are lost at byte ${at} of ${bytes.length}`);
  }
  return found({ start: body, end: at });
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
