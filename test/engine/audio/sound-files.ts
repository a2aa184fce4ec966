/** Sound files written by hand, so that tests know every sample in them. */

interface WavOptions {
  /** 32-bit float instead of 16-bit PCM. */
  readonly float?: boolean;
  /** What stands between the format and the samples. */
  readonly chunks?: Uint8Array;
}

/** 16-bit PCM or float, one array per channel, values in [-1, 1]. */
export function wavFile(
  channels: readonly Float32Array[],
  rateHz: number,
  { float = false, chunks = new Uint8Array(0) }: WavOptions = {},
): Buffer {
  const frames = channels[0]?.length ?? 0;
  const width = float ? 4 : 2;
  const bytesPerFrame = channels.length * width;
  const format = Buffer.alloc(16);
  format.writeUInt16LE(float ? 3 : 1, 0);
  format.writeUInt16LE(channels.length, 2);
  format.writeUInt32LE(rateHz, 4);
  format.writeUInt32LE(rateHz * bytesPerFrame, 8);
  format.writeUInt16LE(bytesPerFrame, 12);
  format.writeUInt16LE(8 * width, 14);
  const data = Buffer.alloc(frames * bytesPerFrame);
  for (let i = 0; i < frames; i++) {
    channels.forEach((channel, c) => {
      const at = i * bytesPerFrame + c * width;
      if (float) data.writeFloatLE(channel[i]!, at);
      else data.writeInt16LE(Math.round(channel[i]! * 32_767), at);
    });
  }
  const body = Buffer.concat([Buffer.from('WAVE'), riffChunk('fmt ', format), chunks, riffChunk('data', data)]);
  return riffChunk('RIFF', body);
}

/** Four letters, the length, the content, and a byte of padding when it is odd. */
export function riffChunk(name: string, content: Uint8Array): Buffer {
  const head = Buffer.alloc(8);
  head.write(name);
  head.writeUInt32LE(content.length, 4);
  return Buffer.concat([head, content, Buffer.alloc(content.length & 1)]);
}

interface FlacOptions {
  /** Samples per frame. */
  readonly blockSize?: number;
  /** A picture, as a block of metadata. */
  readonly picture?: Uint8Array;
}

/** Mono FLAC, 16 bits, 8 kHz: a frame of equal samples as one number, any other uncompressed (verbatim). @see RFC 9639 */
export function flacFile(samples: Float32Array, { blockSize = 256, picture }: FlacOptions = {}): Buffer {
  const info = Buffer.alloc(34);
  info.writeUInt16BE(blockSize, 0);
  info.writeUInt16BE(blockSize, 2);
  // 20 bits rate, 3 bits channels - 1, 5 bits sample size - 1, 36 bits number of samples.
  info.writeUInt32BE(((8000 << 12) | (0 << 9) | (15 << 4)) >>> 0, 10);
  info.writeUInt32BE(samples.length, 14);
  const blocks = picture ? [flacBlock(0, info), flacBlock(6 | 0x80, pictureBlock(picture))] : [flacBlock(0x80, info)];
  const frames: Buffer[] = [];
  for (let n = 0; n * blockSize < samples.length; n++) {
    frames.push(flacFrame(n, samples.subarray(n * blockSize, (n + 1) * blockSize)));
  }
  return Buffer.concat([Buffer.from('fLaC'), ...blocks, ...frames]);
}

function flacBlock(type: number, content: Uint8Array): Buffer {
  const head = Buffer.from([type, 0, 0, 0]);
  head.writeUIntBE(content.length, 1, 3);
  return Buffer.concat([head, content]);
}

/** A front cover as FLAC and OGG keep it. */
function pictureBlock(image: Uint8Array): Buffer {
  const mime = 'image/jpeg';
  const numbers = (...values: readonly number[]): Buffer => {
    const bytes = Buffer.alloc(4 * values.length);
    values.forEach((value, i) => {
      bytes.writeUInt32BE(value, 4 * i);
    });
    return bytes;
  };
  return Buffer.concat([numbers(3, mime.length), Buffer.from(mime), numbers(0, 500, 500, 24, 0, image.length), image]);
}

function flacFrame(number: number, block: Float32Array): Buffer {
  // Sync and fixed size; block size as 16 bits at the end of the header (7), rate 8 kHz (4); mono, 16 bits (8); the frame's number.
  const start = [0xff, 0xf8, 0x74, 0x08, ...Buffer.from(String.fromCodePoint(number))];
  const header = Buffer.from([...start, (block.length - 1) >> 8, (block.length - 1) & 0xff]);
  const isConstant = block.every((v) => v === block[0]);
  const stored = isConstant ? block.subarray(0, 1) : block;
  const body = Buffer.alloc(1 + stored.length * 2);
  body[0] = isConstant ? 0x00 : 0x02;
  stored.forEach((v, i) => {
    body.writeInt16BE(Math.round(v * 32_767), 1 + 2 * i);
  });
  const frame = Buffer.concat([header, Buffer.from([crc(header, 8, 0x07)]), body]);
  const check = Buffer.alloc(2);
  check.writeUInt16BE(crc(frame, 16, 0x8005));
  return Buffer.concat([frame, check]);
}

/** An ID3v2.3 tag with one attached picture (APIC). */
export function id3Tag(picture: Uint8Array): Buffer {
  const content = Buffer.concat([Buffer.from('\0image/jpeg\0\x03\0', 'latin1'), picture]);
  const frame = Buffer.alloc(10);
  frame.write('APIC');
  frame.writeUInt32BE(content.length, 4);
  const head = Buffer.from('ID3\x03\0\0\0\0\0\0', 'latin1');
  const length = frame.length + content.length;
  for (let i = 0; i < 4; i++) head[9 - i] = Math.floor(length / 128 ** i) & 0x7f;
  return Buffer.concat([head, frame, content]);
}

/** MPEG 1 layer III, 128 kbit/s, 44.1 kHz mono: frames that say nothing, 1,152 samples of silence each. */
export function mp3File(frames: number): Buffer {
  const frame = Buffer.alloc(417);
  Buffer.from([0xff, 0xfb, 0x90, 0xc0]).copy(frame);
  return Buffer.concat(Array.from({ length: frames }, () => frame));
}

/** Opus in Ogg, mono: packets of 20 ms of silence. @see RFC 3533, RFC 7845 */
export function opusFile(packets: number, picture = new Uint8Array(0)): Buffer {
  const head = Buffer.from('OpusHead\x01\x01\x00\x00\x80\xbb\x00\x00\x00\x00\x00', 'latin1');
  const tags = Buffer.concat([Buffer.from('OpusTags'), vorbisComments(picture)]);
  return oggFile([head, tags], Buffer.from([0xf8, 0xff, 0xfe]), packets, (count) => count * 960);
}

/**
 * Vorbis in Ogg, mono, 8 kHz: packets that say nothing, each 128 samples of silence after the first. It has one of each thing that a
 * setup must have, all as small as they may be. @see Vorbis I specification, section 4.2
 */
export function vorbisFile(packets: number, picture = new Uint8Array(0)): Buffer {
  const identification = Buffer.from('\x01vorbis\0\0\0\0\x01\x40\x1f\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x88\x01', 'latin1');
  const comments = Buffer.concat([Buffer.from('\x03vorbis', 'latin1'), vorbisComments(picture), Buffer.from([1])]);
  const setup = Buffer.concat([Buffer.from('\x05vorbis', 'latin1'), packBits(smallestVorbisSetup)]);
  return oggFile([identification, comments, setup], Buffer.from([0]), packets, (count) => (count - 1) * 128);
}

const smallestVorbisSetup = [
  '0/8', // one codebook
  '5653314/24 1/16 2/24 0/1 0/1 0/5 0/5 0/4', // "BCV"; of one dimension and two words, each one bit long, without values
  '0/6 0/16', // one time transform, which is none
  '0/6 1/16 0/5 0/2 4/4', // one floor, of type 1, without partitions
  '0/6 0/16 0/24 0/24 0/24 0/6 0/8 0/4', // one residue over nothing
  '0/6 0/16 0/1 0/1 0/2 0/8 0/8 0/8', // one mapping
  '0/6 0/1 0/16 0/16 0/8 1/1', // one mode, and the end
].join(' ');

/** No vendor and one comment, a picture in base 64, or none. */
function vorbisComments(picture: Uint8Array): Buffer {
  const text = (content: string): Buffer => {
    const length = Buffer.alloc(4);
    length.writeUInt32LE(content.length);
    return Buffer.concat([length, Buffer.from(content, 'latin1')]);
  };
  const hasPicture = picture.length > 0;
  const comment = `METADATA_BLOCK_PICTURE=${pictureBlock(picture).toString('base64')}`;
  return Buffer.concat([text(''), Buffer.from([hasPicture ? 1 : 0, 0, 0, 0]), ...(hasPicture ? [text(comment)] : [])]);
}

/** Numbers as "value/bits", least significant bit first. */
function packBits(numbers: string): Buffer {
  const fields = numbers.split(' ').map((number) => number.split('/').map(Number));
  const bits = fields.flatMap(([value = 0, width = 0]) => Array.from({ length: width }, (_, i) => (value >> i) & 1));
  const bytes = Buffer.alloc(Math.ceil(bits.length / 8));
  bits.forEach((bit, i) => {
    bytes[i >> 3]! |= bit << (i & 7);
  });
  return bytes;
}

/** The headers, then one packet again and again, 50 a page. @param granule number of samples after so many packets. */
function oggFile(
  headers: readonly Buffer[],
  packet: Buffer,
  packets: number,
  granule: (packets: number) => number,
): Buffer {
  const pages: Buffer[] = [];
  const push = (lacing: readonly number[], body: Buffer, position: number, flags: number): void => {
    pages.push(oggPage(lacing, body, pages.length, position, flags));
  };
  headers.forEach((header, i) => {
    // Segments of 255 bytes, the last one shorter; 255 of them a page; flag 1 where a packet goes on.
    const lacing = [...Array<number>(Math.floor(header.length / 255)).fill(255), header.length % 255];
    for (let from = 0; from < lacing.length; from += 255) {
      const body = header.subarray(255 * from, 255 * (from + 255));
      push(lacing.slice(from, from + 255), body, 0, i === 0 ? 2 : from > 0 ? 1 : 0);
    }
  });
  for (let first = 0; first < packets; first += 50) {
    const count = Math.min(50, packets - first);
    const isLast = first + count === packets;
    const body = Buffer.concat(Array<Buffer>(count).fill(packet));
    push(Array<number>(count).fill(packet.length), body, granule(first + count), isLast ? 4 : 0);
  }
  return Buffer.concat(pages);
}

function oggPage(lacing: readonly number[], body: Buffer, sequence: number, granule: number, flags: number): Buffer {
  const header = Buffer.alloc(27);
  header.write('OggS');
  header[5] = flags;
  header.writeBigInt64LE(BigInt(granule), 6);
  header.writeUInt32LE(77, 14);
  header.writeUInt32LE(sequence, 18);
  header[26] = lacing.length;
  const page = Buffer.concat([header, Buffer.from(lacing), body]);
  page.writeUInt32LE(crc(page, 32, 0x04c1_1db7), 22);
  return page;
}

/** Cyclic redundancy check, most significant bit first, from 0. */
function crc(bytes: Uint8Array, width: number, polynomial: number): number {
  const top = 2 ** (width - 1);
  let state = 0;
  for (const byte of bytes) {
    for (let bit = 7; bit >= 0; bit--) {
      const isSet = (state >= top ? 1 : 0) ^ ((byte >> bit) & 1);
      state = (state * 2) % 2 ** width;
      if (isSet) state = (state ^ polynomial) >>> 0;
    }
  }
  return state;
}
